import { and, eq, notInArray } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Db } from '../db/client.ts';
import { aliases, endpoints, models, prices } from '../db/schema/registry.ts';
import type { Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { newId } from '../lib/id.ts';
import type { JsonObject } from '../lib/json.ts';
import { changeRegistry } from './change.ts';
import { dataPolicyFrom } from './data-policy.ts';
import { defined } from './defined.ts';
import { refreshRegistry } from './load.ts';
import { capabilitiesFrom, type ModelInput, priceFrom } from './model-input.ts';
import { type ModelView, viewModel } from './model-view.ts';
import { foldName } from './names.ts';
import type { Registry } from './snapshot.ts';
import type { Endpoint, Model } from './types.ts';

/**
 * Declares a model and all its endpoints as a whole; one that is shipped is thereby the operator's. Prices
 * that changed become new versions; the old ones stay for the receipts that name them.
 * @throws GatewayError `missing_parameter`, `invalid_value`, `conflict`, `storage_unavailable`.
 */
export async function putModel(env: Env, actor: string, id: string, input: ModelInput): Promise<ModelView> {
  const known = await current(env);
  const model = modelFrom(id, input);
  const declared = endpointsFrom(id, input, known);
  const slugs = slugsFrom(id, input.slugs ?? [], known);
  const now = Date.now();
  const before = known.holder(id);
  const registry = await changeRegistry(
    env,
    (db) => [
      ...modelStatements(db, model, now),
      ...endpointStatements(db, id, declared, now),
      ...priceStatements(db, declared, known, now),
      db.delete(aliases).where(eq(aliases.modelId, id)),
      ...slugs.map((alias) =>
        db
          .insert(aliases)
          .values({ alias, modelId: id, source: 'operator' })
          .onConflictDoUpdate({ target: aliases.alias, set: { modelId: id, source: 'operator' } }),
      ),
    ],
    {
      actor,
      action: 'model.put',
      target: id,
      before: before ? asJson(viewModel(before, known)) : null,
      after: asJson({ ...input }),
      at: now,
    },
  );
  return viewModel(registry.find(id) ?? model, registry);
}

async function current(env: Env): Promise<Registry> {
  try {
    return await refreshRegistry(env);
  } catch (cause) {
    throw new GatewayError('storage_unavailable', { cause });
  }
}

function modelFrom(id: string, input: ModelInput): Model {
  return {
    id,
    name: input.name ?? id,
    vendor: id.includes('/') ? id.slice(0, id.indexOf('/')) : 'custom',
    family: input.family ?? null,
    kind: input.kind,
    contextLength: input.context_length ?? null,
    maxOutputTokens: input.max_output_tokens ?? null,
    inputModalities: input.input_modalities ?? ['text'],
    outputModalities: input.output_modalities ?? ['text'],
    knowledge: input.knowledge ?? null,
    releaseDate: input.release_date ?? null,
    openWeights: input.open_weights ?? null,
    ...(input.benchmarks?.length
      ? {
          benchmarks: input.benchmarks.map(({ name, score, ...rest }) => ({ name, score, ...defined(rest) })),
        }
      : {}),
  };
}

function endpointsFrom(
  model: string,
  { kind, endpoints }: Pick<ModelInput, 'kind' | 'endpoints'>,
  known: Registry,
): Endpoint[] {
  const seen = new Map<string, number>();
  return endpoints.map((input, index) => {
    const param = `endpoints[${index}]`;
    if (!known.provider(input.provider)) {
      throw new GatewayError('invalid_value', {
        param: `${param}.provider`,
        message: `There is no provider ${JSON.stringify(input.provider)}: declare it with PUT /api/providers/{id}.`,
      });
    }
    // A provider may serve a model under several names; the first keeps the plain id.
    const place = (seen.get(input.provider) ?? 0) + 1;
    seen.set(input.provider, place);
    return {
      id: `${model}@${input.provider}${place > 1 ? `#${place}` : ''}`,
      model,
      provider: input.provider,
      upstreamModel: input.upstream_model,
      price: input.price ? priceFrom(input.price, kind, `${param}.price`) : null,
      priceVersion: null,
      contextLength: input.context_length ?? null,
      maxOutputTokens: input.max_output_tokens ?? null,
      regions: input.regions ?? [],
      capabilities: capabilitiesFrom(input.capabilities ?? {}),
      ...defined({
        quantization: input.quantization,
        dataPolicy: dataPolicyFrom(input.data_policy),
        deprecatedAt: input.deprecated_at,
        scalesToZero: input.scales_to_zero,
        weight: input.weight,
      }),
    };
  });
}

function slugsFrom(id: string, inputs: readonly string[], known: Registry): string[] {
  return [...new Set(inputs.map((slug) => slug.trim().toLowerCase()))]
    .filter((slug) => foldName(slug) !== foldName(id))
    .map((slug) => {
      const holder = known.holder(slug);
      if (!holder || holder.id === id) return slug;
      throw new GatewayError('conflict', {
        param: `slugs[${inputs.findIndex((given) => given.trim().toLowerCase() === slug)}]`,
        message: `${JSON.stringify(slug)} is a name of ${holder.id} already.`,
      });
    });
}

function modelStatements(db: Db, model: Model, now: number): BatchItem<'sqlite'>[] {
  const row = { ...model, benchmarks: model.benchmarks ?? null, source: 'operator' as const, updatedAt: now };
  const { id: _id, ...changed } = row;
  return [db.insert(models).values(row).onConflictDoUpdate({ target: models.id, set: changed })];
}

function endpointStatements(
  db: Db,
  modelId: string,
  declared: readonly Endpoint[],
  now: number,
): BatchItem<'sqlite'>[] {
  const ids = declared.map((endpoint) => endpoint.id);
  const gone = and(
    eq(endpoints.modelId, modelId),
    ids.length > 0 ? notInArray(endpoints.id, ids) : undefined,
  );
  return [
    db.update(endpoints).set({ retiredAt: now, updatedAt: now, source: 'operator' }).where(gone),
    ...declared.map((endpoint, rank) => {
      const row = {
        id: endpoint.id,
        modelId,
        providerId: endpoint.provider,
        upstreamModel: endpoint.upstreamModel,
        contextLength: endpoint.contextLength,
        maxOutputTokens: endpoint.maxOutputTokens,
        regions: endpoint.regions,
        capabilities: endpoint.capabilities,
        quantization: endpoint.quantization ?? null,
        dataPolicy: endpoint.dataPolicy ?? null,
        deprecatedAt: endpoint.deprecatedAt ?? null,
        scalesToZero: endpoint.scalesToZero ?? null,
        weight: endpoint.weight ?? null,
        rank,
        source: 'operator' as const,
        retiredAt: null,
        updatedAt: now,
      };
      const { id: _id, ...changed } = row;
      return db.insert(endpoints).values(row).onConflictDoUpdate({ target: endpoints.id, set: changed });
    }),
  ];
}

/** A price that is as it was keeps its version. One that is no longer known is a version too: null. */
function priceStatements(
  db: Db,
  declared: readonly Endpoint[],
  known: Registry,
  now: number,
): BatchItem<'sqlite'>[] {
  const before = new Map(
    declared[0] ? known.endpoints(declared[0].model).map((endpoint) => [endpoint.id, endpoint.price]) : [],
  );
  return declared
    .filter(({ id, price }) => JSON.stringify(price) !== JSON.stringify(before.get(id) ?? null))
    .map(({ id, price }) =>
      db
        .insert(prices)
        .values({ id: newId('price', now), endpointId: id, price, source: 'operator', effectiveFrom: now }),
    );
}

function asJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
