/** How far a quantile may be from the measurement that it stands for, as a part of it. */
export const RELATIVE_ERROR = 0.05;

const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const LOG_GAMMA = Math.log(GAMMA);

/** Less is counted as this much: a thousandth of a millisecond, or of a token per second. */
const LEAST = 0.001;

/** Bucket → how many measurements. */
export type Buckets = Map<number, number>;

/**
 * The bucket of a measurement: bucket `i` holds `(γ^(i-1), γ^i]` with `γ = (1+α)/(1-α)`, so that its
 * representative is within `α` of all that it holds. DDSketch: Masson, Rim and Lee, PVLDB 12(12), 2019.
 */
export function bucketOf(value: number): number {
  return Math.ceil(Math.log(Math.max(value, LEAST)) / LOG_GAMMA);
}

function representative(bucket: number): number {
  return (2 * GAMMA ** bucket) / (GAMMA + 1);
}

/**
 * Quantiles by nearest rank: the smallest measurement that at least `q` of all do not exceed, give or take
 * `RELATIVE_ERROR`.
 * @param quantiles ascending, each above 0 and at most 1.
 * @returns as many values; empty when nothing was measured.
 */
export function quantilesOf(buckets: Buckets, quantiles: readonly number[]): number[] {
  let total = 0;
  for (const count of buckets.values()) total += count;
  const values: number[] = [];
  let reached = 0;
  for (const [bucket, count] of [...buckets].sort(([a], [b]) => a - b)) {
    reached += count;
    for (let q = quantiles[values.length]; q !== undefined; q = quantiles[values.length]) {
      if (reached < Math.ceil(q * total)) break;
      values.push(representative(bucket));
    }
  }
  return values;
}
