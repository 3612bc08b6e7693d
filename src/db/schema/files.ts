import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

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
    /** With which it was uploaded; null where there was none, or another file has the key by now. */
    idempotencyKey: text('idempotency_key'),
    /** SHA-256, hex, of what was uploaded under that key. */
    digest: text('digest'),
  },
  (t) => [
    index('files_by_project').on(t.workspaceId, t.projectId, t.id),
    index('files_by_expiry').on(t.expiresAt),
    uniqueIndex('files_by_idempotency_key').on(t.workspaceId, t.projectId, t.idempotencyKey),
  ],
);
