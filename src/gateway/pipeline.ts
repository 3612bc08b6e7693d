import { type GatewayError, toGatewayError } from '../errors.ts';
import { admit } from './admit.ts';
import { attempt, type Served } from './attempt.ts';
import { estimateUsage } from './estimate.ts';
import { answerHeaders, droppedParams } from './headers.ts';
import { plan } from './plan.ts';
import { relay } from './relay.ts';
import { settle } from './settle.ts';
import type { Call, Trail } from './types.ts';

/**
 * One chat completion: plan → admit → attempt → relay → settle.
 * @throws GatewayError when nothing was answered; what was tried is on the receipt already.
 */
export async function completeChat(call: Call): Promise<Response> {
  const trail: Trail = { attempts: [], candidate: null, fallbackFrom: [], routingReason: null };
  const candidates = plan(call);
  admit(call.caller);
  let served: Served;
  try {
    served = await attempt(call, candidates, trail);
  } catch (thrown) {
    const error = toGatewayError(thrown);
    settleFailure(call, trail, error);
    throw error;
  }
  return served.kind === 'stream' ? relay(call, trail, served) : answerWhole(call, trail, served);
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

function answerWhole(call: Call, trail: Trail, served: Extract<Served, { kind: 'whole' }>): Response {
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
    headers: answerHeaders(call, trail, served, 'application/json', settlement),
  });
}
