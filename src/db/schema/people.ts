import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { MemberRole } from '../../tenancy/types.ts';

// The tables of better-auth (https://www.better-auth.com/docs/concepts/database#core-schema) and of its
// organization plugin, whose organizations are our workspaces. Property names are its own.

export const users = sqliteTable('users', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  email: text('email').notNull().unique(),
  emailVerified: integer('email_verified', { mode: 'boolean' }).notNull(),
  image: text('image'),
  createdAt: integer('created_at', { mode: 'timestamp_ms' }).notNull(),
  updatedAt: integer('updated_at', { mode: 'timestamp_ms' }).notNull(),
  /** Ours: when this person's first workspace was given trial credits, which happens once. Unix milliseconds. */
  trialAt: integer('trial_at'),
});

export const sessions = sqliteTable(
  'sessions',
  {
    id: text('id').primaryKey(),
    token: text('token').notNull().unique(),
    userId: text('user_id').notNull(),
    expiresAt: integer('expires_at', { mode: 'timestamp_ms' }).notNull(),
    ipAddress: text('ip_address'),
    userAgent: text('user_agent'),
    activeOrganizationId: text('active_organization_id'),
    createdAt: integer('created_at', { mode: 'timestamp_ms' }).notNull(),
    updatedAt: integer('updated_at', { mode: 'timestamp_ms' }).notNull(),
  },
  (t) => [index('sessions_by_user').on(t.userId), index('sessions_by_end').on(t.expiresAt)],
);

export const accounts = sqliteTable(
  'accounts',
  {
    id: text('id').primaryKey(),
    accountId: text('account_id').notNull(),
    providerId: text('provider_id').notNull(),
    userId: text('user_id').notNull(),
    accessToken: text('access_token'),
    refreshToken: text('refresh_token'),
    idToken: text('id_token'),
    accessTokenExpiresAt: integer('access_token_expires_at', { mode: 'timestamp_ms' }),
    refreshTokenExpiresAt: integer('refresh_token_expires_at', { mode: 'timestamp_ms' }),
    scope: text('scope'),
    /** The hash of the password, never the password. */
    password: text('password'),
    createdAt: integer('created_at', { mode: 'timestamp_ms' }).notNull(),
    updatedAt: integer('updated_at', { mode: 'timestamp_ms' }).notNull(),
  },
  (t) => [index('accounts_by_user').on(t.userId)],
);

export const verifications = sqliteTable(
  'verifications',
  {
    id: text('id').primaryKey(),
    identifier: text('identifier').notNull(),
    value: text('value').notNull(),
    expiresAt: integer('expires_at', { mode: 'timestamp_ms' }).notNull(),
    createdAt: integer('created_at', { mode: 'timestamp_ms' }).notNull(),
    updatedAt: integer('updated_at', { mode: 'timestamp_ms' }).notNull(),
  },
  (t) => [index('verifications_by_identifier').on(t.identifier)],
);

/** Who belongs to a workspace, and as what. */
export const members = sqliteTable(
  'members',
  {
    id: text('id').primaryKey(),
    organizationId: text('workspace_id').notNull(),
    userId: text('user_id').notNull(),
    role: text('role').$type<MemberRole>().notNull(),
    createdAt: integer('created_at', { mode: 'timestamp_ms' }).notNull(),
  },
  (t) => [
    uniqueIndex('members_of_workspace').on(t.organizationId, t.userId),
    index('members_by_user').on(t.userId),
  ],
);

export const invitations = sqliteTable(
  'invitations',
  {
    id: text('id').primaryKey(),
    organizationId: text('workspace_id').notNull(),
    email: text('email').notNull(),
    role: text('role').$type<MemberRole>().notNull(),
    status: text('status').notNull(),
    inviterId: text('inviter_id').notNull(),
    expiresAt: integer('expires_at', { mode: 'timestamp_ms' }).notNull(),
    createdAt: integer('created_at', { mode: 'timestamp_ms' }).notNull(),
  },
  (t) => [index('invitations_by_workspace').on(t.organizationId)],
);

/** How often something was attempted, such as to sign in under an address of mail. */
export const attempts = sqliteTable(
  'attempts',
  {
    /** `<what>:<whose>` */
    subject: text('subject').primaryKey(),
    count: integer('count').notNull(),
    /** Unix milliseconds: from then on counting starts anew. */
    endsAt: integer('ends_at').notNull(),
  },
  (t) => [index('attempts_by_end').on(t.endsAt)],
);
