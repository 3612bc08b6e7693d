import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { invoices } from '../../db/schema/billing.ts';
import { newId } from '../../lib/id.ts';
import type { InvoiceDocument } from './types.ts';

/** A document to be issued. */
export interface Draft {
  workspaceId: string;
  kind: 'invoice' | 'credit_note';
  /** `YYYY-MM` */
  period: string;
  /** What makes a repetition recognisable: it then changes nothing. */
  subject: string;
  document: InvoiceDocument;
}

/**
 * The statement that issues a document under the next number. Number and row are one statement, so numbers
 * have no gaps however many are issued at once.
 * @param credit where the notes to one invoice together may take back no more than `most` (nano-USD): beyond
 *   it nothing is issued.
 */
export function issueStatement(db: Db, draft: Draft, credit?: { invoice: number; most: number }) {
  const now = Date.now();
  const taken = sql`(SELECT coalesce(sum(-json_extract(document, '$.subtotal')), 0) FROM ${invoices}
    WHERE kind = 'credit_note' AND json_extract(document, '$.refers_to.invoice') = ${credit?.invoice ?? 0})`;
  const fits = credit ? sql`${taken} + ${-draft.document.subtotal} <= ${credit.most}` : sql`true`;
  // The columns in the order of the table.
  return db
    .insert(invoices)
    .select(
      sql`SELECT ${newId('invoice', now)}, ${draft.workspaceId},
        (SELECT coalesce(max(number), 0) + 1 FROM ${invoices}),
        ${draft.kind}, ${draft.period}, ${draft.subject}, ${JSON.stringify(draft.document)}, ${now}
        WHERE ${fits}`,
    )
    .onConflictDoNothing({ target: [invoices.workspaceId, invoices.kind, invoices.subject] });
}
