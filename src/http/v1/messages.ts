import { countTokens } from '../../gateway/count-tokens.ts';
import { inlineFiles } from '../../gateway/files/inline.ts';
import { MESSAGES_PLACES } from '../../gateway/files/places.ts';
import { inCountFormat, inMessagesFormat } from '../../gateway/formats/messages-format.ts';
import { withOriginal } from '../../gateway/formats/surfaces.ts';
import { readChatRequest } from '../../gateway/requests/request.ts';
import { loadRegistry } from '../../registry/load.ts';
import { continentOf } from '../../routing/health/continent.ts';
import { RequestHealth } from '../../routing/health/request-health.ts';
import type { HttpContext } from '../context.ts';
import { readJsonBody } from '../middleware/body.ts';
import { complete } from './complete.ts';
import { namedFiles } from './named-files.ts';
import { callerOf } from './run-call.ts';

/** POST /v1/messages: a chat completion in the format of the Messages API. */
export async function createMessage(c: HttpContext): Promise<Response> {
  const response = await complete(
    c,
    inMessagesFormat((name) => c.req.header(name)),
    MESSAGES_PLACES,
  );
  response.headers.set('request-id', c.get('requestId'));
  return response;
}

/** POST /v1/messages/count_tokens. `x-token-count` says who counted: `provider`, or `estimate`. */
export async function countMessageTokens(c: HttpContext): Promise<Response> {
  const caller = callerOf(c);
  const waitUntil = (promise: Promise<unknown>): void => c.executionCtx.waitUntil(promise);
  const loading = loadRegistry(c.env, waitUntil);
  const header = (name: string): string | undefined => c.req.header(name);
  const body = await inlineFiles(await readJsonBody(c.req.raw), MESSAGES_PLACES, namedFiles(c));
  const asked = inCountFormat(header)(body);
  const { request, control } = readChatRequest(asked.bytes, header);
  const counted = await countTokens({
    request: withOriginal(request, asked),
    control,
    caller,
    address: header('cf-connecting-ip') ?? null,
    signal: c.req.raw.signal,
    traceparent: null,
    env: c.env,
    health: new RequestHealth({ env: c.env, continent: continentOf(c.req.raw), waitUntil }),
    registry: loading instanceof Promise ? await loading : loading,
  });
  return c.json({ input_tokens: counted.tokens }, 200, {
    'request-id': c.get('requestId'),
    'x-token-count': counted.exact ? 'provider' : 'estimate',
  });
}
