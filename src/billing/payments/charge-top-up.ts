import { eq } from 'drizzle-orm';
import type Stripe from 'stripe';
import { database } from '../../db/client.ts';
import { topUps } from '../../db/schema/billing.ts';
import { workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { stored } from '../../tenancy/storage.ts';
import { NANO_PER_CENT } from './amount.ts';
import { closeTopUp } from './close-top-up.ts';
import { paymentProvider } from './provider.ts';
import type { TopUpRow } from './view.ts';

/**
 * Charges the saved card for an automatic top-up. Asked again for the same one, the provider charges nothing
 * twice. Credits come with its signed event; a refusal of the card ends automatic top-ups.
 * @throws GatewayError `payment_provider_error` when the outcome is not known, `storage_unavailable`.
 */
export async function chargeTopUp(env: Env, topUp: TopUpRow): Promise<void> {
  const db = database(env.DB);
  const workspace = await stored(
    db
      .select({ customer: workspaces.customer, setting: workspaces.autoTopUp })
      .from(workspaces)
      .where(eq(workspaces.id, topUp.workspaceId))
      .get(),
  );
  if (!workspace?.customer || !workspace.setting) {
    await closeTopUp(env, topUp, 'expired', 'Automatic top-ups were turned off.');
    return;
  }
  const provider = await paymentProvider(env);
  let payment: Stripe.PaymentIntent;
  try {
    payment = await provider.paymentIntents.create(
      {
        amount: topUp.amount / NANO_PER_CENT,
        currency: 'usd',
        customer: workspace.customer,
        payment_method: workspace.setting.method,
        off_session: true,
        confirm: true,
        description: 'Interline credits',
        metadata: { top_up: topUp.id, workspace: topUp.workspaceId },
      },
      { idempotencyKey: `top_up:${topUp.id}` },
    );
  } catch (cause) {
    const refusal = refusalOf(cause);
    if (refusal === null) throw new GatewayError('payment_provider_error', { cause });
    await closeTopUp(env, topUp, 'failed', refusal);
    return;
  }
  await stored(
    db.update(topUps).set({ reference: payment.id, payment: payment.id }).where(eq(topUps.id, topUp.id)),
  );
  if (payment.status === 'requires_action' || payment.status === 'requires_payment_method')
    await closeTopUp(env, topUp, 'failed', 'The bank asks the cardholder to confirm the payment.');
}

/** What the provider says of a refusal that a repetition will not change; null for faults that may pass. */
function refusalOf(thrown: unknown): string | null {
  if (!(thrown instanceof Error) || !('type' in thrown)) return null;
  if (thrown.type === 'StripeCardError') return thrown.message;
  return thrown.type === 'StripeInvalidRequestError' ? 'The saved card can no longer be used.' : null;
}
