import { createMiddleware } from 'hono/factory';
import { type Action, requirePermission } from '../../tenancy/permissions.ts';
import type { HttpEnv } from '../context.ts';

/** Lets only those through who may do this, before anything of the request is read. */
export function permitted(action: Action) {
  return createMiddleware<HttpEnv>(async function permitted(c, next) {
    requirePermission(c.get('principal'), action);
    await next();
  });
}
