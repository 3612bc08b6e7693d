import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Files that projects have uploaded or been given. Their bytes are in R2, times are Unix milliseconds. */
export const files = sqliteTable(
  'files',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id').notNull(),
    projectId: text('project_id').notNull(),
    purpose: text('purpose').notNull(),
    filename: text('filename').notNull(),
    contentType: text('content_type').notNull(),
    bytes: integer('bytes').notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at'),
  },
  (t) => [
    index('files_by_project').on(t.workspaceId, t.projectId, t.id),
    index('files_by_expiry').on(t.expiresAt),
  ],
);
