import type { TimeLimits } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import type { HealthView } from '../../routing/health/types.ts';
import type { Policy } from '../../routing/policy/types.ts';
import type { StreamState } from '../../wires/types.ts';
import type { Candidate } from '../types.ts';

/** What has been measured less often is not gone by. */
const ENOUGH_SAMPLES = 20;

/** The first token of a stream, while somebody else could give it: so long, or as experience says, but not less. */
const FIRST_TOKEN_MS = 30_000;
const REASONING_MS = 120_000;
const LEAST_MS = 5_000;

/** A whole answer, while somebody else could give it. */
const ANSWER_MS = 120_000;
const REASONED_ANSWER_MS = 300_000;
const LEAST_ANSWER_MS = 60_000;

/** In the middle of a text. */
const TEXT_IDLE_MS = 15_000;

/** Behind a finish reason only usage and `[DONE]` can come: an upstream that forgets them is not waited for. */
const AFTER_FINISH_MS = 5_000;

/** A stream that lasts longer, since the request came, is cut. */
const MAX_STREAM_MS = 60 * 60_000;

/** Times the usual slowness is unusual. */
const TIMES = 3;

/** Whom nobody has asked to be quick is not helped sooner: a second call costs as much as the first. */
const LEAST_HEDGE_MS = 500;

/** How long one call may take. */
export interface Limit {
  ms: number;
  /** The request's own policy ends it before the gateway would: that it has not answered by then is not its fault. */
  impatient: boolean;
}

/**
 * How long one call may take to its first token, or to its whole answer.
 * @param usualMs what the gateway gives it.
 * @param wished of the policy in force.
 * @param timeLeftMs until the request's deadline, of which half is kept for others while there are any.
 */
export function limitOf(
  usualMs: number,
  { first_token_ms: wishedMs, total_ms: totalMs }: Pick<Policy, 'first_token_ms' | 'total_ms'>,
  othersLeft: boolean,
  timeLeftMs: number,
): Limit {
  const most = othersLeft && wishedMs === undefined ? timeLeftMs / 2 : timeLeftMs;
  const ms = Math.max(1, Math.min(wishedMs ?? usualMs, most));
  return { ms, impatient: ms < usualMs && (wishedMs !== undefined || totalMs !== undefined) };
}

/** What of a policy limits a call for a whole answer, which has no first token. */
export function wholeAnswer({ total_ms: totalMs }: Policy): Pick<Policy, 'total_ms'> {
  return totalMs === undefined ? {} : { total_ms: totalMs };
}

/**
 * What the gateway gives one call to its first token, or to its whole answer, milliseconds. Shorter while there is
 * somebody else to ask: nobody gains by giving up the last.
 */
export function firstLimit(
  stream: boolean,
  candidate: Candidate,
  limits: TimeLimits,
  health: HealthView,
  othersLeft: boolean,
): number {
  const most = stream ? limits.firstTokenMs : limits.answerMs;
  if (!othersLeft) return most;
  const known = health.endpoint(candidate.endpoint.id)?.[stream ? 'ttft' : 'answer'];
  const learned = known && known.samples >= ENOUGH_SAMPLES ? known.p99 * TIMES : Infinity;
  const reasons = candidate.endpoint.capabilities.reasoning === true;
  const usual = stream ? (reasons ? REASONING_MS : FIRST_TOKEN_MS) : reasons ? REASONED_ANSWER_MS : ANSWER_MS;
  return Math.min(most, usual, Math.max(stream ? LEAST_MS : LEAST_ANSWER_MS, learned));
}

/** After how long without a token a second candidate starts beside the first, milliseconds; null: never. */
export function hedgeAfter(
  stream: boolean,
  candidate: Candidate,
  policy: Policy,
  health: HealthView,
): number | null {
  if (stream && policy.slo_ms !== undefined) return policy.slo_ms;
  const known = health.endpoint(candidate.endpoint.id)?.[stream ? 'ttft' : 'answer'];
  return known && known.samples >= ENOUGH_SAMPLES ? Math.max(LEAST_HEDGE_MS, known.p95 * TIMES) : null;
}

/** How long a stream may be silent after its first event, milliseconds. */
export function idleLimit(
  state: Pick<StreamState, 'finished' | 'content' | 'toolCalls' | 'otherOutput'>,
  policy: Policy,
  limits: TimeLimits,
): number {
  // A role is no token.
  const hasBegun = state.content !== '' || state.toolCalls || state.otherOutput || state.finished;
  const toFirst = hasBegun ? Infinity : (policy.first_token_ms ?? Infinity);
  const most = Math.min(policy.idle_ms ?? limits.idleMs, toFirst);
  if (state.finished) return Math.min(most, AFTER_FINISH_MS);
  // Thoughts and arguments of tools are often held back and come at once.
  const inText = state.content !== '' && !state.toolCalls;
  return policy.idle_ms === undefined && inText ? Math.min(most, TEXT_IDLE_MS) : most;
}

/** Why a stream of this age is ended; null while it is not. */
export function overTime(ageMs: number, { total_ms: totalMs = Infinity }: Policy): GatewayError | null {
  if (ageMs > totalMs) {
    const message = `The answer was not complete after ${totalMs} ms, the total_ms of the request.`;
    return new GatewayError('upstream_timeout', { message });
  }
  if (ageMs <= MAX_STREAM_MS) return null;
  const message = 'The answer of the provider took over an hour.';
  return new GatewayError('upstream_invalid_response', { message });
}
