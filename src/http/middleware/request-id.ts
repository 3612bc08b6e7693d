import { createMiddleware } from 'hono/factory';
import { newId } from '../../lib/id.ts';
import type { HttpEnv } from '../context.ts';

/** Gives every request an id of ours, and every answer the header that names it. */
export const requestId = createMiddleware<HttpEnv>(async function requestId(c, next) {
  const id = newId('request');
  c.set('requestId', id);
  await next();
  if (!c.res.headers.has('x-request-id')) c.header('x-request-id', id);
});
