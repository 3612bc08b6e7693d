import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { InvoiceDocument } from '../../billing/invoices/types.ts';

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
    /** Stripe's id of the checkout session or payment. */
    reference: text('reference').unique(),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (t) => [index('top_ups_by_workspace').on(t.workspaceId)],
);

/** Events of the payment provider that were handled, so that a repetition does nothing. */
export const paymentEvents = sqliteTable('payment_events', {
  id: text('id').primaryKey(),
  type: text('type').notNull(),
  handledAt: integer('handled_at').notNull(),
});
