import { Estimator } from './estimate.ts';
import { type Check, checksFor, excludedBy } from './exclude.ts';
import {
  compareMerits,
  compareStandings,
  isAsFit,
  objectiveOf,
  remarksOn,
  type Standing,
  standings,
} from './order.ts';
import type { RoutingReason } from './reasons.ts';
import type { Row } from './rows.ts';
import type { SessionState } from './session.ts';
import type { Asked, Group, Situation } from './situation.ts';
import { takeBest } from './take-best.ts';
import type { Excluded, Ranked } from './types.ts';

/** Of those that `auto` may choose from no more are tried, or reserved for. */
const CHOSEN_BY_AUTO = 8;

/** Who may serve a request, the best first, and why the first is. */
export interface Decision {
  ranked: readonly Ranked[];
  /** Who may not; told only where it is asked for, or where nobody may. */
  excluded: readonly Excluded[];
  /** Null where the caller simply named the first. */
  reason: RoutingReason | null;
}

/** A group when its endpoints are ordered. */
interface Ordered {
  group: Group;
  /** Those that may serve, as they stand in the registry. */
  kept: readonly Standing[];
  /** Those that would be tried, the best first. */
  best: readonly Standing[];
}

/** An endpoint that may serve, and the group that brought it in. */
interface Placed {
  standing: Standing;
  group: Group;
}

/**
 * Decides who may serve a request and in which order, calling nobody: hard limits leave endpoints out, wishes
 * order the rest within each group, open circuits come last of all.
 * @param explain all that may serve and all that may not are told, not only those that would be tried.
 */
export function decide(situation: Situation, asked: Asked, explain = false): Decision {
  const estimator = new Estimator(situation);
  const groups = withoutRepeats(situation.preferences.acrossModels ? joined(asked.groups) : asked.groups);
  const ordered = groups.map((group) => orderGroup(situation, group, estimator, asked.session, explain));
  const stayed = stay(ordered[0], asked.current, estimator);
  const placed = ordered.flatMap(({ group, best }) => best.map((standing) => ({ standing, group })));
  const { allowFallbacks } = situation.preferences;
  const order = begun(
    openLast(allowFallbacks ? placed : placed.filter(({ group }) => group === placed[0]?.group)),
  );
  const [first] = order;
  const tried = allowFallbacks ? order : order.slice(0, 1);
  return {
    ranked: tried.map((one) => rankedOf(one, asked.current, estimator)),
    excluded: explain || !first ? excludedFrom(situation, groups, estimator) : [],
    reason: first ? reasonFor(first, ordered[0], stayed, situation, asked) : null,
  };
}

function orderGroup(
  situation: Situation,
  group: Group,
  estimator: Estimator,
  session: string | null,
  explain: boolean,
): Ordered & { best: Standing[] } {
  const checks = checksFor(situation, group, estimator);
  const standingOf = standings(situation, group, estimator, session);
  const kept: Standing[] = [];
  for (const row of group.rows) if (!fails(row, checks)) kept.push(standingOf(row));
  const most = group.kind === 'auto' && !explain ? CHOSEN_BY_AUTO : kept.length;
  return { group, kept, best: takeBest(kept, most, compareStandings) };
}

function reasonFor(
  { standing, group }: Placed,
  leading: Ordered | undefined,
  stayed: boolean,
  situation: Situation,
  asked: Asked,
): RoutingReason | null {
  if (leading && isPassedOver(leading, standing, group)) return 'circuit_open';
  if (group.kind === 'step') return 'fallback_error';
  if (stayed) return 'session';
  if (asked.split) return 'split';
  const objective = objectiveOf(situation, group);
  if (objective !== null) return `policy_${objective}`;
  const before = leading?.kept.some(({ row }) => row.place < standing.row.place);
  return before && group === leading?.group ? wishOf(situation) : null;
}

function rankedOf({ standing, group }: Placed, current: SessionState | null, estimator: Estimator): Ranked {
  const { row } = standing;
  const maxOutputTokens = loweredLimit(standing, estimator);
  const state = row.endpoint.id === current?.endpoint ? current : null;
  return {
    model: row.model,
    endpoint: row.endpoint,
    estimate: estimator.estimate(row, state, maxOutputTokens ?? Infinity),
    on: group.on,
    maxOutputTokens,
    remarks: remarksOn(standing),
  };
}

function excludedFrom(situation: Situation, groups: readonly Group[], estimator: Estimator): Excluded[] {
  return groups.flatMap((group) => {
    const checks = checksFor(situation, group, estimator);
    return group.rows.flatMap((row) => excludedBy(row, checks) ?? []);
  });
}

/** Of an endpoint that several groups have the first counts. */
function withoutRepeats(groups: readonly Group[]): readonly Group[] {
  if (groups.length <= 1) return groups;
  const seen = new Set<string>();
  return groups.map((group) => {
    const rows = group.rows.filter(({ endpoint }) => !seen.has(endpoint.id));
    for (const { endpoint } of rows) seen.add(endpoint.id);
    return { ...group, rows };
  });
}

function fails(row: Row, checks: readonly Check[]): boolean {
  for (const check of checks) if (check.fails(row)) return true;
  return false;
}

/** The groups that the caller named as one, where all are to be compared. */
function joined(groups: readonly Group[]): readonly Group[] {
  const named = groups.filter(({ kind }) => kind === 'named');
  const [first] = named;
  if (!first || named.length === 1) return groups;
  const one: Group = { ...first, rows: named.flatMap(({ rows }) => rows) };
  return [one, ...groups.filter(({ kind }) => kind !== 'named')];
}

/** Whether one with an open circuit would have been first. */
function isPassedOver(leading: Ordered, first: Standing, group: Group): boolean {
  if (first.open) return false;
  return leading.kept.some((one) => one.open && (group !== leading.group || compareMerits(one, first) < 0));
}

/**
 * Puts the endpoint that answered the conversation last in front, where reading its prompt from the cache is not
 * dearer than the best one anew, and nothing but the objective speaks against it. Says whether it did.
 */
function stay(
  leading: (Ordered & { best: Standing[] }) | undefined,
  current: SessionState | null,
  estimator: Estimator,
): boolean {
  const first = leading?.best[0];
  if (!leading || !first || !current) return false;
  const there = leading.kept.find(({ row }) => row.endpoint.id === current.endpoint);
  if (!there || there === first || !isAsFit(there, first)) return false;
  const cached = estimator.costUsd(there.row, current);
  const fresh = estimator.costUsd(first.row);
  if (cached === null || fresh === null || cached > fresh) return false;
  const at = leading.best.indexOf(there);
  if (at >= 0) leading.best.splice(at, 1);
  leading.best.unshift(there);
  return true;
}

function openLast(placed: readonly Placed[]): Placed[] {
  if (!placed.some(({ standing }) => standing.open)) return [...placed];
  return [
    ...placed.filter(({ standing }) => !standing.open),
    ...placed.filter(({ standing }) => standing.open),
  ];
}

/**
 * The order with one in front that a request may begin with: a step of a chain may where it follows errors, as
 * that those before it cannot be had is one.
 */
function begun(order: readonly Placed[]): readonly Placed[] {
  const at = order.findIndex(({ group }) => group.on === null || group.on.includes('error'));
  const start = order[at];
  if (!start) return [];
  return at === 0 ? order : [start, ...order.slice(0, at), ...order.slice(at + 1)];
}

/** The output limit that the budget affords, where it is lower than the one there is. */
function loweredLimit({ affordable, row }: Standing, estimator: Estimator): number | null {
  if (affordable === null || affordable >= estimator.outputLimit(row)) return null;
  // An answer is never longer than the context.
  return affordable < (row.contextLength ?? Infinity) ? affordable : null;
}

/** What the order of a group without an objective goes by. */
function wishOf({ policy, preferences }: Situation): RoutingReason | null {
  if (policy.slo_ms !== undefined || preferences.preferredMaxLatencyMs !== null) return 'policy_latency';
  if (preferences.preferredMinThroughput !== null) return 'policy_throughput';
  return policy.max_cost_usd === undefined ? null : 'policy_cost';
}
