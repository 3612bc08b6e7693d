import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Responses that clients asked to keep. The response and its input are in R2, times are Unix milliseconds. */
export const responses = sqliteTable(
  'responses',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id').notNull(),
    projectId: text('project_id').notNull(),
    /** The word of the Responses API: `completed`, `in_progress`, `queued` … */
    status: text('status').notNull(),
    background: integer('background', { mode: 'boolean' }).notNull(),
    previousResponseId: text('previous_response_id'),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
  },
  (t) => [
    index('responses_by_project').on(t.workspaceId, t.projectId, t.id),
    index('responses_by_expiry').on(t.expiresAt),
  ],
);

/** Items of kept responses whose ids are their provider's, and do not say which response they are of. */
export const responseItems = sqliteTable(
  'response_items',
  {
    workspaceId: text('workspace_id').notNull(),
    projectId: text('project_id').notNull(),
    itemId: text('item_id').notNull(),
    responseId: text('response_id')
      .notNull()
      .references(() => responses.id, { onDelete: 'cascade' }),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.projectId, t.itemId] }),
    index('response_items_by_response').on(t.responseId),
  ],
);
