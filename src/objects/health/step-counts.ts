/** A `StepCounts` as it is stored: steps with their counts. */
export type StoredCounts = [step: number, ...counts: number[]][];

/**
 * Counts of several kinds over a time that slides in steps. A step counts until all of it is older than the
 * window, so that a window holds all of its time and at most a step more.
 */
export class StepCounts {
  readonly #stepMs: number;
  readonly #keepMs: number;
  readonly #kinds: number;
  /** Number of the step → counts by kind. */
  readonly #steps: Map<number, number[]>;

  /**
   * @param stepMs the length of a step, milliseconds.
   * @param keepMs the longest window that is asked for.
   * @param kinds how many kinds are counted.
   */
  constructor(stepMs: number, keepMs: number, kinds: number, stored: StoredCounts = []) {
    this.#stepMs = stepMs;
    this.#keepMs = keepMs;
    this.#kinds = kinds;
    this.#steps = new Map(stored.map(([step, ...counts]) => [step, counts]));
  }

  /** Counts one of a kind, at a time (Unix milliseconds). News may come late. */
  add(kind: number, at: number): void {
    const step = Math.floor(at / this.#stepMs);
    let counts = this.#steps.get(step);
    if (!counts) {
      this.#forget(at);
      counts = new Array<number>(this.#kinds).fill(0);
      this.#steps.set(step, counts);
    }
    counts[kind] = (counts[kind] ?? 0) + 1;
  }

  /** The counts by kind within the last `windowMs`. What lies ahead of `now` counts too: clocks differ. */
  sums(windowMs: number, now: number): number[] {
    const sums = new Array<number>(this.#kinds).fill(0);
    for (const [step, counts] of this.#steps) {
      if (this.#isOver(step, windowMs, now)) continue;
      for (let kind = 0; kind < sums.length; kind++) sums[kind] = (sums[kind] ?? 0) + (counts[kind] ?? 0);
    }
    return sums;
  }

  stored(): StoredCounts {
    return [...this.#steps].map(([step, counts]) => [step, ...counts]);
  }

  #isOver(step: number, windowMs: number, now: number): boolean {
    return (step + 1) * this.#stepMs <= now - windowMs;
  }

  #forget(now: number): void {
    for (const step of this.#steps.keys())
      if (this.#isOver(step, this.#keepMs, now)) this.#steps.delete(step);
  }
}
