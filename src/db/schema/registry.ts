import { index, integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Auth } from '../../providers/types.ts';
import type { Benchmark, DataPolicy, Modality, ModelKind, Price } from '../../registry/types.ts';
import type { Capabilities, Quirks, WireId } from '../../wires/types.ts';

/** Providers that the operator registered or re-declared; shipped ones stand in providers/catalog.ts. */
export const providers = sqliteTable('providers', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  baseUrl: text('base_url').notNull(),
  wire: text('wire').$type<WireId>().notNull(),
  auth: text('auth', { mode: 'json' }).$type<Auth>().notNull(),
  headers: text('headers', { mode: 'json' }).$type<Record<string, string>>(),
  quirks: text('quirks', { mode: 'json' }).$type<Quirks>(),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
});

/** Secrets for providers, sealed with AES-GCM. A null workspace means the operator's. */
export const credentials = sqliteTable(
  'credentials',
  {
    id: text('id').primaryKey(),
    providerId: text('provider_id').notNull(),
    workspaceId: text('workspace_id'),
    sealed: text('sealed').notNull(),
    lastFour: text('last_four').notNull(),
    /** What people call it. */
    name: text('name'),
    /** Lower is used first. */
    priority: integer('priority').notNull().default(0),
    /** Share of the requests among those of one priority; 0 is used when no other is left. */
    weight: integer('weight').notNull().default(1),
    /** A workspace's own: the operator's are never used in its place. */
    exclusive: integer('exclusive', { mode: 'boolean' }).notNull().default(false),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [
    index('credentials_by_provider').on(t.providerId),
    index('credentials_by_workspace').on(t.workspaceId),
  ],
);

export const models = sqliteTable('models', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  vendor: text('vendor').notNull(),
  family: text('family'),
  kind: text('kind').$type<ModelKind>().notNull(),
  contextLength: integer('context_length'),
  maxOutputTokens: integer('max_output_tokens'),
  inputModalities: text('input_modalities', { mode: 'json' }).$type<Modality[]>().notNull(),
  outputModalities: text('output_modalities', { mode: 'json' }).$type<Modality[]>().notNull(),
  knowledge: text('knowledge'),
  releaseDate: text('release_date'),
  openWeights: integer('open_weights', { mode: 'boolean' }),
  benchmarks: text('benchmarks', { mode: 'json' }).$type<Benchmark[]>(),
  /** `catalogue` rows are replaced by a newer shipped catalogue; `operator` rows never are. */
  source: text('source').$type<'catalogue' | 'operator'>().notNull(),
  updatedAt: integer('updated_at').notNull(),
});

export const endpoints = sqliteTable(
  'endpoints',
  {
    id: text('id').primaryKey(),
    modelId: text('model_id').notNull(),
    providerId: text('provider_id').notNull(),
    upstreamModel: text('upstream_model').notNull(),
    contextLength: integer('context_length'),
    maxOutputTokens: integer('max_output_tokens'),
    regions: text('regions', { mode: 'json' }).$type<string[]>().notNull(),
    capabilities: text('capabilities', { mode: 'json' }).$type<Capabilities>().notNull(),
    quantization: text('quantization'),
    dataPolicy: text('data_policy', { mode: 'json' }).$type<DataPolicy>(),
    /** YYYY-MM-DD. */
    deprecatedAt: text('deprecated_at'),
    scalesToZero: integer('scales_to_zero', { mode: 'boolean' }),
    weight: real('weight'),
    /** Order among the endpoints of a model; lower is tried first. */
    rank: integer('rank').notNull(),
    source: text('source').$type<'catalogue' | 'operator'>().notNull(),
    retiredAt: integer('retired_at'),
    updatedAt: integer('updated_at').notNull(),
  },
  (t) => [index('endpoints_by_model').on(t.modelId)],
);

/** Prices are never changed: a new price is a new row, and the newest of an endpoint is in force. */
export const prices = sqliteTable(
  'prices',
  {
    id: text('id').primaryKey(),
    endpointId: text('endpoint_id').notNull(),
    /** Null: from then on the price is not known. */
    price: text('price', { mode: 'json' }).$type<Price>(),
    source: text('source').$type<'catalogue' | 'operator'>().notNull(),
    /** Unix milliseconds. */
    effectiveFrom: integer('effective_from').notNull(),
  },
  (t) => [index('prices_by_endpoint').on(t.endpointId, t.effectiveFrom)],
);

/** Lower-case alias → model; slugs are aliases. */
export const aliases = sqliteTable('aliases', {
  alias: text('alias').primaryKey(),
  modelId: text('model_id').notNull(),
  source: text('source').$type<'catalogue' | 'operator'>().notNull(),
});

/** One row each: `version` (grows with every change), `catalogue` (the shipped catalogue last imported). */
export const registryState = sqliteTable(
  'registry_state',
  { name: text('name').notNull(), value: text('value').notNull() },
  (t) => [primaryKey({ columns: [t.name] })],
);
