import { and, asc, eq, lt } from 'drizzle-orm';
import type Stripe from 'stripe';
import { database } from '../../db/client.ts';
import { topUps } from '../../db/schema/billing.ts';
import { configOf, type Env } from '../../env.ts';
import { stored } from '../../tenancy/storage.ts';
import { chargeTopUp } from './charge-top-up.ts';
import { closeTopUp } from './close-top-up.ts';
import { creditTopUp } from './credit-top-up.ts';
import { asked, paymentProvider } from './provider.ts';
import type { TopUpRow } from './view.ts';

const MINUTE_MS = 60_000;
/** An event should have told of it by then. */
const OVERDUE_MS = 15 * MINUTE_MS;
/** The provider forgets idempotency keys after 24 hours: later repetitions might charge twice. */
const REPEATABLE_MS = 23 * 60 * MINUTE_MS;
/** Per run. */
const MOST = 100;

/**
 * Asks the provider about payments whose event has not come, and acts on the answer as on the event. Those
 * that never reached the provider are tried again, then given up.
 * @returns how many were looked at.
 */
export async function checkOpenTopUps(env: Env, now = Date.now()): Promise<number> {
  if (configOf(env).payments === null) return 0;
  const rows = await stored(
    database(env.DB)
      .select()
      .from(topUps)
      .where(and(eq(topUps.status, 'open'), lt(topUps.createdAt, now - OVERDUE_MS)))
      .orderBy(asc(topUps.updatedAt))
      .limit(MOST)
      .all(),
  );
  if (rows.length === 0) return 0;
  const provider = await paymentProvider(env);
  for (const row of rows) {
    try {
      await check(env, provider, row, now);
    } catch (thrown) {
      // One that cannot be read must not keep the others waiting.
      console.error(JSON.stringify({ job: 'check_open_top_ups', top_up: row.id, error: String(thrown) }));
    }
    // Those that stay open go to the end of the queue.
    await stored(
      database(env.DB)
        .update(topUps)
        .set({ updatedAt: now })
        .where(and(eq(topUps.id, row.id), eq(topUps.status, 'open'))),
    );
  }
  return rows.length;
}

async function check(env: Env, provider: Stripe, row: TopUpRow, now: number): Promise<void> {
  if (row.reference === null) {
    const isFresh = now - row.createdAt < REPEATABLE_MS;
    if (row.kind === 'automatic' && isFresh) await chargeTopUp(env, row);
    else if (!isFresh) await closeTopUp(env, row, 'expired', 'The payment was never begun.');
  } else if (row.kind === 'automatic') {
    await checkPayment(env, row, await asked(provider.paymentIntents.retrieve(row.reference)));
  } else {
    await checkSession(env, row, await asked(provider.checkout.sessions.retrieve(row.reference)));
  }
}

async function checkPayment(env: Env, row: TopUpRow, payment: Stripe.PaymentIntent): Promise<void> {
  if (payment.status === 'succeeded') {
    const { id, amount_received: cents, currency } = payment;
    await creditTopUp(env, row, { reference: id, payment: id, cents, currency });
  } else if (payment.status !== 'processing') {
    await closeTopUp(env, row, 'failed', payment.last_payment_error?.message ?? 'The payment failed.');
  }
}

async function checkSession(env: Env, row: TopUpRow, session: Stripe.Checkout.Session): Promise<void> {
  if (session.payment_status === 'paid') {
    await creditTopUp(env, row, {
      reference: session.id,
      payment: typeof session.payment_intent === 'string' ? session.payment_intent : null,
      cents: session.amount_total ?? 0,
      currency: session.currency ?? '',
    });
  } else if (session.status === 'expired') {
    await closeTopUp(env, row, 'expired', 'The checkout was not finished.');
  }
}
