import { asc, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Db } from '../db/client.ts';
import { modelAliases } from '../db/schema/aliases.ts';
import { probes } from '../db/schema/probes.ts';
import { aliases, credentials, endpoints, models, providers, registryState } from '../db/schema/registry.ts';
import { fallbacks, policies, splits } from '../db/schema/routing.ts';
import { SHIPPED_PROVIDERS } from '../providers/catalog.ts';
import type { Provider } from '../providers/types.ts';
import type { RoutingRules } from '../routing/policy/types.ts';
import type { Price, ProbedResult, RegistryData } from './types.ts';

type StoredProvider = typeof providers.$inferSelect;

export interface PriceInForce {
  endpoint_id: string;
  id: string;
  price: string | null;
}

/** The whole registry as D1 holds it, in one consistent read. @throws when D1 fails. */
export async function readRegistry(db: Db): Promise<RegistryData> {
  const [
    state,
    providerRows,
    credentialRows,
    modelRows,
    endpointRows,
    priceRows,
    aliasRows,
    mappedRows,
    probeRows,
    policyRows,
    fallbackRows,
    splitRows,
  ] = await db.batch([
    db.select().from(registryState),
    db.select().from(providers),
    db.select().from(credentials).where(isNull(credentials.workspaceId)).orderBy(asc(credentials.createdAt)),
    db.select().from(models),
    db
      .select()
      .from(endpoints)
      .where(isNull(endpoints.retiredAt))
      .orderBy(asc(endpoints.modelId), asc(endpoints.rank)),
    db.all<PriceInForce>(PRICES_IN_FORCE),
    db.select().from(aliases),
    db.select().from(modelAliases).where(eq(modelAliases.workspaceId, '')),
    db
      .select({ endpointId: probes.endpointId, ability: probes.ability, result: probes.result })
      .from(probes)
      .where(inArray(probes.result, ['honoured', 'ignored', 'refused'])),
    db.select().from(policies).where(eq(policies.workspaceId, '')),
    db.select().from(fallbacks).where(eq(fallbacks.workspaceId, '')),
    db.select().from(splits).where(eq(splits.workspaceId, '')),
  ]);
  const probedOf = Map.groupBy(probeRows, (row) => row.endpointId);
  const priceOf = new Map(priceRows.map((row) => [row.endpoint_id, row]));
  return {
    version: stateNumber(state, 'version'),
    catalogue: stateNumber(state, 'catalogue'),
    providers: providerRows.map(declaredProvider),
    credentials: credentialRows.map(({ id, providerId, sealed, lastFour, priority, weight }) => ({
      id,
      provider: providerId,
      sealed,
      lastFour,
      priority,
      weight,
    })),
    models: modelRows.map(({ source: _source, updatedAt: _updatedAt, benchmarks, ...model }) => ({
      ...model,
      ...(benchmarks ? { benchmarks } : {}),
    })),
    endpoints: endpointRows.map((row) => {
      const price = priceOf.get(row.id);
      const probed = probedOf.get(row.id)?.map(({ ability, result }) => [ability, result as ProbedResult]);
      const rates = price?.price ? (JSON.parse(price.price) as Price) : null;
      return {
        id: row.id,
        model: row.modelId,
        provider: row.providerId,
        upstreamModel: row.upstreamModel,
        price: rates,
        priceVersion: rates && price ? price.id : null,
        contextLength: row.contextLength,
        maxOutputTokens: row.maxOutputTokens,
        regions: row.regions,
        capabilities: row.capabilities,
        ...(row.quantization === null ? {} : { quantization: row.quantization }),
        ...(row.dataPolicy === null ? {} : { dataPolicy: row.dataPolicy }),
        ...(row.deprecatedAt === null ? {} : { deprecatedAt: row.deprecatedAt }),
        ...(row.scalesToZero === null ? {} : { scalesToZero: row.scalesToZero }),
        ...(row.weight === null ? {} : { weight: row.weight }),
        ...(probed ? { probed: Object.fromEntries(probed) } : {}),
      };
    }),
    aliases: Object.fromEntries(aliasRows.map(({ alias, modelId }) => [alias, modelId])),
    mapped: Object.fromEntries(mappedRows.map(({ folded, modelId }) => [folded, modelId])),
    ...routingOf({
      policies: Object.fromEntries(policyRows.map(({ name, policy }) => [name, policy])),
      fallbacks: Object.fromEntries(fallbackRows.map(({ modelId, chain }) => [modelId, chain])),
      splits: Object.fromEntries(splitRows.map(({ folded, split }) => [folded, split])),
    }),
  };
}

function routingOf(rules: RoutingRules): { routing?: RoutingRules } {
  return Object.values(rules).some((named) => Object.keys(named).length > 0) ? { routing: rules } : {};
}

/** The version alone: what tells whether a copy is out of date. */
export async function readVersion(db: Db): Promise<number> {
  return stateNumber(await db.select().from(registryState), 'version');
}

/** The newest price of each endpoint that has come into force. No parameters: a batch takes raw SQL without only. */
export const PRICES_IN_FORCE = sql`SELECT endpoint_id, id, price FROM (
  SELECT *, row_number() OVER (PARTITION BY endpoint_id ORDER BY effective_from DESC, id DESC) AS place
  FROM prices WHERE effective_from <= unixepoch('now', 'subsec') * 1000) WHERE place = 1`;

function stateNumber(rows: { name: string; value: string }[], name: string): number {
  return Number(rows.find((row) => row.name === name)?.value ?? 0);
}

/** A provider as the operator declared it. */
export function declaredProvider(row: StoredProvider): Provider {
  const shipped = SHIPPED_PROVIDERS.get(row.id);
  // A key in the environment is for the shipped host alone: re-declared elsewhere, it stays at home.
  const sameHost = shipped && new URL(shipped.baseUrl).host === new URL(row.baseUrl).host;
  return {
    id: row.id,
    name: row.name,
    baseUrl: row.baseUrl,
    wire: row.wire,
    auth: row.auth,
    ...(row.headers ? { headers: row.headers } : {}),
    ...(row.quirks ? { quirks: row.quirks } : {}),
    ...(sameHost && shipped.env ? { env: shipped.env } : {}),
    ...(sameHost && shipped.docs ? { docs: shipped.docs } : {}),
    ...(sameHost && shipped.dataPolicy ? { dataPolicy: shipped.dataPolicy } : {}),
  };
}
