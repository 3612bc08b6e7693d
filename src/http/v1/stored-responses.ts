import { GatewayError } from '../../errors.ts';
import { checkCaller } from '../../gateway/admit.ts';
import { checkIncludes } from '../../gateway/formats/responses-format.ts';
import type { Caller } from '../../gateway/types.ts';
import { cancelResponse, currentResponse } from '../../responses/background.ts';
import { eventsOf } from '../../responses/events.ts';
import { findResponse } from '../../responses/find.ts';
import { pageOfItems } from '../../responses/input-items.ts';
import { removeResponse } from '../../responses/remove.ts';
import type { HttpContext } from '../context.ts';
import { callerOf } from './run-call.ts';

export const EVENT_STREAM = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
};

/** GET /v1/responses/{id} */
export async function getResponse(c: HttpContext): Promise<Response> {
  const caller = readerOf(c);
  checkIncludes(includesOf(c));
  const { stream, starting_after: after } = c.req.query();
  if (stream === 'true') return await streamAgain(c, caller, after);
  if (after !== undefined)
    throw invalid('starting_after', 'starting_after is for streams: send stream=true.');
  const { response } = await currentResponse(c.env, caller, idOf(c));
  return c.json(response);
}

async function streamAgain(c: HttpContext, caller: Caller, after: string | undefined): Promise<Response> {
  if (after !== undefined && !/^\d{1,9}$/.test(after)) {
    throw invalid('starting_after', 'starting_after must be the sequence_number of an event.');
  }
  const events = await eventsOf(c.env, caller, idOf(c), after === undefined ? null : Number(after));
  return new Response(events, { headers: EVENT_STREAM });
}

/** POST /v1/responses/{id}/cancel */
export async function cancelResponseById(c: HttpContext): Promise<Response> {
  return c.json(await cancelResponse(c.env, readerOf(c), idOf(c)));
}

/** DELETE /v1/responses/{id} */
export async function deleteResponse(c: HttpContext): Promise<Response> {
  const caller = readerOf(c);
  const { id } = await removeResponse(c.env, caller, caller.keyId, idOf(c));
  return c.json({ id, object: 'response', deleted: true });
}

/** GET /v1/responses/{id}/input_items */
export async function listInputItems(c: HttpContext): Promise<Response> {
  const caller = readerOf(c);
  checkIncludes(includesOf(c));
  const { input } = await findResponse(c.env, caller, idOf(c));
  const { limit, order, after } = c.req.query();
  return c.json(pageOfItems(input, { limit, order, after }));
}

/** Who may call models may read what they answered. @throws GatewayError `permission_denied`, `ip_not_allowed`. */
function readerOf(c: HttpContext): Caller {
  const caller = callerOf(c);
  checkCaller(caller, c.req.header('cf-connecting-ip') ?? null);
  return caller;
}

/** What a request wants included; all that is kept comes in any case. */
function includesOf(c: HttpContext): string[] {
  return [...(c.req.queries('include') ?? []), ...(c.req.queries('include[]') ?? [])];
}

function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_value', { param, message });
}

function idOf(c: HttpContext): string {
  return c.req.param('id') ?? '';
}
