import type { Hono } from 'hono';
import { GatewayError } from '../errors.ts';
import { newId } from '../lib/id.ts';
import { authenticate } from '../tenancy/authenticate.ts';
import type { HttpContext, HttpEnv } from './context.ts';
import { handleError, handleNotFound, methodNotAllowed } from './errors.ts';
import { type Handler, idempotent } from './idempotent.ts';

/**
 * A route of the data plane: the request gets its id and its caller, and the handler answers. One function
 * and no chain of middleware, each link of which would cost about what parsing a request costs. A POST with an
 * `Idempotency-Key` is answered once.
 * @param once false where the handler itself sees to that.
 */
function dataPlane(handler: Handler, once = true): (c: HttpContext) => Promise<Response> {
  const answer = once ? idempotent(handler) : handler;
  return async (c) => {
    const id = newId('request');
    c.set('requestId', id);
    const principal = authenticate(credentialOf(c.req.raw.headers), c.env, (promise) =>
      c.executionCtx.waitUntil(promise),
    );
    c.set('principal', principal instanceof Promise ? await principal : principal);
    const response = await answer(c);
    if (!response.headers.has('x-request-id')) response.headers.set('x-request-id', id);
    return response;
  };
}

/** The credential as `Authorization` gives it; clients of some formats send the key alone, as `x-api-key`. */
function credentialOf(headers: Headers): string | null {
  const authorization = headers.get('authorization');
  if (authorization !== null) return authorization;
  const key = headers.get('x-api-key');
  return key === null ? null : `Bearer ${key}`;
}

/** The answer to a path that nothing serves. What lies under /v1 is told to keys alone. */
export function nothingHere(c: HttpContext): Response | Promise<Response> {
  if (!c.req.path.startsWith('/v1/')) return handleNotFound(c);
  return dataPlane(() => {
    throw new GatewayError('not_found', { message: `There is nothing at ${c.req.method} ${c.req.path}.` });
  })(c).catch((thrown: unknown) => handleError(thrown, c));
}

/**
 * What a path answers by method; null: as where there is nothing. `once: false` where the handler itself says what
 * becomes of an `Idempotency-Key`.
 */
type Methods = Partial<Record<'GET' | 'POST' | 'DELETE', Handler | { handler: Handler; once: false } | null>>;

/** Mounts routes, by path. Each path and method has one handler: where several match, Hono builds a chain per request. */
export function mountDataPlane(app: Hono<HttpEnv>, routes: Readonly<Record<string, Methods>>): void {
  for (const [path, methods] of Object.entries(routes)) {
    const taken = Object.entries(methods);
    for (const [method, route] of taken) {
      if (route === null) app.on(method, path, nothingHere);
      else if (typeof route === 'function') app.on(method, path, dataPlane(route));
      else app.on(method, path, dataPlane(route.handler, route.once));
    }
    const allow = taken.flatMap(([method, route]) => (route === null ? [] : [method])).join(', ');
    app.on(othersThan(taken.map(([method]) => method)), path, dataPlane(methodNotAllowed(allow)));
  }
}

function othersThan(methods: readonly string[]): string[] {
  return ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].filter(
    (method) => !methods.includes(method),
  );
}
