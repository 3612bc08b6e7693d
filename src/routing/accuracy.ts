import type { Benchmark, Model } from '../registry/types.ts';
import type { Score } from './policy/types.ts';
import type { Accuracy } from './types.ts';

/** A series of fewer models compares nothing. */
const LEAST_MODELS = 3;

/** What a prior loses for resting on one series; with n series it is divided by √n. */
const FEW_SERIES = 0.05;

/**
 * Priors from published benchmarks, by model id: of each series (the same name, version, dataset, metric and
 * harness) the model's score divided by the best score of the series in the registry, averaged over the model's
 * series, less 0.05/√n for n of them. A guess that places models relative to each other: no share of right
 * answers. Series of fewer than three models are left out, and of several variants of a model in one series the
 * mean counts.
 */
export function priorsOf(models: readonly Model[]): ReadonlyMap<string, number> {
  const series = new Map<string, Map<string, number[]>>();
  for (const { id, benchmarks = [] } of models) {
    for (const benchmark of benchmarks) {
      if (!(benchmark.score > 0)) continue;
      const scores = entryOf(series, seriesOf(benchmark), () => new Map<string, number[]>());
      entryOf(scores, id, () => []).push(benchmark.score);
    }
  }
  const ratios = new Map<string, number[]>();
  for (const scores of series.values()) {
    if (scores.size < LEAST_MODELS) continue;
    const means = [...scores].map(([id, found]) => [id, mean(found)] as const);
    const best = Math.max(...means.map(([, score]) => score));
    for (const [id, score] of means) entryOf(ratios, id, () => []).push(score / best);
  }
  const priors = new Map<string, number>();
  for (const [id, found] of ratios) {
    priors.set(id, Math.max(0, mean(found) - FEW_SERIES / Math.sqrt(found.length)));
  }
  return priors;
}

/**
 * How accurate a model is thought to be: by what was measured for the request's workflow, of which the lower
 * bound counts, else by the prior. Null: nothing is known.
 * @param scores of the workflow, by model id.
 */
export function accuracyOf(
  modelId: string,
  prior: number | null,
  scores: Readonly<Record<string, Score>> | null,
): Accuracy | null {
  const score = scores && Object.hasOwn(scores, modelId) ? scores[modelId] : undefined;
  if (score) return { value: score.lower, source: 'scores' };
  return prior === null ? null : { value: prior, source: 'prior' };
}

function seriesOf({ name, version, dataset, metric, harness }: Benchmark): string {
  return JSON.stringify([name, version, dataset, metric, harness]);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
