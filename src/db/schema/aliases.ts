import { primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/**
 * Names that the operator or a workspace mapped to a model. They go before the names that models bring,
 * which stand in `aliases`, and before canonical ids.
 */
export const modelAliases = sqliteTable(
  'model_aliases',
  {
    /** Empty: the whole deployment's. */
    workspaceId: text('workspace_id').notNull(),
    /** As look-ups compare names: registry/names.ts. */
    folded: text('folded').notNull(),
    /** As it was written, in lower case. */
    alias: text('alias').notNull(),
    modelId: text('model_id').notNull(),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.folded] })],
);
