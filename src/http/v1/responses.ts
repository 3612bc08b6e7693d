import { configOf } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { inResponsesFormat, itemsOf } from '../../gateway/responses-format.ts';
import { type Asked, parseBody } from '../../gateway/surfaces.ts';
import type { JsonObject } from '../../lib/json.ts';
import { ResponseArchive } from '../../responses/archive.ts';
import { withConversation } from '../../responses/conversation.ts';
import type { ResponseScope } from '../../responses/types.ts';
import type { HttpContext } from '../context.ts';
import { complete } from './complete.ts';
import { callerOf } from './run-call.ts';

/** POST /v1/responses: a chat completion in the format of the Responses API. */
export function createResponse(c: HttpContext): Promise<Response> {
  return complete(c, (bytes) => {
    const body = parseBody(bytes);
    const scope = callerOf(c);
    const told = withConversation(c.env, scope, body);
    return told instanceof Promise
      ? told.then((late) => askedIn(c, scope, late.body, late.body === body ? bytes : null, late.earlier))
      : askedIn(c, scope, told.body, told.body === body ? bytes : null, told.earlier);
  });
}

/** @throws GatewayError as the format. */
function askedIn(
  c: HttpContext,
  scope: ResponseScope,
  body: JsonObject,
  bytes: Uint8Array | null,
  earlier: number,
): Asked {
  const asked = inResponsesFormat(body, bytes, earlier);
  const { surface } = asked;
  const { store } = body;
  if (store != null && typeof store !== 'boolean') {
    throw new GatewayError('invalid_type', { param: 'store', message: 'store must be a boolean.' });
  }
  if (store === false || !surface) return asked;
  if (!configOf(c.env).keepsResponses) {
    return store ? { ...asked, surface: { ...surface, dropped: [...surface.dropped, 'store'] } } : asked;
  }
  const archiveFor = (generationId: string) =>
    new ResponseArchive({
      env: c.env,
      scope,
      input: () => itemsOf(body.input, generationId),
      asked: store === true,
      background: false,
      waitUntil: (promise) => c.executionCtx.waitUntil(promise),
    });
  return { ...asked, archiveFor };
}
