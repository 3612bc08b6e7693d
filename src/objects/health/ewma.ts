/** An `Ewma` as it is stored. */
export interface StoredEwma {
  mean: number;
  weight: number;
  at: number;
}

/**
 * An exponentially weighted moving average whose weights halve with time rather than with the number of
 * measurements: one that is a half-life old weighs half of one that is new. With nothing new it stays.
 */
export class Ewma {
  readonly #halfLifeMs: number;
  #mean: number;
  #weight: number;
  /** Of the newest measurement, Unix milliseconds. */
  #at: number;

  constructor(halfLifeMs: number, stored: StoredEwma = { mean: 0, weight: 0, at: 0 }) {
    this.#halfLifeMs = halfLifeMs;
    this.#mean = stored.mean;
    this.#weight = stored.weight;
    this.#at = stored.at;
  }

  /** Null before the first measurement. */
  get mean(): number | null {
    return this.#at === 0 ? null : this.#mean;
  }

  /** @param at Unix milliseconds; what comes late weighs as if it were new. */
  add(value: number, at: number): void {
    const before = this.#weight * 0.5 ** (Math.max(0, at - this.#at) / this.#halfLifeMs);
    this.#weight = before + 1;
    this.#mean += (value - this.#mean) / this.#weight;
    this.#at = Math.max(this.#at, at);
  }

  stored(): StoredEwma {
    return { mean: this.#mean, weight: this.#weight, at: this.#at };
  }
}
