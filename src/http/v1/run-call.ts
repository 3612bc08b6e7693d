import { configOf } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import type { Asked } from '../../gateway/formats/surfaces.ts';
import type { ReadHeader } from '../../gateway/requests/control.ts';
import type { FormShape } from '../../gateway/requests/form-request.ts';
import type { Call, Caller } from '../../gateway/types.ts';
import { newId } from '../../lib/id.ts';
import type { FormPart } from '../../lib/multipart/types.ts';
import type { RunProps } from '../../objects/runs/types.ts';
import { loadRegistry } from '../../registry/load.ts';
import { continentOf } from '../../routing/health/continent.ts';
import { RequestHealth } from '../../routing/health/request-health.ts';
import type { HttpContext } from '../context.ts';
import { readJsonBody } from '../middleware/body.ts';
import { formReader } from './line-form.ts';

/** `<version>-<trace id>-<parent id>-<flags>`: https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A call of one kind of request. */
type CallOf<Request> = Omit<Call, 'request'> & { request: Request };

/** What of a call is in its request. */
type Read<Request> = Pick<CallOf<Request>, 'request' | 'control' | 'surface'> & Pick<Asked, 'archiveFor'>;

/** Reads a body, and the headers that are twins of its members. */
type ReadCall<Body, Request> = (body: Body, readHeader: ReadHeader) => Read<Request> | Promise<Read<Request>>;

/**
 * Reads the request of a caller, JSON, and runs it through the pipeline.
 * @throws GatewayError `permission_denied`, those of bodies, and as `read` and `run`.
 */
export function runCall<Request extends Call['request']>(
  c: HttpContext,
  read: ReadCall<Uint8Array, Request>,
  run: (call: CallOf<Request>) => Promise<Response>,
): Promise<Response> {
  return runBody(c, readJsonBody, read, run);
}

/** The same for a request that is a form. */
export function runFormCall<Request extends Call['request']>(
  c: HttpContext,
  shape: FormShape,
  read: ReadCall<FormPart[], Request>,
  run: (call: CallOf<Request>) => Promise<Response>,
): Promise<Response> {
  return runBody(c, formReader(c, shape), read, run);
}

async function runBody<Body, Request extends Call['request']>(
  c: HttpContext,
  readBody: (request: HttpContext['req']['raw']) => Promise<Body>,
  read: ReadCall<Body, Request>,
  run: (call: CallOf<Request>) => Promise<Response>,
): Promise<Response> {
  const props = c.executionCtx.props as Partial<RunProps>;
  const generation = props.generation ?? c.get('beginning')?.earlier;
  const startedAt = generation?.startedAt ?? Date.now();
  const caller = callerOf(c);
  const waitUntil = (promise: Promise<unknown>): void => c.executionCtx.waitUntil(promise);
  const loading = loadRegistry(c.env, waitUntil);
  const reading = read(await readBody(c.req.raw), (name) => c.req.header(name));
  const { archiveFor, ...asked } = reading instanceof Promise ? await reading : reading;
  const line = c.get('line');
  const generationId = generation?.id ?? line?.generationId ?? newId('generation', startedAt);
  c.set('generationId', generationId);
  const traceparent = c.req.header('traceparent');
  const answer = run({
    requestId: c.get('requestId'),
    generationId,
    startedAt,
    caller,
    ...asked,
    traceparent: traceparent && TRACEPARENT.test(traceparent) ? traceparent : null,
    address: c.req.header('cf-connecting-ip') ?? null,
    signal: c.req.raw.signal,
    env: c.env,
    config: configOf(c.env),
    batch: line?.batch,
    waived: line?.waived ?? c.get('waived'),
    keeper: c.get('keeper'),
    archive: archiveFor?.(generationId),
    health: new RequestHealth({ env: c.env, continent: continentOf(c.req.raw), waitUntil }),
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
