import type Stripe from 'stripe';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import type { Env } from '../../env.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import { stored } from '../../tenancy/storage.ts';
import { nanoToUsd } from '../money.ts';
import { centsToNano } from './amount.ts';
import { findTopUp } from './find-top-up.ts';

/**
 * A cardholder's bank took the money of a payment back, or returned it: the credits follow, once each way.
 * @throws GatewayError `storage_unavailable`.
 */
export async function applyDispute(env: Env, dispute: Stripe.Dispute, withdrawn: boolean): Promise<void> {
  const payment =
    typeof dispute.payment_intent === 'string' ? dispute.payment_intent : dispute.payment_intent?.id;
  const topUp = payment === undefined ? undefined : await findTopUp(env, { payment });
  if (!topUp) return;
  const entry = `dispute_${withdrawn ? 'withdrawn' : 'reinstated'}:${dispute.id}`;
  const amount = centsToNano(dispute.amount) * (withdrawn ? -1 : 1);
  await stored(
    workspaceClient(env, topUp.workspaceId).record([
      { id: entry, kind: 'adjustment', amount, reference: topUp.id },
    ]),
  );
  const db = database(env.DB);
  await stored(
    auditRow(db, {
      id: `aud_${entry}`,
      workspaceId: topUp.workspaceId,
      actor: 'system',
      action: withdrawn ? 'top_up.dispute_withdrawn' : 'top_up.dispute_reinstated',
      target: topUp.id,
      after: { amount_usd: nanoToUsd(amount), entry },
    }),
  );
}
