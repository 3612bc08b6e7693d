import { GatewayError } from '../../errors.ts';
import { checkCaller } from '../../gateway/admit.ts';
import { itemsOf, queuedResponse } from '../../gateway/formats/responses-format.ts';
import { droppedParams } from '../../gateway/headers.ts';
import { plan } from '../../gateway/planning/plan.ts';
import type { ChatCall, Keeper } from '../../gateway/types.ts';
import type { JsonObject } from '../../lib/json.ts';
import { startRun } from '../../responses/background.ts';
import type { HttpContext } from '../context.ts';
import { EVENT_STREAM } from './stored-responses.ts';

/**
 * Begins a response that is made while its client does other things: answers it as it is queued, or its events.
 * @param sent the body of the request.
 * @param told the same with the whole conversation as input.
 * @throws GatewayError for what can be told at once: who may not call, models that there are not, and that nothing
 *   may be stored.
 */
export async function startInBackground(
  c: HttpContext,
  call: ChatCall,
  sent: JsonObject,
  told: JsonObject,
): Promise<Response> {
  checkCaller(call.caller, call.address);
  if (sent.store === false) {
    const message = 'A response of the background is read from storage: leave `store` out.';
    throw new GatewayError('invalid_value', { param: 'background', message });
  }
  if (!call.archive || plan(call).policy.data_collection === 'deny') {
    const message = 'Nothing may be stored here, and a response of the background is read from storage.';
    throw new GatewayError('unsupported_parameter', { param: 'background', message });
  }
  const response = queuedResponse(call, told);
  const request = c.req.raw;
  const run = await startRun(
    c.env,
    call.caller,
    { response, input: itemsOf(told.input, call.generationId) },
    request.url,
    {
      method: 'POST',
      headers: request.headers,
      // A stream, whatever the client reads of it: so there is something to say when it is ended in the middle.
      body: JSON.stringify({ ...sent, stream: true }),
      ...(request.cf ? { cf: request.cf as RequestInitCfProperties } : {}),
    },
  );
  const dropped = droppedParams(call, { dropped: [] });
  const headers = {
    'x-request-id': call.requestId,
    'x-generation-id': call.generationId,
    ...(dropped.length > 0 ? { 'x-dropped-params': dropped.join(', ') } : {}),
  };
  if (!call.request.stream) return Response.json(response, { headers });
  const answer = await run.answer();
  if (!answer?.body) throw new GatewayError('internal_error', { message: 'The response was lost.' });
  if (!answer.ok) return new Response(answer.body, answer);
  return new Response(call.keeper ? passedOn(answer.body, call, call.keeper) : answer.body, {
    headers: { ...EVENT_STREAM, ...headers },
  });
}

/**
 * Events on their way to somebody who keeps them for an idempotency key. Where that gives them up the response goes on,
 * so its key is spent: else it would begin another.
 */
function passedOn(
  events: ReadableStream<Uint8Array>,
  { waitUntil }: ChatCall,
  keeper: Keeper,
): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream();
  waitUntil(events.pipeTo(writable).catch(() => keeper.ended(true)));
  return readable;
}
