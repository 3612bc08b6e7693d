import type { GatewayError } from '../../errors.ts';
import { isCredentialFault } from '../../providers/cool-down.ts';
import type { EndpointHealth } from '../../routing/health/types.ts';
import type { FallbackTrigger } from '../../routing/policy/types.ts';
import type { Candidate } from '../types.ts';

/** More upstream calls than this are never made of one endpoint for one request. */
const TRIES_PER_ENDPOINT = 3;

/** A provider that asks for a longer pause is not waited for. */
const LONGEST_WAIT_MS = 30_000;

/** Pauses between calls, milliseconds. */
export interface Pauses {
  /** Until the request's deadline. */
  timeLeftMs: number;
  /** Before an endpoint is asked a second time, where it does not say itself; twice as long before the third. */
  backoffMs: number;
}

/** What happens after a failure: another call, perhaps after a pause, or nothing more. */
export interface Step {
  candidate: Candidate;
  waitMs: number;
  /** It is scaled to zero, and asked whether it is there by now. */
  waking?: boolean;
}

/** What was tried for one request, as far as it decides what is tried next. */
export class Tries {
  /** How often, and with which failure at last. */
  readonly #byEndpoint = new Map<string, { times: number; failure: GatewayError | null }>();

  began({ endpoint }: Candidate): void {
    const known = this.#byEndpoint.get(endpoint.id);
    this.#byEndpoint.set(endpoint.id, { times: (known?.times ?? 0) + 1, failure: known?.failure ?? null });
  }

  failed({ endpoint }: Candidate, failure: GatewayError): void {
    this.#byEndpoint.set(endpoint.id, { times: this.#byEndpoint.get(endpoint.id)?.times ?? 0, failure });
  }

  times({ endpoint }: Candidate): number {
    return this.#byEndpoint.get(endpoint.id)?.times ?? 0;
  }

  /** The last failure; null when it has not failed, or is still under way. */
  failure({ endpoint }: Candidate): GatewayError | null {
    return this.#byEndpoint.get(endpoint.id)?.failure ?? null;
  }
}

/**
 * Who is asked after a failure. First the same endpoint once more after a single 500, and with the next
 * credential after a failure of the credential; then the next endpoint that this kind of failure leads to;
 * when all have failed, those again whose failure may pass, after a pause. Null: nobody.
 * @param candidates those that may be asked; the one that failed need not be among them.
 * @param trigger the kind of failure; null: no other endpoint can mend it.
 */
export function nextStep(
  candidates: readonly Candidate[],
  failed: Candidate,
  error: GatewayError,
  trigger: FallbackTrigger | null,
  tries: Tries,
  pauses: Pauses,
): Step | null {
  if (trigger === null || pauses.timeLeftMs <= 0) return null;
  const place = candidates.indexOf(failed);
  // A single 500 is often a hiccup of one machine.
  if (error.upstream?.status === 500 && place >= 0 && tries.times(failed) === 1) {
    return { candidate: failed, waitMs: 0 };
  }
  const next = candidates[place + 1];
  if (isCredentialFault(error) && next?.endpoint.id === failed.endpoint.id) {
    return { candidate: next, waitMs: 0 };
  }
  const other = candidates.find(
    (candidate) => tries.times(candidate) === 0 && leadsTo(candidate, trigger, failed),
  );
  if (other) return { candidate: other, waitMs: 0 };
  return again(candidates, tries, pauses);
}

/** Whether this kind of failure leads to a candidate. */
export function leadsTo(candidate: Candidate, trigger: FallbackTrigger, failed: Candidate): boolean {
  if (candidate.on !== null && !candidate.on.includes(trigger)) return false;
  // What is too long, or refused for what it says, would be so again at the same model.
  if (trigger === 'context_length') return contextOf(candidate) > contextOf(failed);
  if (trigger === 'content_filter') return candidate.on !== null && candidate.model.id !== failed.model.id;
  return true;
}

/** Beside another nobody is tried whose circuit is half-open: that is one request's to find out. */
export function letsThrough(circuit: EndpointHealth['circuit'], trigger: FallbackTrigger): boolean {
  return circuit === 'closed' || (circuit === 'half_open' && trigger !== 'slo');
}

function contextOf({ endpoint, model }: Candidate): number {
  return endpoint.contextLength ?? model.contextLength ?? 0;
}

/** The one among those that failed for now that can be asked again soonest. */
function again(
  candidates: readonly Candidate[],
  tries: Tries,
  { timeLeftMs, backoffMs }: Pauses,
): Step | null {
  let best: Step | null = null;
  for (const candidate of candidates) {
    const failure = tries.failure(candidate);
    if (!failure || !mayPass(failure) || tries.times(candidate) >= TRIES_PER_ENDPOINT) continue;
    const waitMs = failure.retryAfterMs ?? jittered(backoffMs * 2 ** (tries.times(candidate) - 1));
    if (waitMs > Math.min(LONGEST_WAIT_MS, timeLeftMs)) continue;
    if (!best || waitMs < best.waitMs) best = { candidate, waitMs };
  }
  return best;
}

/** A limit without a word of when it ends is not waited for; who was silent once is not asked again. */
function mayPass(failure: GatewayError): boolean {
  switch (failure.code) {
    case 'upstream_rate_limited':
      return failure.retryAfterMs !== null;
    case 'upstream_overloaded':
    case 'upstream_error':
    case 'upstream_unreachable':
    case 'upstream_incomplete':
      return true;
    default:
      return false;
  }
}

/** Half of it is at random, so that many do not come back at once. */
function jittered(ms: number): number {
  return ms * (0.5 + Math.random() / 2);
}
