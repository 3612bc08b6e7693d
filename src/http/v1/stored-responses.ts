import { checkCaller } from '../../gateway/admit.ts';
import { checkIncludes } from '../../gateway/responses-format.ts';
import type { Caller } from '../../gateway/types.ts';
import { findResponse } from '../../responses/find.ts';
import { pageOfItems } from '../../responses/input-items.ts';
import { removeResponse } from '../../responses/remove.ts';
import type { HttpContext } from '../context.ts';
import { callerOf } from './run-call.ts';

/** GET /v1/responses/{id} */
export async function getResponse(c: HttpContext): Promise<Response> {
  const caller = readerOf(c);
  checkIncludes(includesOf(c));
  const { response } = await findResponse(c.env, caller, idOf(c));
  return c.json(response);
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

function idOf(c: HttpContext): string {
  return c.req.param('id') ?? '';
}
