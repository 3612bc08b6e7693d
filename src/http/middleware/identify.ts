import { createMiddleware } from 'hono/factory';
import { bringsSession } from '../../tenancy/people/cookie.ts';
import type { HttpContext, HttpEnv } from '../context.ts';
import { authenticated } from './authenticate.ts';
import { originOf, requireSameOrigin } from './same-origin.ts';

/**
 * Who is calling the management API: a key where one is sent, else the person of a session. Changes with a
 * session must come from our own pages.
 */
export const identified = createMiddleware<HttpEnv>(async function identified(c, next) {
  const cookie = c.req.header('cookie') ?? null;
  if (c.req.header('authorization') !== undefined || !bringsSession(cookie)) return authenticated(c, next);
  requireSameOrigin(c, true);
  // Large, and needed by people alone.
  const { identify } = await import('../../tenancy/people/identify.ts');
  const { answer, cookies } = await identify(c.env, visitOf(c), c.req.header('x-workspace'));
  c.set('principal', answer.principal);
  c.set('sessionId', answer.sessionId);
  await next();
  for (const value of cookies) c.header('set-cookie', value, { append: true });
  c.header('cache-control', 'no-store');
});

/** The request, as the verbs of signing in take it. */
export function visitOf(c: HttpContext) {
  return {
    headers: c.req.raw.headers,
    origin: originOf(c),
    waitUntil: (promise: Promise<unknown>) => c.executionCtx.waitUntil(promise),
  };
}
