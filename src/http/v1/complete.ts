import { configOf } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { completeChat } from '../../gateway/pipeline.ts';
import { readChatRequest } from '../../gateway/request.ts';
import type { Asked } from '../../gateway/surfaces.ts';
import type { Caller } from '../../gateway/types.ts';
import { newId } from '../../lib/id.ts';
import { loadRegistry } from '../../registry/load.ts';
import { continentOf } from '../../routing/health/continent.ts';
import { RequestHealth } from '../../routing/health/request-health.ts';
import type { HttpContext } from '../context.ts';
import { readJsonBody } from '../middleware/body.ts';

/** `<version>-<trace id>-<parent id>-<flags>`: https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Answers a chat completion, in whatever format it was asked for.
 * @param read the request's body as a chat completion.
 * @throws GatewayError as `read`, and as the pipeline.
 */
export async function complete(c: HttpContext, read: (bytes: Uint8Array) => Asked): Promise<Response> {
  const startedAt = Date.now();
  const caller = callerOf(c);
  const waitUntil = (promise: Promise<unknown>): void => c.executionCtx.waitUntil(promise);
  const loading = loadRegistry(c.env, waitUntil);
  const { bytes, surface } = read(await readJsonBody(c.req.raw));
  const { request, control } = readChatRequest(bytes, (name) => c.req.header(name));
  const generationId = newId('generation', startedAt);
  c.set('generationId', generationId);
  const traceparent = c.req.header('traceparent');
  const answer = completeChat({
    requestId: c.get('requestId'),
    generationId,
    startedAt,
    caller,
    control,
    request: surface ? { ...request, translated: true } : request,
    surface,
    traceparent: traceparent && TRACEPARENT.test(traceparent) ? traceparent : null,
    address: c.req.header('cf-connecting-ip') ?? null,
    signal: c.req.raw.signal,
    env: c.env,
    config: configOf(c.env),
    health: new RequestHealth({ env: c.env, continent: continentOf(c.req.raw), waitUntil }),
    keeper: c.get('keeper'),
    registry: loading instanceof Promise ? await loading : loading,
    waitUntil,
  });
  // A client that leaves ends its request here and now; what it has used must be settled all the same.
  waitUntil(answer.catch(() => {}));
  return answer;
}

/** The key that calls. @throws GatewayError `permission_denied` for the operator, who calls no models. */
export function callerOf(c: HttpContext): Caller {
  const caller = c.get('principal');
  if (caller.kind === 'key') return caller;
  throw new GatewayError('permission_denied', {
    message: 'The operator key manages the gateway and calls no models. Make a key for a workspace.',
  });
}
