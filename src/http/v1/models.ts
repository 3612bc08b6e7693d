import { GatewayError } from '../../errors.ts';
import { listEndpoints } from '../../registry/endpoint-listing.ts';
import type { HealthStatus } from '../../registry/health-status.ts';
import { type Listed, listed } from '../../registry/listing.ts';
import { isKnown, listingAnswer, type PreparedJson, prepareJson } from '../../registry/listing-answer.ts';
import { FILTER_NAMES, passes, readListingFilter } from '../../registry/listing-filter.ts';
import { loadRegistry } from '../../registry/load.ts';
import { PAGING_NAMES, readPaging } from '../../registry/page.ts';
import type { Registry } from '../../registry/snapshot.ts';
import type { Model, SealedCredential } from '../../registry/types.ts';
import { health } from '../../routing/health/isolate-health.ts';
import { listedHealth, statusOf } from '../../routing/health/status.ts';
import { mayCall } from '../../tenancy/models.ts';
import type { Principal } from '../../tenancy/types.ts';
import { carrierOf } from '../carrier.ts';
import type { HttpContext } from '../context.ts';

/** GET /v1/models: what the key can call now. */
export async function listModels(c: HttpContext): Promise<Response> {
  const caller = c.get('principal');
  const asked = (name: string): string | undefined => c.req.query(name);
  const filter = readListingFilter(asked);
  const paging = readPaging(asked);
  if (filter.health !== null) await health.renew(carrierOf(c));
  const seen = caller.kind === 'key' ? [caller.models, caller.workspaceModels] : [];
  const key = JSON.stringify([seen, [...FILTER_NAMES, ...PAGING_NAMES].map((name) => asked(name) ?? null)]);
  const answer = listingAnswer(await registryOf(c), c.env, {
    own: ownCredentials(caller),
    key: filter.health === null ? key : null,
    paging,
    accept: (item) => passes(item, filter, healthStatus) && isEnabled(caller, item.model.id),
  });
  return answered(answer, c);
}

const ENDPOINTS = '/endpoints';

/** GET /v1/models/{id} and GET /v1/models/{id}/endpoints. Ids may hold slashes, encoded or not. */
export async function getModel(c: HttpContext): Promise<Response> {
  const registry = await registryOf(c);
  const name = c.req.param('id') ?? '';
  if (name.endsWith(ENDPOINTS) && !resolve(name, registry, c)) {
    const found = findListed(name.slice(0, -ENDPOINTS.length), registry, c);
    await health.renew(carrierOf(c));
    const listing = listEndpoints(found, registry, (id) => listedHealth(health.endpoint(id)));
    return answered(prepareJson(listing), c);
  }
  return answered(prepareJson(findListed(name, registry, c).entry), c);
}

/** @throws GatewayError `model_not_found`, `model_not_enabled`, `model_not_available`. */
function findListed(name: string, registry: Registry, c: HttpContext): Listed {
  const model = resolve(name, registry, c);
  if (!model) {
    const nearest = registry.nearest(name, ({ id }) => isEnabled(c.get('principal'), id));
    const hint = nearest.length > 0 ? ` Did you mean ${nearest.join(', ')}?` : '';
    throw new GatewayError('model_not_found', {
      param: 'id',
      message: `The model ${JSON.stringify(name.slice(0, 200))} does not exist.${hint}`,
    });
  }
  const found = listed(model, registry, c.env, ownCredentials(c.get('principal')));
  if (!found) {
    throw new GatewayError('model_not_available', {
      param: 'id',
      message: `No provider that serves ${model.id} is configured. Add a provider key.`,
    });
  }
  if (isEnabled(c.get('principal'), model.id)) return found;
  throw new GatewayError('model_not_enabled', {
    param: 'id',
    message: `${model.id} is not enabled for this key. Enable it for the key or its workspace.`,
  });
}

function resolve(name: string, registry: Registry, c: HttpContext): Model | undefined {
  const caller = c.get('principal');
  return registry.resolve(name, caller.kind === 'key' ? caller.workspaceAliases : null);
}

/** 304 when the client has it already. Each key has its own list, so nothing between may keep it. */
function answered({ text, etag }: PreparedJson, c: HttpContext): Response {
  const headers = { etag, 'cache-control': 'private, no-cache', vary: 'authorization' };
  if (isKnown(etag, c.req.raw.headers.get('if-none-match'))) {
    return new Response(null, { status: 304, headers });
  }
  return new Response(text, { headers: { ...headers, 'content-type': 'application/json' } });
}

function healthStatus(endpointId: string): HealthStatus {
  return statusOf(health.endpoint(endpointId));
}

function ownCredentials(caller: Principal): readonly SealedCredential[] {
  return caller.kind === 'key' ? (caller.credentials ?? []) : [];
}

/** What a key may call; the operator sees all. */
function isEnabled(caller: Principal, modelId: string): boolean {
  return caller.kind !== 'key' || mayCall(caller, modelId);
}

async function registryOf(c: HttpContext): Promise<Registry> {
  return await loadRegistry(c.env, (promise) => c.executionCtx.waitUntil(promise));
}
