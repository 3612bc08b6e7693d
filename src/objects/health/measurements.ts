import { Ewma, type StoredEwma } from './ewma.ts';
import { type Buckets, bucketOf, quantilesOf } from './log-histogram.ts';
import type { Distribution } from './types.ts';

/** A measurement that is so old weighs half as much in the average. */
export const HALF_LIFE_MS = 60_000;

/** Quantiles are of this time, in steps of half a minute. */
const WINDOW_MS = 5 * 60_000;
const STEP_MS = 30_000;
const STEPS = WINDOW_MS / STEP_MS;

/** Where the window is empty, the last step that was not stands for it, for so long. */
const MEMORY_MS = 60 * 60_000;

const QUANTILES = [0.5, 0.95, 0.99];

/** `Measurements` as they are stored. */
export interface StoredMeasurements {
  average: StoredEwma;
  steps: [step: number, buckets: [bucket: number, count: number][]][];
}

/** One measured quantity: its moving average, and its quantiles over a sliding window. */
export class Measurements {
  readonly #average: Ewma;
  /** Number of the step → its histogram. */
  readonly #steps: Map<number, Buckets>;
  #newest: number;

  constructor(stored?: StoredMeasurements) {
    this.#average = new Ewma(HALF_LIFE_MS, stored?.average);
    this.#steps = new Map(stored?.steps.map(([step, buckets]) => [step, new Map(buckets)]));
    this.#newest = Math.max(0, ...this.#steps.keys());
  }

  /** @param at Unix milliseconds. */
  add(value: number, at: number): void {
    if (!Number.isFinite(value) || value < 0) return;
    this.#average.add(value, at);
    const step = Math.floor(at / STEP_MS);
    let buckets = this.#steps.get(step);
    if (!buckets) {
      this.#newest = Math.max(this.#newest, step);
      for (const old of this.#steps.keys()) if (old < this.#newest - STEPS) this.#steps.delete(old);
      buckets = new Map();
      this.#steps.set(step, buckets);
    }
    const bucket = bucketOf(value);
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
  }

  /**
   * Of the last five minutes; where they have nothing, of the last half minute that had something, up to an
   * hour ago. Null when there is neither.
   */
  distribution(now: number): Distribution | null {
    const ewma = this.#average.mean;
    const end = (this.#newest + 1) * STEP_MS;
    if (ewma === null || end <= now - MEMORY_MS) return null;
    const first = Math.min(Math.floor((now - WINDOW_MS) / STEP_MS), this.#newest);
    const all: Buckets = new Map();
    let samples = 0;
    for (const [step, buckets] of this.#steps) {
      if (step < first) continue;
      for (const [bucket, count] of buckets) {
        all.set(bucket, (all.get(bucket) ?? 0) + count);
        samples += count;
      }
    }
    const [p50 = ewma, p95 = p50, p99 = p95] = quantilesOf(all, QUANTILES);
    return { ewma, p50, p95, p99, samples };
  }

  stored(): StoredMeasurements {
    return {
      average: this.#average.stored(),
      steps: [...this.#steps].map(([step, buckets]) => [step, [...buckets]]),
    };
  }
}
