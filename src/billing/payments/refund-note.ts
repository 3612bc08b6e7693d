import { and, eq } from 'drizzle-orm';
import type Stripe from 'stripe';
import { database } from '../../db/client.ts';
import { invoices } from '../../db/schema/billing.ts';
import { workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { stored } from '../../tenancy/storage.ts';
import { type Draft, issueStatement } from '../invoices/issue-statement.ts';
import { monthOf } from '../invoices/month.ts';
import type { NanoUsd } from '../money.ts';
import { centsToNano } from './amount.ts';
import type { TopUpRow } from './view.ts';

type Statement = ReturnType<typeof issueStatement>;

/**
 * The statements that issue the credit note of a refund whose money has gone; none while that is not known.
 * @throws GatewayError `storage_unavailable`.
 */
export async function noteOfRefund(env: Env, topUp: TopUpRow, refund: Stripe.Refund): Promise<Statement[]> {
  if (refund.status !== 'succeeded') return [];
  // The provider's reasons are words joined by underscores.
  const reason = (refund.reason ?? 'refund').replaceAll('_', ' ');
  const amount = -centsToNano(refund.amount);
  const draft = await draftOf(env, topUp, refund, { subject: refund.id, amount, reason });
  return [issueStatement(database(env.DB), draft)];
}

/**
 * The statements that take back the credit note of a refund that failed after it had succeeded; none where
 * none was issued.
 * @throws GatewayError `storage_unavailable`.
 */
export async function reversalOfNote(env: Env, topUp: TopUpRow, refund: Stripe.Refund): Promise<Statement[]> {
  const db = database(env.DB);
  const note = await stored(
    db
      .select({ number: invoices.number, document: invoices.document })
      .from(invoices)
      .where(
        and(
          eq(invoices.workspaceId, topUp.workspaceId),
          eq(invoices.kind, 'credit_note'),
          eq(invoices.subject, refund.id),
        ),
      )
      .get(),
  );
  if (!note) return [];
  const reason = `the refund failed, credit note ${note.number} is void`;
  const amount = -note.document.total;
  const draft = await draftOf(env, topUp, refund, { subject: `${refund.id}:failed`, amount, reason });
  return [issueStatement(db, draft)];
}

async function draftOf(
  env: Env,
  { id, workspaceId }: TopUpRow,
  refund: Stripe.Refund,
  { subject, amount, reason }: { subject: string; amount: NanoUsd; reason: string },
): Promise<Draft> {
  const workspace = await stored(
    database(env.DB)
      .select({ name: workspaces.name })
      .from(workspaces)
      .where(eq(workspaces.id, workspaceId))
      .get(),
  );
  return {
    workspaceId,
    kind: 'credit_note',
    period: monthOf(refund.created * 1000),
    subject,
    document: {
      workspace: { id: workspaceId, name: workspace?.name ?? '' },
      lines: [
        {
          project: '',
          model: '',
          provider: '',
          unit: 'refund',
          rate: amount,
          quantity: 1,
          requests: 0,
          amount,
        },
      ],
      subtotal: amount,
      tax: null,
      total: amount,
      refers_to: { top_up: id, reason },
    },
  };
}
