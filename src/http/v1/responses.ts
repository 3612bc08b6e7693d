import { configOf } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { inlineFilesOf, mayNameFiles } from '../../gateway/files/inline.ts';
import { RESPONSES_PLACES } from '../../gateway/files/places.ts';
import { inResponsesFormat, itemsOf } from '../../gateway/responses-format.ts';
import { type Asked, parseBody } from '../../gateway/surfaces.ts';
import type { JsonObject } from '../../lib/json.ts';
import { ResponseArchive } from '../../responses/archive.ts';
import { type Conversation, withConversation } from '../../responses/conversation.ts';
import type { ResponseScope } from '../../responses/types.ts';
import type { HttpContext } from '../context.ts';
import { complete } from './complete.ts';
import { namedFiles } from './named-files.ts';
import { callerOf } from './run-call.ts';

/** POST /v1/responses: a chat completion in the format of the Responses API. */
export function createResponse(c: HttpContext): Promise<Response> {
  const read = (bytes: Uint8Array): Asked | Promise<Asked> => {
    const body = parseBody(bytes);
    const scope = callerOf(c);
    const told = withConversation(c.env, scope, body);
    if (told instanceof Promise) return told.then((late) => withFiles(c, scope, body, late, bytes));
    return mayNameFiles(bytes)
      ? withFiles(c, scope, body, told, bytes)
      : askedIn(c, scope, told, told.body, told.body === body ? bytes : null);
  };
  return complete(c, read, null);
}

/**
 * @param body as it came in `bytes`.
 * @throws GatewayError as the format, and for files that are named.
 */
function withFiles(
  c: HttpContext,
  scope: ResponseScope,
  body: JsonObject,
  told: Conversation,
  bytes: Uint8Array,
): Asked | Promise<Asked> {
  const nameOf = (index: number): string =>
    index < told.earlier ? 'previous_response_id' : `input[${index - told.earlier}]`;
  const whole = inlineFilesOf(told.body, bytes.byteLength, RESPONSES_PLACES, namedFiles(c), nameOf);
  return whole instanceof Promise
    ? whole.then((late) => askedIn(c, scope, told, late, null))
    : askedIn(c, scope, told, whole, whole === body ? bytes : null);
}

/**
 * @param told what is kept: it names files.
 * @param whole what is asked, with the files themselves.
 * @param bytes of what is asked; null where they are not those that came.
 * @throws GatewayError as the format.
 */
function askedIn(
  c: HttpContext,
  scope: ResponseScope,
  { body, earlier }: Conversation,
  whole: JsonObject,
  bytes: Uint8Array | null,
): Asked {
  const asked = inResponsesFormat(whole, bytes, earlier);
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
