import { eq } from 'drizzle-orm';
import type Stripe from 'stripe';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { topUps } from '../../db/schema/billing.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { newId } from '../../lib/id.ts';
import { actorName, requirePermission } from '../../tenancy/permissions.ts';
import { stored } from '../../tenancy/storage.ts';
import type { Principal } from '../../tenancy/types.ts';
import { findWorkspace } from '../../tenancy/workspaces/find.ts';
import { centsToNano, payableCents } from './amount.ts';
import { closeTopUp } from './close-top-up.ts';
import { customerOf } from './customer.ts';
import { asked, paymentProvider } from './provider.ts';
import { type TopUpRow, type TopUpView, topUpView } from './view.ts';

/** A payment that was begun. */
export interface NewTopUp extends TopUpView {
  /** Where the person pays. */
  url: string;
}

/**
 * Begins a payment at the provider's checkout, where the card is saved for automatic top-ups too. No credits
 * move here: they come with the provider's signed word that it was paid.
 * @param returnUrl where the person goes after the checkout.
 * @throws GatewayError `permission_denied`, `not_found`, `invalid_value`, `payments_unavailable`,
 *   `payment_provider_error`, `storage_unavailable`.
 */
export async function createTopUp(
  env: Env,
  actor: Principal,
  workspaceId: string,
  amountUsd: number,
  returnUrl: string,
): Promise<NewTopUp> {
  requirePermission(actor, 'credits.buy');
  const workspace = await findWorkspace(env, actor, workspaceId);
  const provider = await paymentProvider(env);
  const cents = payableCents(amountUsd, 'amount_usd');
  const customer = await customerOf(env, provider, workspace);

  const db = database(env.DB);
  const now = Date.now();
  const row: TopUpRow = {
    id: newId('topUp', now),
    workspaceId,
    amount: centsToNano(cents),
    status: 'open',
    kind: 'checkout',
    reference: null,
    payment: null,
    failure: null,
    createdBy: actorName(actor),
    createdAt: now,
    updatedAt: now,
  };
  // The row goes first: whatever the provider says later finds it by the id in its metadata.
  await stored(
    db.batch([
      db.insert(topUps).values(row),
      auditRow(db, {
        workspaceId,
        actor: row.createdBy,
        action: 'top_up.create',
        target: row.id,
        after: { amount_usd: amountUsd },
        at: now,
      }),
    ]),
  );
  const session = await beginSession(provider, row, customer, cents, returnUrl).catch(async (thrown) => {
    await closeTopUp(env, row, 'failed', 'The checkout could not be begun.');
    throw thrown;
  });
  await stored(db.update(topUps).set({ reference: session.id }).where(eq(topUps.id, row.id)));
  return { ...topUpView(row, 0), url: session.url };
}

async function beginSession(
  provider: Stripe,
  row: TopUpRow,
  customer: string,
  cents: number,
  returnUrl: string,
): Promise<{ id: string; url: string }> {
  const metadata = { top_up: row.id, workspace: row.workspaceId };
  const session = await asked(
    provider.checkout.sessions.create(
      {
        mode: 'payment',
        customer,
        customer_update: { name: 'auto' },
        line_items: [
          {
            quantity: 1,
            price_data: { currency: 'usd', unit_amount: cents, product_data: { name: 'Interline credits' } },
          },
        ],
        metadata,
        payment_intent_data: { setup_future_usage: 'off_session', metadata },
        success_url: `${returnUrl}?outcome=paid`,
        cancel_url: `${returnUrl}?outcome=cancelled`,
      },
      { idempotencyKey: `top_up:${row.id}` },
    ),
  );
  if (!session.url) throw new GatewayError('payment_provider_error');
  return { id: session.id, url: session.url };
}
