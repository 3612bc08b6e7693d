import { GatewayError } from '../../errors.ts';
import { checkCaller } from '../../gateway/admit.ts';
import { itemsOf, queuedResponse } from '../../gateway/formats/responses-format.ts';
import { droppedParams } from '../../gateway/headers.ts';
import { plan } from '../../gateway/planning/plan.ts';
import type { ChatCall } from '../../gateway/types.ts';
import type { JsonObject } from '../../lib/json.ts';
import { startRun } from '../../responses/background.ts';
import { eventsOf } from '../../responses/events.ts';
import type { HttpContext } from '../context.ts';
import { EVENT_STREAM } from './stored-responses.ts';

/**
 * Begins a response that is made while its client does other things: answers it as it is queued, or its events. One
 * that an earlier run of the same request began is answered so, and not begun again.
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
  const { generationId: id, startedAt } = call;
  const beginning = c.get('beginning');
  const again = beginning?.earlier != null;
  if (!again) await beginning?.remember({ id, startedAt });
  const response = queuedResponse(call, told);
  const request = c.req.raw;
  const run = await startRun(
    c.env,
    call.caller,
    { response, input: itemsOf(told.input, id) },
    request.url,
    {
      method: 'POST',
      headers: request.headers,
      // A stream, whatever the client reads of it: so there is something to say when it is ended in the middle.
      body: JSON.stringify({ ...sent, stream: true }),
      ...(request.cf ? { cf: request.cf as RequestInitCfProperties } : {}),
    },
    again,
  );
  // Only now: what an earlier request remembered must not be forgotten with this one, if that fails.
  if (again) await beginning.remember({ id, startedAt });
  const dropped = droppedParams(call, { dropped: [] });
  const headers = {
    'x-request-id': call.requestId,
    'x-generation-id': id,
    ...(dropped.length > 0 ? { 'x-dropped-params': dropped.join(', ') } : {}),
  };
  if (!call.request.stream) return Response.json(response, { headers });
  const answer = await run.answer();
  if (answer && !answer.ok) return new Response(answer.body, answer);
  const events = answer?.body ?? (await eventsOf(c.env, call.caller, id.replace(/^gen_/, 'resp_'), null));
  return new Response(events, { headers: { ...EVENT_STREAM, ...headers } });
}
