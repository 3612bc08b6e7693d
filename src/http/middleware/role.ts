import type { MiddlewareHandler } from 'hono';
import { type Action, requirePermission } from '../../tenancy/permissions.ts';
import type { HttpEnv } from '../context.ts';

/** What a route's permission middleware asks for, so that the reference can say it. */
const actions = new WeakMap<object, Action>();

/** Lets only those through who may do this, before anything of the request is read. */
export function permitted(action: Action): MiddlewareHandler<HttpEnv> {
  const handler: MiddlewareHandler<HttpEnv> = async (c, next) => {
    requirePermission(c.get('principal'), action);
    await next();
  };
  actions.set(handler, action);
  return handler;
}

/** The permission that a handler made by `permitted` asks for. */
export function actionOf(handler: object): Action | undefined {
  return actions.get(handler);
}
