import Stripe from 'stripe';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listInvoices } from '../../../src/billing/invoices/list-invoices.ts';
import { checkOpenTopUps } from '../../../src/billing/payments/check-open-top-ups.ts';
import { considerAutoTopUp } from '../../../src/billing/payments/consider-auto-top-up.ts';
import { createTopUp } from '../../../src/billing/payments/create-top-up.ts';
import { handlePaymentEvent } from '../../../src/billing/payments/handle-event.ts';
import { listTopUps } from '../../../src/billing/payments/list-top-ups.ts';
import { setAutoTopUp } from '../../../src/billing/payments/set-auto-top-up.ts';
import type { Env } from '../../../src/env.ts';
import { workspaceClient } from '../../../src/objects/workspace/client.ts';
import { failing, type Moment } from '../../support/failing-storage.ts';
import { newWorkspace } from '../../support/gateway.ts';
import { eventOf, fakeStripe, paying, WEBHOOK_SECRET } from './fake-stripe.ts';

afterEach(() => vi.restoreAllMocks());

const USD = 1_000_000_000;
const operator = { kind: 'operator' } as const;
const MOMENTS: Moment[] = ['before', 'after'];

async function paidFor() {
  const stripe = fakeStripe();
  const { id } = await newWorkspace();
  const owner = { kind: 'member', userId: 'u', workspaceId: id, role: 'owner' } as const;
  const topUp = await createTopUp(paying, owner, id, 50, 'https://interline.test/back');
  const payment = `pi_of_${topUp.id}`;
  const completed = eventOf('checkout.session.completed', {
    id: topUp.url.split('/').at(-1),
    payment_status: 'paid',
    payment_intent: payment,
    amount_total: 5000,
    currency: 'usd',
    metadata: { top_up: topUp.id },
  });
  stripe.objects.set(payment, { id: payment, metadata: { top_up: topUp.id } });
  return {
    id,
    owner,
    stripe,
    payment,
    completed,
    refunded: eventOf('charge.refunded', { payment_intent: payment }),
  };
}

async function handle(env: Env, payload: string): Promise<void> {
  const signature = await Stripe.webhooks.generateTestHeaderStringAsync({ payload, secret: WEBHOOK_SECRET });
  await handlePaymentEvent(env, payload, signature);
}

const balance = (id: string) => workspaceClient(paying, id).balance();
const audited = async (id: string, action: string) =>
  (
    await paying.DB.prepare('SELECT count(*) AS n FROM audit_log WHERE workspace_id = ? AND action = ?')
      .bind(id, action)
      .first<{ n: number }>()
  )?.n;

/** Runs the work with each of its calls of storage failing in turn, until it gets through without one. */
async function forEachFailure(run: (nth: number) => Promise<{ calls: number }>): Promise<void> {
  for (let nth = 1; nth <= 30; nth++) if ((await run(nth)).calls < nth) return;
  throw new Error('The work calls storage over 30 times.');
}

describe.each(MOMENTS)('an event whose handling breaks off %s a call of storage', (moment) => {
  it('credits a payment once when it is sent again', async () => {
    await forEachFailure(async (nth) => {
      const { id, completed } = await paidFor();
      const { env, calls } = failing(paying, nth, moment);
      const outcome = await handle(env, completed).then(
        () => 'done',
        () => 'failed',
      );
      expect(outcome, `call ${nth}`).toBe(calls() < nth ? 'done' : 'failed');
      await handle(paying, completed);
      await handle(paying, completed);
      expect(await balance(id), `call ${nth}`).toBe(60 * USD);
      expect(await audited(id, 'top_up.paid')).toBe(1);
      const { data } = await listTopUps(paying, operator, id, { limit: 5 });
      expect(data).toMatchObject([{ status: 'paid', amount_usd: 50 }]);
      return { calls: calls() };
    });
  });

  it('takes a refund back once, with one credit note', async () => {
    await forEachFailure(async (nth) => {
      const { id, completed, refunded, stripe, payment } = await paidFor();
      await handle(paying, completed);
      stripe.refunds.push({
        id: `re_${id}`,
        amount: 5000,
        status: 'succeeded',
        payment_intent: payment,
        created: 1_779_000_000,
        reason: null,
      });
      const { env, calls } = failing(paying, nth, moment);
      await handle(env, refunded).catch(() => {});
      await handle(paying, refunded);
      expect(await balance(id), `call ${nth}`).toBe(10 * USD);
      const notes = await listInvoices(paying, operator, { limit: 5, workspace: id });
      expect(notes.data).toMatchObject([{ kind: 'credit_note', total_usd: -50 }]);
      const { data } = await listTopUps(paying, operator, id, { limit: 5 });
      expect(data).toMatchObject([{ status: 'refunded' }]);
      return { calls: calls() };
    });
  });
});

describe.each(MOMENTS)('an automatic top-up that breaks off %s a call of storage', (moment) => {
  it('charges the card once, and is credited once', async () => {
    await forEachFailure(async (nth) => {
      const { id, owner, stripe } = await paidFor();
      await setAutoTopUp(paying, owner, id, { below_usd: 20, amount_usd: 30 });
      const { env, calls } = failing(paying, nth, moment);
      await considerAutoTopUp(env, id, 0).catch(() => {});
      await considerAutoTopUp(paying, id, 0);
      await checkOpenTopUps(paying, Date.now() + 20 * 60_000);
      await considerAutoTopUp(paying, id, 0);
      const charges = stripe.asked.filter(({ path }) => path === '/v1/payment_intents');
      expect(new Set(charges.map(({ key }) => key)).size, `call ${nth}`).toBe(1);
      const topUp = charges[0]?.params['metadata[top_up]'];
      const event = eventOf('payment_intent.succeeded', {
        id: `pi_of_${topUp}`,
        amount_received: 3000,
        currency: 'usd',
        metadata: { top_up: topUp },
      });
      await handle(paying, event);
      expect(await balance(id), `call ${nth}`).toBe(40 * USD);
      return { calls: calls() };
    });
  });
});
