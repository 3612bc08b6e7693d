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
    const scope = callerOf(c);
    const told = withConversation(c.env, scope, parseBody(bytes));
    if (told instanceof Promise) return told.then((late) => withFiles(c, scope, late, bytes.byteLength));
    return mayNameFiles(bytes)
      ? withFiles(c, scope, told, bytes.byteLength)
      : asked(c, scope, told, told.body);
  };
  return complete(c, read, null);
}

/** @throws GatewayError as the format, and for files that are named. */
function withFiles(
  c: HttpContext,
  scope: ResponseScope,
  told: Conversation,
  size: number,
): Asked | Promise<Asked> {
  const nameOf = (index: number): string =>
    index < told.earlier ? 'previous_response_id' : `input[${index - told.earlier}]`;
  const body = inlineFilesOf(told.body, size, RESPONSES_PLACES, namedFiles(c), nameOf);
  return body instanceof Promise
    ? body.then((late) => asked(c, scope, told, late))
    : asked(c, scope, told, body);
}

/**
 * @param told what is kept: it names files.
 * @param whole what is asked, with the files themselves.
 * @throws GatewayError as the format.
 */
function asked(
  c: HttpContext,
  scope: ResponseScope,
  { body, earlier }: Conversation,
  whole: JsonObject,
): Asked {
  const { bytes, surface } = inResponsesFormat(whole, earlier);
  const { store } = body;
  if (store != null && typeof store !== 'boolean') {
    throw new GatewayError('invalid_type', { param: 'store', message: 'store must be a boolean.' });
  }
  if (store === false || !surface) return { bytes, surface };
  if (!configOf(c.env).keepsResponses) {
    return { bytes, surface: store ? { ...surface, dropped: [...surface.dropped, 'store'] } : surface };
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
  return { bytes, surface, archiveFor };
}
