import { and, eq } from 'drizzle-orm';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { invoices } from '../../db/schema/billing.ts';
import { workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { stored } from '../../tenancy/storage.ts';
import { nanoToUsd } from '../money.ts';
import { draftInvoice } from './draft-invoice.ts';
import { issueStatement } from './issue-statement.ts';
import type { InvoiceRow } from './view.ts';

/**
 * Issues the invoice of a workspace for a month that is over, once: asked again it answers the one that was
 * issued. Nothing settles into a month that is over, so the invoice is complete when it is made.
 * @param by the actor, for the audit log.
 * @returns null when nothing was used in that month, or there is no such workspace.
 * @throws GatewayError `storage_unavailable`.
 */
export async function issueInvoice(
  env: Env,
  workspaceId: string,
  month: string,
  by: string,
): Promise<{ row: InvoiceRow; isNew: boolean } | null> {
  const known = await findInvoice(env, workspaceId, month);
  if (known) return { row: known, isNew: false };
  const db = database(env.DB);
  const workspace = await stored(db.select().from(workspaces).where(eq(workspaces.id, workspaceId)).get());
  if (!workspace) return null;
  const document = await draftInvoice(env, workspace, month);
  if (document.lines.length === 0) return null;
  await stored(
    db.batch([
      issueStatement(db, { workspaceId, kind: 'invoice', period: month, subject: month, document }),
      auditRow(db, {
        id: `aud_invoice:${workspaceId}:${month}`,
        workspaceId,
        actor: by,
        action: 'invoice.issue',
        target: workspaceId,
        after: { month, total_usd: nanoToUsd(document.total) },
      }),
    ]),
  );
  const row = await findInvoice(env, workspaceId, month);
  return row ? { row, isNew: true } : null;
}

async function findInvoice(env: Env, workspaceId: string, month: string): Promise<InvoiceRow | undefined> {
  return await stored(
    database(env.DB)
      .select()
      .from(invoices)
      .where(
        and(eq(invoices.workspaceId, workspaceId), eq(invoices.kind, 'invoice'), eq(invoices.subject, month)),
      )
      .get(),
  );
}
