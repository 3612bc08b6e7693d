import { and, eq, inArray } from 'drizzle-orm';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { topUps } from '../../db/schema/billing.ts';
import type { Env } from '../../env.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import { stored } from '../../tenancy/storage.ts';
import { nanoToUsd } from '../money.ts';
import { centsToNano } from './amount.ts';
import type { TopUpRow } from './view.ts';

/** A payment that the provider says was made. */
export interface Paid {
  /** The provider's id of the checkout session, or of the payment of an automatic top-up. */
  reference: string;
  /** The provider's id of the payment. */
  payment: string | null;
  cents: number;
  /** ISO 4217, lower case. */
  currency: string;
}

/**
 * Credits what was paid, once per reference, however often and at once it is called. The ledger comes
 * first and knows the reference: a call that breaks off is made good by the next, and doubles nothing.
 * @throws GatewayError `storage_unavailable`. Error for a payment that is not in USD.
 */
export async function creditTopUp(env: Env, topUp: TopUpRow, paid: Paid): Promise<void> {
  if (paid.currency !== 'usd' || !Number.isSafeInteger(paid.cents) || paid.cents <= 0)
    throw new Error(`The payment of ${topUp.id} is not an amount of USD.`);
  const amount = centsToNano(paid.cents);
  const entry = `top_up:${paid.reference}`;
  await stored(
    workspaceClient(env, topUp.workspaceId).record([
      { id: entry, kind: 'top_up', amount, reference: topUp.id },
    ]),
  );
  const db = database(env.DB);
  const now = Date.now();
  await stored(
    db.batch([
      db
        .update(topUps)
        .set({ reference: paid.reference, payment: paid.payment })
        .where(eq(topUps.id, topUp.id)),
      db
        .update(topUps)
        .set({ status: 'paid', amount, failure: null, updatedAt: now })
        // What has been refunded stays so when the word of its payment comes late.
        .where(and(eq(topUps.id, topUp.id), inArray(topUps.status, ['open', 'expired', 'failed']))),
      auditRow(db, {
        id: `aud_${entry}`,
        workspaceId: topUp.workspaceId,
        actor: 'system',
        action: 'top_up.paid',
        target: topUp.id,
        after: { amount_usd: nanoToUsd(amount), entry },
        at: now,
      }),
    ]),
  );
}
