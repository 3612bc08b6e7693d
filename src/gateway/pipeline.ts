import { type ErrorCode, GatewayError, toGatewayError } from '../errors.ts';
import { admit, type Granted, grantedInTime } from './admit.ts';
import { Pursuit } from './attempt/pursuit.ts';
import { ownRequest, type Served, type ServedStream, type ServedWhole } from './attempt/served.ts';
import { wholeAnswer } from './client-format.ts';
import { Brake } from './cutoff.ts';
import { estimateUsage } from './estimate.ts';
import { answerHeaders, droppedParams } from './headers.ts';
import { failureOf } from './keeper.ts';
import { learnFromAnswer } from './learn.ts';
import { observeWhole } from './observe.ts';
import { plan } from './plan.ts';
import { relay } from './relay.ts';
import { settle } from './settle.ts';
import type { Call, Candidate, Trail } from './types.ts';

const REFUSALS = new Set<ErrorCode>(['rate_limit_exceeded', 'insufficient_credits', 'budget_exceeded']);

/**
 * One chat completion: plan → admit → attempt → relay → settle.
 * @throws GatewayError when nothing was answered; what was tried is on the receipt already.
 */
export async function completeChat(call: Call): Promise<Response> {
  const planned = plan(call);
  const trail: Trail = {
    attempts: [],
    candidate: null,
    fallbackFrom: [],
    routingReason: planned.reason,
    conversions: [],
    adjusted: [],
    notContinued: null,
    brake: new Brake(),
  };
  const ticket = admit(call, planned.candidates);
  // A refusal stops an attempt that went ahead of it.
  ticket.granted.catch((refused: unknown) => trail.brake.pull(toGatewayError(refused)));
  const onGone = (): void => trail.brake.pull(new GatewayError('client_closed_request'));
  call.signal.addEventListener('abort', onGone);
  try {
    if (call.signal.aborted) onGone();
    let granted = ticket.optimistic ? null : await grantedInTime(ticket);
    const pursuit = new Pursuit(call, planned, trail);
    const begun = await begin(pursuit, call);
    try {
      granted ??= await grantedInTime(ticket);
    } catch (refused) {
      trail.brake.pull(toGatewayError(refused));
      throw refused;
    }
    if (begun.kind === 'whole') return answerWhole(call, trail, begun, granted);
    return relay({ call, trail, pursuit, policy: planned.policy }, begun, granted);
  } catch (thrown) {
    const error = await failureOf(call, toGatewayError(thrown));
    // Who was refused before anything was tried has reserved nothing, and leaves no receipt.
    if (!REFUSALS.has(error.code) || trail.attempts.length > 0) settleFailure(call, trail, error);
    throw error;
  } finally {
    call.signal.removeEventListener('abort', onGone);
  }
}

/** A stream whose provider is still waking: the client is told so meanwhile. */
export interface Waking {
  kind: 'waking';
  candidate: Candidate;
  /** Unix milliseconds. */
  since: number;
  stream: Promise<ServedStream>;
}

/** The answer's begin, or the news that a stream's provider has yet to wake. */
function begin(pursuit: Pursuit, call: Call): Promise<Served | Waking> {
  const found = pursuit.find(ownRequest(call.request));
  if (!call.request.stream) return found;
  return new Promise((resolve, reject) => {
    pursuit.onWaking = (candidate, since) => {
      const stream = found as Promise<ServedStream>;
      resolve({ kind: 'waking', candidate, since, stream });
    };
    found.then(resolve, reject);
  });
}

/** Nobody answered, or the client left before: then a provider that was at it has read the prompt all the same. */
function settleFailure(call: Call, trail: Trail, error: GatewayError): void {
  const gone = error.code === 'client_closed_request';
  const candidate = trail.attempts.at(-1)?.outcome === 'cancelled' ? trail.candidate : null;
  const usage = gone && candidate ? estimateUsage(call.request) : null;
  settle(call, trail, {
    status: gone ? 'client_closed_request' : 'failed',
    error,
    parts: gone && candidate ? [{ candidate, usage }] : [],
    usage,
    finishReason: null,
    rawFinishReason: null,
    upstreamId: null,
    upstreamModel: null,
    dropped: [],
    firstTokenAt: null,
    skippedEvents: 0,
  });
}

function answerWhole(call: Call, trail: Trail, served: ServedWhole, granted: Granted): Response {
  const { answer, candidate } = served;
  const dropped = droppedParams(call, served.dropped);
  const settlement = settle(call, trail, {
    ...answer,
    status: 'completed',
    error: null,
    parts: [{ candidate, usage: answer.usage }],
    dropped,
    firstTokenAt: null,
    skippedEvents: 0,
  });
  observeWhole(call, served);
  if (answer.usage) learnFromAnswer(call, candidate, answer.usage);
  return new Response(wholeAnswer(call, answer.text), {
    headers: answerHeaders(call, trail, { candidate, dropped }, granted, 'application/json', settlement),
  });
}
