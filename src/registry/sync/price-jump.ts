import type { Price, Rates } from '../types.ts';
import type { HoldReason } from './types.ts';

/** A price that grows or shrinks by more than this waits for a person. */
const JUMP = 2;

const RATES = ['input', 'output', 'cachedInput', 'cacheWrite', 'cacheWriteLong', 'reasoning'] as const;

/** Whether nothing is charged: for a model that does not call itself free that is a gap, not a price. */
export function isZero(price: Price): boolean {
  const { input, output, perRequest = 0, perImage = 0, perSearch = 0, characters = 0, audioHour = 0 } = price;
  return input + output + perRequest + perImage + perSearch + characters + audioHour === 0;
}

/** Why a new price is not to come into force by itself; null when it may. */
export function jumpOf(before: Price, after: Price): HoldReason | null {
  if (RATES.some((rate) => (before[rate] ?? 0) > 0 && after[rate] === 0)) return 'zero';
  if (
    jumps(before, after) ||
    isFar(before.perRequest, after.perRequest) ||
    isFar(before.perImage, after.perImage) ||
    isFar(before.perSearch, after.perSearch) ||
    isFar(before.characters, after.characters) ||
    isFar(before.audioHour, after.audioHour) ||
    Object.entries(after.tools ?? {}).some(([tool, rate]) => isFar(before.tools?.[tool], rate))
  )
    return 'jump';
  for (const tier of after.tiers ?? []) {
    const base = before.tiers?.find(({ above }) => above === tier.above) ?? before;
    if (jumps(base, tier)) return 'jump';
  }
  return null;
}

/** Whether one and the same price could not have both figures: used to check a source by another. */
export function disagree(a: Price, b: Price): boolean {
  return isFar(a.input, b.input) || isFar(a.output, b.output);
}

function jumps(before: Rates, after: Rates): boolean {
  return RATES.some((rate) => isFar(before[rate], after[rate]));
}

/** Rates that only one of both names fall back on others, which are compared themselves. */
function isFar(before: number | undefined, after: number | undefined): boolean {
  if (before === undefined || after === undefined || before === after) return false;
  return after > before * JUMP || after * JUMP < before;
}
