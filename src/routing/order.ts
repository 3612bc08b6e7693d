import { drawOf } from './draw.ts';
import type { Estimator } from './estimate.ts';
import type { EndpointHealth } from './health/types.ts';
import type { Objective } from './policy/types.ts';
import type { Row } from './rows.ts';
import type { Group, Situation } from './situation.ts';

/** What is not known counts as so much: behind what is known to be good, before what is known to be worse. */
const UNKNOWN_TTFT_MS = 2_000;
const UNKNOWN_TOKENS_PER_SECOND = 20;

/** An endpoint that may serve, with all that its place depends on. Of each figure, less is further up. */
export interface Standing {
  row: Row;
  /** Its circuit is open. */
  open: boolean;
  /** Its place in `provider.order`. */
  wanted: number;
  /** It may have to be woken. */
  cold: boolean;
  /** How it keeps what is wished of its speed: 0 it does, 1 not known, 2 it does not. */
  slow: 0 | 1 | 2;
  /** The budget does not afford the output that is to be expected. */
  short: boolean;
  /** By the objective. */
  value: number;
  /** Its place in the draw of those that share a load. */
  draw: number;
  /** USD, where there is an objective: it decides between equals. */
  cost: number;
  /** What the budget affords of output, per answer; null where there is no budget. */
  affordable: number | null;
}

const OBJECTIVE_OF = { price: 'cost', throughput: 'throughput', latency: 'latency' } as const;

/** What a group is ordered by. `sort` of the request comes before the objective; `auto` goes by cost at least. */
export function objectiveOf({ policy, preferences }: Situation, group: Group): Objective | null {
  const sort = group.sort ?? preferences.sort;
  if (sort !== null) return OBJECTIVE_OF[sort];
  return policy.objective ?? (group.kind === 'auto' ? 'cost' : null);
}

/**
 * How the endpoints of a group stand to each other.
 * @param session what names the conversation, where loads are shared.
 */
export function standings(
  situation: Situation,
  group: Group,
  estimator: Estimator,
  session: string | null,
): (row: Row) => Standing {
  const { health, policy, preferences, now } = situation;
  const objective = objectiveOf(situation, group);
  const { order } = preferences;
  const budget = policy.max_cost_usd;
  const shares =
    objective === null && order.length === 0 && session !== null && group.kind !== 'auto' ? session : null;
  const mostTtft = least(policy.slo_ms, preferences.preferredMaxLatencyMs);
  const leastSpeed = preferences.preferredMinThroughput;
  return (row) => {
    const state = health.endpoint(row.endpoint.id);
    const ttft = state?.ttft?.p50 ?? null;
    const speed = state?.throughput?.p50 ?? null;
    const affordable = budget === undefined ? null : estimator.affordableOutput(row, budget);
    const place = order.length === 0 ? 0 : order.indexOf(row.provider.id);
    const cost = objective === null ? 0 : (estimator.costUsd(row) ?? Infinity);
    return {
      row,
      open: isOpen(state, now),
      wanted: place < 0 ? order.length : place,
      cold: row.endpoint.scalesToZero === true && !isWarm(state),
      slow: worse(
        mostTtft === null ? 0 : ttft === null ? 1 : ttft <= mostTtft ? 0 : 2,
        leastSpeed === null ? 0 : speed === null ? 1 : speed >= leastSpeed ? 0 : 2,
      ),
      short: affordable !== null && affordable < estimator.outputTokens(row) / situation.request.answers,
      value: meritOf(objective, row, cost, ttft, speed, estimator),
      draw: shares === null ? 0 : drawOf(shares, row.endpoint.id, row.endpoint.weight ?? 0),
      cost,
      affordable,
    };
  };
}

/** A total order; negative where `a` comes first. Open circuits come last. */
export function compareStandings(a: Standing, b: Standing): number {
  return Number(a.open) - Number(b.open) || compareMerits(a, b);
}

/** The same, as if no circuit were open. */
export function compareMerits(a: Standing, b: Standing): number {
  return (
    a.wanted - b.wanted ||
    Number(a.cold) - Number(b.cold) ||
    a.slow - b.slow ||
    Number(a.short) - Number(b.short) ||
    compareNumbers(a.value, b.value) ||
    compareNumbers(a.draw, b.draw) ||
    compareNumbers(a.cost, b.cost) ||
    a.row.place - b.row.place
  );
}

/** Whether nothing but the objective speaks for `b` before `a`. */
export function isAsFit(a: Standing, b: Standing): boolean {
  return (
    !a.open &&
    a.wanted <= b.wanted &&
    Number(a.cold) <= Number(b.cold) &&
    a.slow <= b.slow &&
    Number(a.short) <= Number(b.short)
  );
}

/** Why an endpoint does not stand further up, for people. */
export function remarksOn({ open, cold, slow, short, affordable, row }: Standing): string[] {
  const remarks: string[] = [];
  if (open) remarks.push('its circuit is open');
  if (cold) remarks.push('it may have to be woken');
  if (slow === 1) remarks.push('how fast it is is not known');
  if (slow === 2) remarks.push('it is slower than is wished');
  if (short && affordable !== null) {
    remarks.push(`the budget affords ${affordable} output tokens, fewer than are to be expected`);
  }
  if (row.endpoint.deprecatedAt) remarks.push(`its provider ends it on ${row.endpoint.deprecatedAt}`);
  return remarks;
}

function meritOf(
  objective: Objective | null,
  row: Row,
  cost: number,
  ttft: number | null,
  speed: number | null,
  estimator: Estimator,
): number {
  switch (objective) {
    case null:
      return 0;
    case 'cost':
      return cost;
    case 'latency':
      return ttft ?? UNKNOWN_TTFT_MS;
    case 'throughput':
      return -(speed ?? UNKNOWN_TOKENS_PER_SECOND);
    case 'accuracy':
      return -(estimator.accuracy(row)?.value ?? -1);
  }
}

export function isOpen(state: EndpointHealth | null, now: number): boolean {
  return state !== null && state.circuit === 'open' && state.openUntil > now;
}

/** It answered within the last minutes, and is not being woken. */
export function isWarm(state: EndpointHealth | null): boolean {
  return state !== null && state.wakingSince === null && state.last5m.requests > state.last5m.errors;
}

function worse(a: 0 | 1 | 2, b: 0 | 1 | 2): 0 | 1 | 2 {
  return a > b ? a : b;
}

function least(a: number | undefined, b: number | null): number | null {
  if (a === undefined) return b;
  return b === null ? a : Math.min(a, b);
}

/** Infinity less itself is no number. */
function compareNumbers(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
