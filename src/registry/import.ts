import { type SQL, sql } from 'drizzle-orm';
import { SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core';
import { auditRow } from '../db/audit.ts';
import type { Db } from '../db/client.ts';
import type { Capabilities } from '../wires/types.ts';
import type { Catalogue, CatalogueEndpoint, CatalogueModel } from './catalogue/types.ts';
import { NEXT_VERSION } from './version.ts';

/**
 * Brings the shipped catalogue into D1, in one transaction. Repeating it changes nothing. What the operator
 * declared stays as it is; endpoints that are no longer shipped are retired; a price that differs becomes
 * a new row, so that the history stays whole.
 * @throws when D1 fails; then nothing was changed.
 */
export async function importCatalogue(
  db: Db,
  catalogue: Catalogue,
  { revision, hash }: { revision: number; hash: string },
): Promise<void> {
  const now = Date.now();
  const models = JSON.stringify(catalogue.models.map(modelRow));
  const endpoints = JSON.stringify(endpointRows(catalogue.endpoints));
  const aliases = JSON.stringify(
    catalogue.models.flatMap((model) => (model.aliases ?? []).map((alias) => [alias, model.id])),
  );
  const audit = auditRow(db, {
    id: `aud_catalogue_${hash}_${now}`,
    workspaceId: null,
    actor: 'system',
    action: 'catalogue.import',
    target: String(revision),
    after: { revision, models: catalogue.models.length, endpoints: catalogue.endpoints.length },
    at: now,
  });
  const statements = [
    upsertModels(models, now),
    upsertEndpoints(endpoints, now),
    retireEndpoints(endpoints, now),
    addPrices(endpoints, `prc_catalogue_${revision}`, now),
    sql`DELETE FROM aliases WHERE source = 'catalogue'`,
    sql`INSERT INTO aliases (alias, model_id, source)
      SELECT value ->> 0, value ->> 1, 'catalogue' FROM json_each(${aliases})
      WHERE true ON CONFLICT (alias) DO NOTHING`,
    sql`INSERT INTO registry_state (name, value) VALUES ('catalogue', ${String(revision)})
      ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    NEXT_VERSION,
    audit.getSQL(),
  ];
  await runBatch(db, statements);
}

/** Runs statements in one transaction. Drizzle's own batch takes no raw SQL with parameters. @throws when D1 fails. */
export async function runBatch(db: Db, statements: readonly SQL[]): Promise<void> {
  const dialect = new SQLiteAsyncDialect();
  await db.$client.batch(
    statements.map((statement) => {
      const query = dialect.sqlToQuery(statement);
      return db.$client.prepare(query.sql).bind(...query.params);
    }),
  );
}

// One statement takes all rows as one JSON parameter: D1 binds at most 100 values to a statement.

export function upsertModels(rows: string, now: number): SQL {
  return sql`INSERT INTO models (id, name, vendor, family, kind, context_length, max_output_tokens,
      input_modalities, output_modalities, knowledge, release_date, open_weights, benchmarks, source,
      updated_at)
    SELECT value ->> 'id', value ->> 'name', value ->> 'vendor', value ->> 'family', value ->> 'kind',
      value ->> 'context', value ->> 'output', value -> 'takes', value -> 'gives', value ->> 'knowledge',
      value ->> 'released', value ->> 'open', value -> 'benchmarks', 'catalogue', ${now}
    FROM json_each(${rows}) WHERE true
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, vendor = excluded.vendor, family = excluded.family,
      kind = excluded.kind, context_length = excluded.context_length,
      max_output_tokens = excluded.max_output_tokens, input_modalities = excluded.input_modalities,
      output_modalities = excluded.output_modalities, knowledge = excluded.knowledge,
      release_date = excluded.release_date, open_weights = excluded.open_weights,
      benchmarks = coalesce(excluded.benchmarks, models.benchmarks),
      updated_at = excluded.updated_at
    WHERE models.source = 'catalogue'`;
}

/**
 * A model that the operator declared has the operator's endpoints alone. The quantization that a sync has
 * found stays where these rows say nothing of it.
 */
export function upsertEndpoints(rows: string, now: number): SQL {
  return sql`INSERT INTO endpoints (id, model_id, provider_id, upstream_model, context_length,
      max_output_tokens, regions, capabilities, quantization, deprecated_at, rank, source, retired_at,
      updated_at)
    SELECT value ->> 'id', value ->> 'model', value ->> 'provider', value ->> 'upstream',
      value ->> 'context', value ->> 'output', coalesce(value -> 'regions', '[]'), value -> 'capabilities',
      value ->> 'quantization', value ->> 'deprecated', value ->> 'rank', 'catalogue', NULL, ${now}
    FROM json_each(${rows})
    WHERE NOT EXISTS (
      SELECT 1 FROM models WHERE models.id = value ->> 'model' AND models.source = 'operator')
    ON CONFLICT (id) DO UPDATE SET upstream_model = excluded.upstream_model,
      context_length = excluded.context_length, max_output_tokens = excluded.max_output_tokens,
      regions = excluded.regions, capabilities = excluded.capabilities,
      quantization = coalesce(excluded.quantization,
        CASE WHEN endpoints.source = 'catalogue' THEN endpoints.quantization END),
      deprecated_at = excluded.deprecated_at, data_policy = NULL, scales_to_zero = NULL, weight = NULL,
      rank = excluded.rank, retired_at = NULL,
      source = 'catalogue', updated_at = excluded.updated_at`;
}

function retireEndpoints(rows: string, now: number): SQL {
  return sql`UPDATE endpoints SET retired_at = ${now}, updated_at = ${now}
    WHERE source = 'catalogue' AND retired_at IS NULL
      AND id NOT IN (SELECT value ->> 'id' FROM json_each(${rows}))`;
}

/** A price that differs from the one in force becomes a new one, whose id begins with `prefix`. */
export function addPrices(rows: string, prefix: string, now: number): SQL {
  return sql`INSERT INTO prices (id, endpoint_id, price, source, effective_from)
    SELECT ${`${prefix}_`} || (value ->> 'id') || ${`_${now.toString(36)}`}, value ->> 'id',
      value -> 'price', 'catalogue', ${now}
    FROM json_each(${rows})
    JOIN endpoints ON endpoints.id = value ->> 'id' AND endpoints.source = 'catalogue'
    WHERE value -> 'price' IS NOT NULL AND value -> 'price' IS NOT (
      SELECT price FROM prices WHERE endpoint_id = value ->> 'id'
      ORDER BY effective_from DESC, prices.id DESC LIMIT 1)`;
}

/** A model as it is written; absent members are not known. */
export interface ModelRow extends Omit<CatalogueModel, 'kind' | 'takes' | 'gives' | 'aliases'> {
  vendor: string;
  kind: string;
  takes: string[];
  gives: string[];
}

/** What `upsertModels` takes, as JSON. */
export function modelRow({ aliases: _aliases, ...model }: CatalogueModel): ModelRow {
  return {
    ...model,
    vendor: model.id.slice(0, model.id.indexOf('/')),
    kind: model.kind ?? 'chat',
    takes: (model.takes ?? 'text').split(','),
    gives: (model.gives ?? 'text').split(','),
  };
}

/** An endpoint as it is written. */
export interface EndpointRow extends Omit<CatalogueEndpoint, 'can' | 'api'> {
  id: string;
  rank: number;
  capabilities: Capabilities;
}

/** What `upsertEndpoints` and `addPrices` take, as JSON: the endpoints of a model are ranked by their order. */
export function endpointRows(endpoints: readonly CatalogueEndpoint[]): EndpointRow[] {
  const ranks = new Map<string, number>();
  return endpoints.map(({ can, api, ...endpoint }) => {
    const rank = ranks.get(endpoint.model) ?? 0;
    ranks.set(endpoint.model, rank + 1);
    const id = `${endpoint.model}@${endpoint.provider}`;
    return { ...endpoint, id, rank, capabilities: { ...capabilitiesOf(can), ...(api ? { api } : {}) } };
  });
}

const ABILITIES: Record<string, Exclude<keyof Capabilities, 'api'>> = {
  t: 'tools',
  r: 'reasoning',
  s: 'structuredOutput',
  k: 'temperature',
  a: 'attachments',
};

/** `tk!rs`: letters before `!` are abilities, those behind it are known to be absent. */
function capabilitiesOf(can: string): Capabilities {
  const capabilities: Capabilities = {};
  const [known = '', refused = ''] = can.split('!');
  for (const [letters, value] of [
    [known, true],
    [refused, false],
  ] as const) {
    for (const letter of letters) {
      const ability = ABILITIES[letter];
      if (ability) capabilities[ability] = value;
    }
  }
  return capabilities;
}
