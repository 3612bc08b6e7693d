import { type ErrorCode, GatewayError, toGatewayError } from '../errors.ts';
import { admit, type Granted, grantedInTime } from './admit.ts';
import { attempt, type Served } from './attempt.ts';
import { estimateUsage } from './estimate.ts';
import { answerHeaders, droppedParams } from './headers.ts';
import { plan } from './plan.ts';
import { relay } from './relay.ts';
import { settle } from './settle.ts';
import type { Call, Trail } from './types.ts';
import { Brake } from './upstream.ts';

const REFUSALS = new Set<ErrorCode>(['rate_limit_exceeded', 'insufficient_credits', 'budget_exceeded']);

/**
 * One chat completion: plan → admit → attempt → relay → settle.
 * @throws GatewayError when nothing was answered; what was tried is on the receipt already.
 */
export async function completeChat(call: Call): Promise<Response> {
  const trail: Trail = {
    attempts: [],
    candidate: null,
    fallbackFrom: [],
    routingReason: null,
    conversions: [],
    brake: new Brake(),
  };
  const { candidates, policy, reason } = plan(call);
  trail.routingReason = reason;
  const ticket = admit(call, candidates);
  // A refusal stops an attempt that went ahead of it.
  ticket.granted.catch((refused: unknown) => trail.brake.pull(toGatewayError(refused)));
  const onGone = (): void => trail.brake.pull(new GatewayError('client_closed_request'));
  call.signal.addEventListener('abort', onGone);
  try {
    if (call.signal.aborted) onGone();
    let granted = ticket.optimistic ? null : await grantedInTime(ticket);
    const served = await attempt(call, candidates, policy, trail);
    try {
      granted ??= await grantedInTime(ticket);
    } catch (refused) {
      if (served.kind === 'stream') served.stream.cutoff.cut(toGatewayError(refused));
      throw refused;
    }
    return served.kind === 'stream'
      ? relay(call, trail, served, granted)
      : answerWhole(call, trail, served, granted);
  } catch (thrown) {
    const error = toGatewayError(thrown);
    // Who was refused before anything was tried has reserved nothing, and leaves no receipt.
    if (!REFUSALS.has(error.code) || trail.attempts.length > 0) settleFailure(call, trail, error);
    throw error;
  } finally {
    call.signal.removeEventListener('abort', onGone);
  }
}

/** Nobody answered, or the client left before anybody could: then the provider has read the prompt all the same. */
function settleFailure(call: Call, trail: Trail, error: GatewayError): void {
  const gone = error.code === 'client_closed_request';
  settle(call, trail, {
    status: gone ? 'client_closed_request' : 'failed',
    error,
    candidate: gone ? trail.candidate : null,
    usage: gone && trail.candidate ? estimateUsage(call.request) : null,
    finishReason: null,
    rawFinishReason: null,
    upstreamId: null,
    upstreamModel: null,
    dropped: [],
    firstTokenAt: null,
  });
}

function answerWhole(
  call: Call,
  trail: Trail,
  served: Extract<Served, { kind: 'whole' }>,
  granted: Granted,
): Response {
  const { answer } = served;
  const settlement = settle(call, trail, {
    ...answer,
    status: 'completed',
    error: null,
    candidate: served.candidate,
    dropped: droppedParams(call, served),
    firstTokenAt: null,
  });
  return new Response(answer.text, {
    headers: answerHeaders(call, trail, served, granted, 'application/json', settlement),
  });
}
