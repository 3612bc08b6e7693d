import { sql } from 'drizzle-orm';
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { InvoiceDocument } from '../../billing/invoices/types.ts';
import type { NoticeKind } from '../../billing/notices/types.ts';
import type { DifferenceKind } from '../../billing/reconciliation/types.ts';
import type { Json } from '../../lib/json.ts';

/** Invoices and credit notes as issued: never changed, never deleted. */
export const invoices = sqliteTable(
  'invoices',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id').notNull(),
    /** 1, 2, 3, … over the whole deployment, without gaps. */
    number: integer('number').notNull().unique(),
    kind: text('kind').$type<'invoice' | 'credit_note'>().notNull(),
    /** YYYY-MM, UTC. */
    period: text('period').notNull(),
    /** What makes a repetition recognisable: the month for an invoice, the refund for a credit note. */
    subject: text('subject').notNull(),
    document: text('document', { mode: 'json' }).$type<InvoiceDocument>().notNull(),
    /** Unix milliseconds. */
    issuedAt: integer('issued_at').notNull(),
  },
  (t) => [
    uniqueIndex('invoices_once').on(t.workspaceId, t.kind, t.subject),
    index('invoices_by_workspace').on(t.workspaceId, t.period),
  ],
);

/** Payments by which credits are bought. */
export const topUps = sqliteTable(
  'top_ups',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id').notNull(),
    /** Nano-USD. */
    amount: integer('amount').notNull(),
    status: text('status').$type<'open' | 'paid' | 'expired' | 'failed' | 'refunded'>().notNull(),
    /** How it came about: a person at the checkout, or a balance below the threshold. */
    kind: text('kind').$type<'checkout' | 'automatic'>().notNull(),
    /** Stripe's id of the checkout session, or of the payment of an automatic one. */
    reference: text('reference').unique(),
    /** Stripe's id of the payment, by which refunds find it. */
    payment: text('payment').unique(),
    /** Why it was not paid, or, while it is open, why the last attempt failed. For people. */
    failure: text('failure'),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (t) => [
    index('top_ups_by_workspace').on(t.workspaceId),
    index('top_ups_open').on(t.createdAt).where(sql`status = 'open'`),
    uniqueIndex('top_ups_one_automatic').on(t.workspaceId).where(sql`kind = 'automatic' AND status = 'open'`),
  ],
);

/** Events of the payment provider that were handled, so that a repetition does nothing. */
export const paymentEvents = sqliteTable('payment_events', {
  id: text('id').primaryKey(),
  type: text('type').notNull(),
  handledAt: integer('handled_at').notNull(),
});

/** What those who handle a workspace's money are told by mail, each thing once. */
export const notices = sqliteTable(
  'notices',
  {
    /** Named after what it tells, so that it is told once. */
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id').notNull(),
    kind: text('kind').$type<NoticeKind>().notNull(),
    subject: text('subject').notNull(),
    text: text('text').notNull(),
    createdAt: integer('created_at').notNull(),
    sentAt: integer('sent_at'),
  },
  (t) => [index('notices_unsent').on(t.createdAt).where(sql`sent_at IS NULL`)],
);

/** How far the jobs that run by the clock have come. */
export const jobs = sqliteTable('jobs', {
  name: text('name').primaryKey(),
  state: text('state', { mode: 'json' }).$type<Json>().notNull(),
  updatedAt: integer('updated_at').notNull(),
});

/** How far the receipts and the ledger of a workspace have been compared. */
export const reconciliations = sqliteTable('reconciliations', {
  workspaceId: text('workspace_id').primaryKey(),
  /** Sequences of the last ledger entry and of the last receipt that were looked at. */
  ledger: integer('ledger').notNull(),
  receipts: integer('receipts').notNull(),
  /** What the ledger took in each month (`YYYY-MM`) up to there, nano-USD. */
  settled: text('settled', { mode: 'json' }).$type<Record<string, number>>().notNull(),
  updatedAt: integer('updated_at').notNull(),
});

/** Where receipt, ledger and the provider's own figure differ. Amounts are nano-USD. */
export const differences = sqliteTable(
  'differences',
  {
    /** `<workspace>:<kind>:<subject>`, so that finding it again changes nothing. */
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id').notNull(),
    kind: text('kind').$type<DifferenceKind>().notNull(),
    /** The id of the generation or of the invoice. */
    subject: text('subject').notNull(),
    ledgerAmount: integer('ledger_amount'),
    /** What the receipt or the invoice says. */
    receiptAmount: integer('receipt_amount'),
    upstreamAmount: integer('upstream_amount'),
    foundAt: integer('found_at').notNull(),
    /** When a later look found both sides in agreement. */
    resolvedAt: integer('resolved_at'),
  },
  (t) => [
    index('differences_by_workspace').on(t.workspaceId, t.foundAt),
    index('differences_by_age').on(t.foundAt),
  ],
);
