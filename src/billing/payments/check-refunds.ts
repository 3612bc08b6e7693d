import { and, eq, inArray } from 'drizzle-orm';
import type Stripe from 'stripe';
import { database } from '../../db/client.ts';
import { invoices, topUps } from '../../db/schema/billing.ts';
import { configOf, type Env } from '../../env.ts';
import { stored } from '../../tenancy/storage.ts';
import { applyRefunds } from './apply-refunds.ts';
import { asked, paymentProvider } from './provider.ts';

/** How long a refund is asked about, milliseconds: by then banks have taken or returned it. */
const WATCHED_MS = 30 * 24 * 60 * 60 * 1000;
/** Refunds per run, of the whole account at the provider. */
const MOST = 1000;
/** Parameters of one statement of D1, with room. */
const CHUNK = 90;

/**
 * Asks the provider for the refunds of the last 30 days, and acts on those that are not settled here yet as
 * on their event: one whose event never came, or that was pending when it did.
 * @returns how many payments were looked at.
 * @throws GatewayError `payment_provider_error`, `storage_unavailable`. A payment that fails is logged.
 */
export async function checkRefunds(env: Env, now = Date.now()): Promise<number> {
  if (configOf(env).payments === null) return 0;
  const provider = await paymentProvider(env);
  const created = { gte: Math.floor((now - WATCHED_MS) / 1000) };
  const refunds = await asked(
    provider.refunds.list({ created, limit: 100 }).autoPagingToArray({ limit: MOST }),
  );
  const unsettled = new Set<string>();
  for (let from = 0; from < refunds.length; from += CHUNK) {
    for (const payment of await unsettledOf(env, refunds.slice(from, from + CHUNK))) unsettled.add(payment);
  }
  for (const payment of unsettled) {
    try {
      await applyRefunds(env, provider, payment);
    } catch (thrown) {
      // One that cannot be read must not keep the others waiting.
      console.error(JSON.stringify({ job: 'check_refunds', payment, error: String(thrown) }));
    }
  }
  return unsettled.size;
}

/** The payments, of top-ups alone, of which a refund has no note as it now stands. */
async function unsettledOf(env: Env, refunds: readonly Stripe.Refund[]): Promise<string[]> {
  const db = database(env.DB);
  const payments = new Map(refunds.map((refund) => [refund.id, paymentOf(refund)]));
  const ours = await stored(
    db
      .select({ payment: topUps.payment })
      .from(topUps)
      .where(inArray(topUps.payment, [...new Set(payments.values())]))
      .all(),
  );
  if (ours.length === 0) return [];
  const known = new Set(ours.map(({ payment }) => payment));
  const subjects = refunds.map((refund) => subjectOf(refund));
  const noted = await stored(
    db
      .select({ subject: invoices.subject })
      .from(invoices)
      .where(and(eq(invoices.kind, 'credit_note'), inArray(invoices.subject, subjects)))
      .all(),
  );
  const settled = new Set(noted.map(({ subject }) => subject));
  return refunds
    .filter((refund) => !settled.has(subjectOf(refund)))
    .map((refund) => payments.get(refund.id) ?? '')
    .filter((payment) => known.has(payment));
}

/** Under what the note stands that a refund leaves in its present state. */
function subjectOf(refund: Stripe.Refund): string {
  const returned = refund.status === 'failed' || refund.status === 'canceled';
  return returned ? `${refund.id}:failed` : refund.id;
}

function paymentOf({ payment_intent: payment }: Stripe.Refund): string {
  return typeof payment === 'string' ? payment : (payment?.id ?? '');
}
