import { continentOf } from '../routing/health/continent.ts';
import type { Carrier } from '../routing/health/isolate-health.ts';
import type { HttpContext } from './context.ts';

/** The request as what carries news of health behind its answer. */
export function carrierOf(c: HttpContext): Carrier {
  return {
    env: c.env,
    continent: continentOf(c.req.raw),
    waitUntil: (promise) => c.executionCtx.waitUntil(promise),
  };
}
