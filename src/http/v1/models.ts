import { GatewayError } from '../../errors.ts';
import { listServableModels, modelEntry } from '../../registry/listing.ts';
import { loadRegistry } from '../../registry/load.ts';
import type { Registry } from '../../registry/snapshot.ts';
import { mayCall } from '../../tenancy/models.ts';
import type { Principal } from '../../tenancy/types.ts';
import type { HttpContext } from '../context.ts';

/** GET /v1/models: what the key can call now. */
export async function listModels(c: HttpContext): Promise<Response> {
  const data = listServableModels(await registryOf(c), c.env);
  return c.json({ object: 'list', data: data.filter(({ id }) => isEnabled(c.get('principal'), id)) });
}

/** GET /v1/models/{id}. Ids may hold a slash, encoded or not. */
export async function getModel(c: HttpContext): Promise<Response> {
  const registry = await registryOf(c);
  const name = c.req.param('id') ?? '';
  const entry = modelEntry(name, registry, c.env);
  if (entry && isEnabled(c.get('principal'), entry.id)) return c.json(entry);
  if (entry) {
    throw new GatewayError('model_not_enabled', {
      param: 'id',
      message: `${entry.id} is not enabled for this key. Enable it for the key or its workspace.`,
    });
  }
  const known = registry.find(name);
  throw known
    ? new GatewayError('model_not_available', {
        param: 'id',
        message: `No provider that serves ${known.id} is configured. Add a provider key.`,
      })
    : new GatewayError('model_not_found', {
        param: 'id',
        message: `The model ${JSON.stringify(name.slice(0, 200))} does not exist.`,
      });
}

/** What a key may call; the operator sees all. */
function isEnabled(caller: Principal, modelId: string): boolean {
  return caller.kind !== 'key' || mayCall(caller, modelId);
}

async function registryOf(c: HttpContext): Promise<Registry> {
  return await loadRegistry(c.env, (promise) => c.executionCtx.waitUntil(promise));
}
