import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Json } from '../../lib/json.ts';
import type { KeyRole } from '../../tenancy/types.ts';

export const workspaces = sqliteTable('workspaces', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  createdAt: integer('created_at').notNull(),
});

export const projects = sqliteTable(
  'projects',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id').notNull(),
    name: text('name').notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [index('projects_by_workspace').on(t.workspaceId)],
);

/** Keys, by the SHA-256 of their secret; the secret itself is nowhere. Times are Unix milliseconds. */
export const keys = sqliteTable(
  'keys',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id').notNull(),
    projectId: text('project_id').notNull(),
    name: text('name').notNull(),
    role: text('role').$type<KeyRole>().notNull(),
    /** Lower-case hex. */
    hash: text('hash').notNull().unique(),
    lastFour: text('last_four').notNull(),
    /** The secret before the last rotation, good until `previousExpiresAt`. */
    previousHash: text('previous_hash').unique(),
    previousExpiresAt: integer('previous_expires_at'),
    createdAt: integer('created_at').notNull(),
    revokedAt: integer('revoked_at'),
  },
  (t) => [index('keys_by_workspace').on(t.workspaceId)],
);

/** What was changed, by whom. Written in the same batch as the change; holds no secrets. */
export const auditLog = sqliteTable(
  'audit_log',
  {
    id: text('id').primaryKey(),
    /** Null for changes of the deployment itself. */
    workspaceId: text('workspace_id'),
    /** `operator` or a key id. */
    actor: text('actor').notNull(),
    /** `<resource>.<verb>`, e.g. `key.create`. */
    action: text('action').notNull(),
    target: text('target').notNull(),
    before: text('before', { mode: 'json' }).$type<Json>(),
    after: text('after', { mode: 'json' }).$type<Json>(),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [index('audit_log_by_workspace').on(t.workspaceId, t.createdAt)],
);
