import { and, eq } from 'drizzle-orm';
import type Stripe from 'stripe';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { topUps } from '../../db/schema/billing.ts';
import type { Env } from '../../env.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import { stored } from '../../tenancy/storage.ts';
import { nanoToUsd } from '../money.ts';
import { centsToNano } from './amount.ts';
import { findTopUp } from './find-top-up.ts';
import { asked } from './provider.ts';
import { noteOfRefund, reversalOfNote } from './refund-note.ts';
import type { TopUpRow } from './view.ts';

/**
 * Takes back the credits of what was refunded of a payment, with a credit note for each refund that has
 * succeeded. Reads from the provider what holds now: events may be late or out of order, and tell of one
 * refund only.
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

/** The credits go at once, so that nobody spends them; the note waits until the money has gone. */
async function takeBack(env: Env, topUp: TopUpRow, refund: Stripe.Refund): Promise<void> {
  const amount = -centsToNano(refund.amount);
  const entry = entryOf(refund);
  await stored(
    workspaceClient(env, topUp.workspaceId).record([
      { id: entry, kind: 'refund', amount, reference: topUp.id },
    ]),
  );
  const db = database(env.DB);
  await stored(
    db.batch([
      auditRow(db, {
        id: `aud_${entry}`,
        workspaceId: topUp.workspaceId,
        actor: 'system',
        action: 'top_up.refund',
        target: topUp.id,
        after: { amount_usd: nanoToUsd(-amount), entry },
      }),
      ...(await noteOfRefund(env, topUp, refund)),
    ]),
  );
}

/** A refund that failed after its credits were taken back: they return, and a note that was issued is taken back. */
async function giveBack(env: Env, topUp: TopUpRow, refund: Stripe.Refund): Promise<void> {
  const workspace = workspaceClient(env, topUp.workspaceId);
  const [taken] = await stored(workspace.find([entryOf(refund)]));
  if (!taken) return;
  const entry = `refund_failed:${refund.id}`;
  await stored(
    workspace.record([{ id: entry, kind: 'adjustment', amount: -taken.amount, reference: topUp.id }]),
  );
  const db = database(env.DB);
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
      ...(await reversalOfNote(env, topUp, refund)),
    ]),
  );
}

function entryOf(refund: Stripe.Refund): string {
  return `refund:${refund.id}`;
}
