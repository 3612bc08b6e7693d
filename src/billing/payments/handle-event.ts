import { eq } from 'drizzle-orm';
import type Stripe from 'stripe';
import { database } from '../../db/client.ts';
import { paymentEvents } from '../../db/schema/billing.ts';
import { configOf, type Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { stored } from '../../tenancy/storage.ts';
import { applyDispute } from './apply-dispute.ts';
import { applyRefunds } from './apply-refunds.ts';
import { closeTopUp } from './close-top-up.ts';
import { creditTopUp } from './credit-top-up.ts';
import { findTopUp } from './find-top-up.ts';
import { noteDecline } from './note-decline.ts';
import { paymentProvider } from './provider.ts';

/**
 * Acts on an event of the payment provider. The event is marked as handled after all it causes was done,
 * and all that is safe to repeat: who sends it again until it is answered loses and doubles nothing.
 * @param body as it was received, byte for byte: that is what was signed.
 * @throws GatewayError `payments_unavailable`, `invalid_signature` (also for one older than five minutes),
 *   `payment_provider_error`, `storage_unavailable`.
 */
export async function handlePaymentEvent(env: Env, body: string, signature: string | null): Promise<void> {
  const provider = await paymentProvider(env);
  const event = await verified(env, provider, body, signature);
  const db = database(env.DB);
  const known = await stored(
    db.select({ id: paymentEvents.id }).from(paymentEvents).where(eq(paymentEvents.id, event.id)).get(),
  );
  if (known) return;
  await act(env, provider, event);
  const row = { id: event.id, type: event.type, handledAt: Date.now() };
  await stored(db.insert(paymentEvents).values(row).onConflictDoNothing());
}

async function verified(
  env: Env,
  provider: Stripe,
  body: string,
  signature: string | null,
): Promise<Stripe.Event> {
  const secret = configOf(env).payments?.webhookSecret ?? '';
  try {
    return await provider.webhooks.constructEventAsync(body, signature ?? '', secret);
  } catch (cause) {
    throw new GatewayError('invalid_signature', { cause });
  }
}

async function act(env: Env, provider: Stripe, event: Stripe.Event): Promise<void> {
  switch (event.type) {
    case 'checkout.session.completed':
    case 'checkout.session.async_payment_succeeded':
      return await checkedOut(env, event.data.object);
    case 'checkout.session.expired':
      return await abandoned(env, event.data.object, 'expired', 'The checkout was not finished.');
    case 'checkout.session.async_payment_failed':
      return await abandoned(env, event.data.object, 'failed', 'The payment failed.');
    case 'payment_intent.succeeded':
      return await charged(env, event.data.object);
    case 'payment_intent.payment_failed':
      return await refused(env, event.id, event.data.object);
    case 'charge.refunded':
    case 'refund.created':
    case 'refund.updated':
    case 'refund.failed':
      return await applyRefunds(env, provider, idOf(event.data.object.payment_intent));
    case 'charge.dispute.funds_withdrawn':
    case 'charge.dispute.funds_reinstated':
      return await applyDispute(env, event.data.object, event.type === 'charge.dispute.funds_withdrawn');
    default:
  }
}

async function checkedOut(env: Env, session: Stripe.Checkout.Session): Promise<void> {
  if (session.payment_status !== 'paid') return;
  const topUp = await findTopUp(env, { id: session.metadata?.top_up, reference: session.id });
  if (!topUp) return;
  await creditTopUp(env, topUp, {
    reference: session.id,
    payment: idOf(session.payment_intent),
    cents: session.amount_total ?? 0,
    currency: session.currency ?? '',
  });
}

async function abandoned(
  env: Env,
  session: Stripe.Checkout.Session,
  status: 'expired' | 'failed',
  reason: string,
): Promise<void> {
  const topUp = await findTopUp(env, { id: session.metadata?.top_up, reference: session.id });
  if (topUp) await closeTopUp(env, topUp, status, reason);
}

/** A payment without a checkout. Those of a checkout are credited by the checkout's own event. */
async function charged(env: Env, payment: Stripe.PaymentIntent): Promise<void> {
  const topUp = await findTopUp(env, { id: payment.metadata.top_up, reference: payment.id });
  if (topUp?.kind !== 'automatic') return;
  await creditTopUp(env, topUp, {
    reference: payment.id,
    payment: payment.id,
    cents: payment.amount_received,
    currency: payment.currency,
  });
}

/** An automatic payment has failed then; at a checkout the person may try again. */
async function refused(env: Env, event: string, payment: Stripe.PaymentIntent): Promise<void> {
  const topUp = await findTopUp(env, { id: payment.metadata.top_up, reference: payment.id });
  if (!topUp) return;
  const reason = payment.last_payment_error?.message ?? 'The payment failed.';
  if (topUp.kind === 'automatic') await closeTopUp(env, topUp, 'failed', reason);
  else await noteDecline(env, topUp, event, reason);
}

/** The id of what may be an id or the object itself. */
function idOf(value: string | { id: string } | null | undefined): string | null {
  return typeof value === 'string' ? value : (value?.id ?? null);
}
