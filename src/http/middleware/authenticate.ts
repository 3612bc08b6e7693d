import { createMiddleware } from 'hono/factory';
import { authenticate } from '../../tenancy/authenticate.ts';
import type { HttpEnv } from '../context.ts';

/** Puts who is calling on the context as `principal`; a request without a good key goes no further. */
export const authenticated = createMiddleware<HttpEnv>(async function authenticated(c, next) {
  const principal = authenticate(c.req.header('authorization') ?? null, c.env, (promise) =>
    c.executionCtx.waitUntil(promise),
  );
  c.set('principal', principal instanceof Promise ? await principal : principal);
  await next();
});
