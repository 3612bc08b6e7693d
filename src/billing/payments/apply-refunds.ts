import { and, eq, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { invoices, topUps } from '../../db/schema/billing.ts';
import { workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import { stored } from '../../tenancy/storage.ts';
import { issueStatement } from '../invoices/issue-statement.ts';
import type { InvoiceDocument } from '../invoices/types.ts';
import { nanoToUsd } from '../money.ts';
import { centsToNano } from './amount.ts';
import { findTopUp } from './find-top-up.ts';
import { asked } from './provider.ts';
import type { TopUpRow } from './view.ts';

/**
 * Takes back the credits of what was refunded of a payment, with a credit note for each refund. Reads from
 * the provider what holds now: events may be late or out of order, and tell of one refund only.
 * @throws GatewayError `payment_provider_error`, `storage_unavailable`.
 */
export async function applyRefunds(env: Env, provider: Stripe, payment: string | null): Promise<void> {
  if (payment === null) return;
  const topUp = (await findTopUp(env, { payment })) ?? (await byMetadata(env, provider, payment));
  if (!topUp) return;
  const refunds = await asked(
    provider.refunds.list({ payment_intent: payment, limit: 100 }).autoPagingToArray({ limit: 1000 }),
  );
  let refunded = 0;
  for (const refund of refunds) {
    const returned = refund.status === 'failed' || refund.status === 'canceled';
    if (returned) {
      await giveBack(env, topUp, refund);
      continue;
    }
    refunded += centsToNano(refund.amount);
    await takeBack(env, topUp, refund);
  }
  if (refunded >= topUp.amount) {
    await stored(
      database(env.DB)
        .update(topUps)
        .set({ status: 'refunded', payment, updatedAt: Date.now() })
        .where(eq(topUps.id, topUp.id)),
    );
  }
}

/** For a refund that is told of before its payment was. */
async function byMetadata(env: Env, provider: Stripe, payment: string): Promise<TopUpRow | undefined> {
  const { metadata } = await asked(provider.paymentIntents.retrieve(payment));
  return await findTopUp(env, { id: metadata.top_up });
}

async function takeBack(env: Env, topUp: TopUpRow, refund: Stripe.Refund): Promise<void> {
  const amount = -centsToNano(refund.amount);
  const entry = `refund:${refund.id}`;
  await stored(
    workspaceClient(env, topUp.workspaceId).record([
      { id: entry, kind: 'refund', amount, reference: topUp.id },
    ]),
  );
  const db = database(env.DB);
  const workspace = await stored(
    db.select({ name: workspaces.name }).from(workspaces).where(eq(workspaces.id, topUp.workspaceId)).get(),
  );
  const document: InvoiceDocument = {
    workspace: { id: topUp.workspaceId, name: workspace?.name ?? '' },
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
    refers_to: { top_up: topUp.id, reason: refund.reason ?? 'refund' },
  };
  await stored(
    db.batch([
      issueStatement(db, {
        workspaceId: topUp.workspaceId,
        kind: 'credit_note',
        period: new Date(refund.created * 1000).toISOString().slice(0, 7),
        subject: refund.id,
        document,
      }),
      auditRow(db, {
        id: `aud_${entry}`,
        workspaceId: topUp.workspaceId,
        actor: 'system',
        action: 'top_up.refund',
        target: topUp.id,
        after: { amount_usd: nanoToUsd(-amount), entry },
      }),
    ]),
  );
}

/** A refund that failed after its credits were taken back: they return. */
async function giveBack(env: Env, topUp: TopUpRow, refund: Stripe.Refund): Promise<void> {
  const db = database(env.DB);
  const taken = await stored(
    db
      .select({ amount: sql<number>`json_extract(${invoices.document}, '$.total')` })
      .from(invoices)
      .where(and(eq(invoices.workspaceId, topUp.workspaceId), eq(invoices.subject, refund.id)))
      .get(),
  );
  if (!taken) return;
  const entry = `refund_failed:${refund.id}`;
  await stored(
    workspaceClient(env, topUp.workspaceId).record([
      { id: entry, kind: 'adjustment', amount: -taken.amount, reference: topUp.id },
    ]),
  );
  await stored(
    db.batch([
      db
        .update(topUps)
        .set({ status: 'paid', updatedAt: Date.now() })
        .where(and(eq(topUps.id, topUp.id), eq(topUps.status, 'refunded'))),
      auditRow(db, {
        id: `aud_${entry}`,
        workspaceId: topUp.workspaceId,
        actor: 'system',
        action: 'top_up.refund_failed',
        target: topUp.id,
        after: { amount_usd: nanoToUsd(-taken.amount), entry },
      }),
    ]),
  );
}
