import type { GatewayError } from '../../errors.ts';
import type { Cutoff } from '../relay/cutoff.ts';
import type { Candidate } from '../types.ts';
import type { Served } from './served.ts';
import type { Limit } from './time-limits.ts';

/** One call under way. */
export interface Leg {
  candidate: Candidate;
  cutoff: Cutoff;
  /** Unix milliseconds. */
  startedAt: number;
  limit: Limit;
  /** It started beside another that was late. */
  beside: boolean;
  /** Never rejects. */
  ended: Promise<Served | GatewayError>;
}

/** How one of them ended. */
export interface EndedLeg {
  leg: Leg;
  result: Served | GatewayError;
}

/**
 * The first of some calls to end; `late` when that of one has not ended in time.
 * @param patienceMs from its start; null: it is waited for as long as it takes.
 */
export async function firstOf(legs: readonly Leg[], patienceMs: number | null): Promise<EndedLeg | 'late'> {
  const ends = legs.map(async (leg) => ({ leg, result: await leg.ended }));
  const [leg] = legs;
  if (!leg || patienceMs === null) return await Promise.race(ends);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), Math.max(0, leg.startedAt + patienceMs - Date.now()));
  });
  const first = await Promise.race([...ends, late]);
  clearTimeout(timer);
  return first;
}
