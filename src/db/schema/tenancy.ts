import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Pricing } from '../../billing/pricing.ts';
import type { Json } from '../../lib/json.ts';
import type { Allowance } from '../../objects/workspace/types.ts';
import type { Policy } from '../../routing/policy/types.ts';
import type { KeyAllowance, KeyRole } from '../../tenancy/types.ts';

/** Workspaces; better-auth's organization plugin knows them as organizations. */
export const workspaces = sqliteTable('workspaces', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  slug: text('slug').unique(),
  logo: text('logo'),
  metadata: text('metadata'),
  createdAt: integer('created_at', { mode: 'timestamp_ms' }).notNull(),
  /** Globs over model ids; null enables all. */
  models: text('models', { mode: 'json' }).$type<string[]>(),
  allowance: text('allowance', { mode: 'json' }).$type<Allowance>(),
  pricing: text('pricing', { mode: 'json' }).$type<Pricing>(),
  /** Stripe's id of the customer. */
  customer: text('customer'),
  autoTopUp: text('auto_top_up', { mode: 'json' }).$type<AutoTopUp>(),
  tax: text('tax', { mode: 'json' }).$type<{ name: string; percent: number }>(),
  /** How its requests are routed, where nothing nearer says otherwise. */
  policy: text('policy', { mode: 'json' }).$type<Policy>(),
});

/** Buys `amount` when the balance falls under `below`. Nano-USD. */
export interface AutoTopUp {
  below: number;
  amount: number;
  /** Stripe's id of the saved payment method. */
  method: string;
  /** Why it stopped: nothing is bought until it is set anew. Null while it works. */
  failure: { reason: string; at: number } | null;
}

/** What a member of a workspace may spend. */
export const memberAllowances = sqliteTable(
  'member_allowances',
  {
    workspaceId: text('workspace_id').notNull(),
    userId: text('user_id').notNull(),
    allowance: text('allowance', { mode: 'json' }).$type<Allowance>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.userId] })],
);

export const projects = sqliteTable(
  'projects',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id').notNull(),
    name: text('name').notNull(),
    allowance: text('allowance', { mode: 'json' }).$type<Allowance>(),
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
    /** The member who made it; null for the operator's. */
    userId: text('user_id'),
    /** Globs over model ids; null allows all. */
    models: text('models', { mode: 'json' }).$type<string[]>(),
    allowance: text('allowance', { mode: 'json' }).$type<KeyAllowance>(),
    policy: text('policy', { mode: 'json' }).$type<Policy>(),
    /** Addresses and CIDR blocks; null allows all. */
    allowedIps: text('allowed_ips', { mode: 'json' }).$type<string[]>(),
    metadata: text('metadata', { mode: 'json' }).$type<Record<string, string>>(),
    /** The end of the key itself. */
    expiresAt: integer('expires_at'),
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
    /** `operator`, or the id of a key or person. */
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
