import { sql } from 'drizzle-orm';
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** What became of a batch, in the words of the Batch API. */
export type BatchStatus =
  | 'validating'
  | 'failed'
  | 'in_progress'
  | 'finalizing'
  | 'completed'
  | 'expired'
  | 'cancelling'
  | 'cancelled';

/** Of a batch that has not ended: in words that SQLite knows its index by, which parameters are not. */
export const IS_OPEN = sql`status in ('validating', 'in_progress', 'finalizing', 'cancelling')`;

/** Batches of requests; times are Unix milliseconds. */
export const batches = sqliteTable(
  'batches',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id').notNull(),
    projectId: text('project_id').notNull(),
    /** The key that made it, and that its requests are made with. */
    keyId: text('key_id').notNull(),
    /** The path that every line calls. */
    endpoint: text('endpoint').notNull(),
    status: text('status').$type<BatchStatus>().notNull(),
    inputFileId: text('input_file_id').notNull(),
    outputFileId: text('output_file_id'),
    errorFileId: text('error_file_id'),
    outputExpiresAfterS: integer('output_expires_after_s'),
    metadata: text('metadata', { mode: 'json' }).$type<Record<string, string>>(),
    /** Why it failed as a whole. */
    errors: text('errors', { mode: 'json' }).$type<
      { code: string; message: string; line: number | null; param: string | null }[]
    >(),
    /** The one model that its lines name; null where they name several. */
    model: text('model'),
    /** Tokens of its answers. */
    usage: text('usage', { mode: 'json' }).$type<{
      input: number;
      cached: number;
      output: number;
      reasoning: number;
    }>(),
    total: integer('total').notNull().default(0),
    completed: integer('completed').notNull().default(0),
    failed: integer('failed').notNull().default(0),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    inProgressAt: integer('in_progress_at'),
    finalizingAt: integer('finalizing_at'),
    completedAt: integer('completed_at'),
    failedAt: integer('failed_at'),
    expiredAt: integer('expired_at'),
    cancellingAt: integer('cancelling_at'),
    cancelledAt: integer('cancelled_at'),
  },
  (t) => [
    index('batches_by_project').on(t.workspaceId, t.projectId, t.id),
    index('batches_open').on(t.createdAt).where(IS_OPEN),
  ],
);
