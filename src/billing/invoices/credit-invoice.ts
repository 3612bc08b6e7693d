import { and, eq } from 'drizzle-orm';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { invoices } from '../../db/schema/billing.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import { actorName, requirePermission } from '../../tenancy/permissions.ts';
import { stored } from '../../tenancy/storage.ts';
import type { Principal } from '../../tenancy/types.ts';
import { nanoToUsd, usdToNano } from '../money.ts';
import { getInvoice } from './get-invoice.ts';
import { issueStatement } from './issue-statement.ts';
import { totalsOf } from './totals.ts';
import type { InvoiceDocument, InvoiceLine } from './types.ts';
import { type InvoiceView, invoiceView } from './view.ts';

export interface Credit {
  /** Before tax. */
  amount_usd: number;
  reason: string;
  /** The caller's own id for this credit: repeated with it, nothing changes. */
  id: string;
}

/**
 * Takes back a part of an invoice: a credit note with the invoice's own tax, and the credits returned. All
 * notes to an invoice together never exceed it.
 * @throws GatewayError `permission_denied`, `not_found`, `invalid_value` for no amount, for more than is left
 *   of the invoice, or for a credit note, `storage_unavailable`.
 */
export async function creditInvoice(
  env: Env,
  actor: Principal,
  invoiceId: string,
  credit: Credit,
): Promise<InvoiceView> {
  requirePermission(actor, 'invoice.issue');
  const invoice = await getInvoice(env, actor, invoiceId);
  const amount = usdToNano(credit.amount_usd);
  if (invoice.kind !== 'invoice' || !(amount >= 1 && amount <= invoice.document.subtotal))
    throw tooMuch(invoice);
  const { workspaceId } = invoice;
  const line: InvoiceLine = {
    project: '',
    model: '',
    provider: '',
    unit: 'credit',
    rate: -amount,
    quantity: 1,
    requests: 0,
    amount: -amount,
  };
  const document: InvoiceDocument = {
    workspace: invoice.document.workspace,
    lines: [line],
    ...totalsOf([line], invoice.document.tax),
    refers_to: { invoice: invoice.number, reason: credit.reason },
  };
  const subject = `${invoice.number}:${credit.id}`;
  const db = database(env.DB);
  await stored(
    db.batch([
      issueStatement(
        db,
        { workspaceId, kind: 'credit_note', period: invoice.period, subject, document },
        { invoice: invoice.number, most: invoice.document.subtotal },
      ),
    ]),
  );
  const note = await stored(
    db
      .select()
      .from(invoices)
      .where(
        and(
          eq(invoices.workspaceId, workspaceId),
          eq(invoices.kind, 'credit_note'),
          eq(invoices.subject, subject),
        ),
      )
      .get(),
  );
  if (!note) throw tooMuch(invoice);
  // What the note says counts, also when it was issued by an earlier call that broke off here.
  const entry = `credit_note:${note.id}`;
  await stored(
    workspaceClient(env, workspaceId).record([
      { id: entry, kind: 'refund', amount: -note.document.subtotal, reference: note.id },
    ]),
  );
  await stored(
    auditRow(db, {
      id: `aud_${entry}`,
      workspaceId,
      actor: actorName(actor),
      action: 'invoice.credit',
      target: invoice.id,
      after: { amount_usd: nanoToUsd(-note.document.subtotal), reason: credit.reason, entry },
    }),
  );
  return invoiceView(note);
}

function tooMuch(invoice: { kind: string; number: number; document: InvoiceDocument }): GatewayError {
  return new GatewayError('invalid_value', {
    param: invoice.kind === 'invoice' ? 'amount_usd' : 'id',
    message:
      invoice.kind === 'invoice'
        ? `amount_usd must be above 0 and within what is left of the ${nanoToUsd(invoice.document.subtotal)} USD of invoice ${invoice.number}.`
        : 'Only an invoice can be credited, not a credit note.',
  });
}
