import { integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { FallbackStep, Policy, Split } from '../../routing/policy/types.ts';

/** Policies by name. An empty workspace is the whole deployment's, here and in the tables below. */
export const policies = sqliteTable(
  'policies',
  {
    workspaceId: text('workspace_id').notNull(),
    name: text('name').notNull(),
    policy: text('policy', { mode: 'json' }).$type<Policy>().notNull(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.name] })],
);

/** What is tried when a model cannot serve. */
export const fallbacks = sqliteTable(
  'fallbacks',
  {
    workspaceId: text('workspace_id').notNull(),
    modelId: text('model_id').notNull(),
    chain: text('chain', { mode: 'json' }).$type<FallbackStep[]>().notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.modelId] })],
);

/** Names that stand for several models. */
export const splits = sqliteTable(
  'splits',
  {
    workspaceId: text('workspace_id').notNull(),
    /** As look-ups compare names: registry/names.ts. */
    folded: text('folded').notNull(),
    split: text('split', { mode: 'json' }).$type<Split>().notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.folded] })],
);

/** Named bundles of requests of a workspace. */
export const workflows = sqliteTable(
  'workflows',
  {
    workspaceId: text('workspace_id').notNull(),
    name: text('name').notNull(),
    /** Its own, or the name of a stored one. */
    policy: text('policy', { mode: 'json' }).$type<Policy | string>(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.name] })],
);

/** How well models do a workflow: the newest measurement of each. */
export const scores = sqliteTable(
  'scores',
  {
    workspaceId: text('workspace_id').notNull(),
    workflow: text('workflow').notNull(),
    modelId: text('model_id').notNull(),
    /** 0 to 1. */
    mean: real('mean').notNull(),
    /** The lower bound of the 95 % confidence interval. */
    lower: real('lower').notNull(),
    samples: integer('samples').notNull(),
    /** What measured it. */
    runId: text('run_id').notNull(),
    measuredAt: integer('measured_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.workflow, t.modelId] })],
);
