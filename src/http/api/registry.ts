import { loadRegistry } from '../../registry/load.ts';
import type { Registry } from '../../registry/snapshot.ts';
import type { HttpContext } from '../context.ts';

/** The registry as this isolate knows it. @throws GatewayError `registry_unavailable`. */
export async function currentRegistry(c: Pick<HttpContext, 'env' | 'executionCtx'>): Promise<Registry> {
  return await loadRegistry(c.env, (promise) => c.executionCtx.waitUntil(promise));
}
