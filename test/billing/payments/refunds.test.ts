import { afterEach, describe, expect, it, vi } from 'vitest';
import { listInvoices } from '../../../src/billing/invoices/list-invoices.ts';
import { checkRefunds } from '../../../src/billing/payments/check-refunds.ts';
import { createTopUp } from '../../../src/billing/payments/create-top-up.ts';
import { listTopUps } from '../../../src/billing/payments/list-top-ups.ts';
import { workspaceClient } from '../../../src/objects/workspace/client.ts';
import { newWorkspace } from '../../support/gateway.ts';
import { deliver, eventOf, fakeStripe, paying } from './fake-stripe.ts';

afterEach(() => vi.restoreAllMocks());

const USD = 1_000_000_000;
const operator = { kind: 'operator' } as const;

async function begun() {
  const stripe = fakeStripe();
  const { id } = await newWorkspace();
  const payer = { kind: 'member', userId: 'u', workspaceId: id, role: 'owner' } as const;
  const topUp = await createTopUp(paying, payer, id, 50, 'https://interline.test/back');
  const payment = `pi_of_${topUp.id}`;
  const completed = eventOf('checkout.session.completed', {
    id: topUp.url.split('/').at(-1),
    payment_status: 'paid',
    payment_intent: payment,
    amount_total: 5000,
    currency: 'usd',
    metadata: { top_up: topUp.id },
  });
  stripe.objects.set(payment, { id: payment, object: 'payment_intent', metadata: { top_up: topUp.id } });
  const refund = (name: string, amount: number, status = 'succeeded') => {
    const one = {
      id: `re_${name}_${topUp.id}`,
      object: 'refund',
      amount,
      status,
      payment_intent: payment,
      created: 1_779_000_000,
      reason: 'requested_by_customer',
    };
    stripe.refunds.push(one);
    return one;
  };
  return {
    stripe,
    topUp,
    refund,
    completed,
    charge: { id: `ch_${topUp.id}`, object: 'charge', payment_intent: payment },
    dispute: (name: string, amount: number) => ({
      id: `dp_${name}_${topUp.id}`,
      amount,
      payment_intent: payment,
    }),
    balance: () => workspaceClient(paying, id).balance(),
    notes: async () => (await listInvoices(paying, operator, { limit: 50, workspace: id })).data,
    refunded: async () => (await listTopUps(paying, operator, id, { limit: 1 })).data[0]?.refunded_usd,
    status: async () => (await listTopUps(paying, operator, id, { limit: 1 })).data[0]?.status,
  };
}

describe('a refund of bought credits', () => {
  it('takes them back once, with a credit note, whatever events tell of it', async () => {
    const { topUp, refund, completed, charge, balance, notes, status } = await begun();
    await deliver(completed);
    expect(await balance()).toBe(60 * USD);
    const one = refund('a', 2000);
    const events = [
      eventOf('charge.refunded', charge),
      eventOf('refund.created', one),
      eventOf('refund.updated', one),
    ];
    await Promise.all([...events, ...events].map((event) => deliver(event)));
    expect(await balance()).toBe(40 * USD);
    expect(await notes()).toMatchObject([
      {
        kind: 'credit_note',
        period: '2026-05',
        subtotal_usd: -20,
        tax: null,
        total_usd: -20,
        refers_to: { invoice: null, top_up: topUp.id, reason: 'requested by customer' },
      },
    ]);
    expect(await status()).toBe('paid');
  });

  it('is each of several, and the top-up is refunded when all of it is', async () => {
    const { refund, completed, charge, balance, notes, status } = await begun();
    await deliver(completed);
    refund('a', 2000);
    refund('b', 3000);
    await deliver(eventOf('charge.refunded', charge));
    expect(await balance()).toBe(10 * USD);
    expect((await notes()).map((note) => note.total_usd).sort()).toEqual([-20, -30]);
    expect(await status()).toBe('refunded');
    // The word that it was paid comes again, and late.
    await deliver(completed.replace('evt_', 'evt_again_'));
    expect([await balance(), await status()]).toEqual([10 * USD, 'refunded']);
  });

  it('may be told of before the payment is', async () => {
    const { refund, completed, charge, balance, status } = await begun();
    refund('a', 5000);
    await deliver(eventOf('charge.refunded', charge));
    expect(await balance()).toBe(-40 * USD);
    await deliver(completed);
    expect([await balance(), await status()]).toEqual([10 * USD, 'refunded']);
  });

  it('is not looked into again for an event that was handled', async () => {
    const { refund, completed, charge, stripe } = await begun();
    await deliver(completed);
    refund('a', 2000);
    const event = eventOf('charge.refunded', charge);
    await deliver(event);
    await deliver(event);
    expect(stripe.count('/v1/refunds')).toBe(1);
  });

  it('takes the credits while it is pending, and has its note once it has succeeded', async () => {
    const { refund, completed, balance, notes } = await begun();
    await deliver(completed);
    const one = refund('a', 2000, 'pending');
    await deliver(eventOf('refund.created', one));
    expect([await balance(), await notes()]).toEqual([40 * USD, []]);
    one.status = 'succeeded';
    await deliver(eventOf('refund.updated', one));
    expect(await balance()).toBe(40 * USD);
    expect((await notes()).map((note) => note.total_usd)).toEqual([-20]);
  });

  it('gives the credits back when it fails while pending, once, and leaves no note', async () => {
    const { refund, completed, balance, notes, status } = await begun();
    await deliver(completed);
    const one = refund('a', 5000, 'pending');
    await deliver(eventOf('refund.created', one));
    expect([await balance(), await status()]).toEqual([10 * USD, 'refunded']);
    one.status = 'failed';
    await deliver(eventOf('refund.failed', one));
    await deliver(eventOf('refund.updated', one));
    expect([await balance(), await status(), await notes()]).toEqual([60 * USD, 'paid', []]);
  });

  it('takes its note back by another when it fails after it had succeeded, once', async () => {
    const { refund, completed, balance, notes } = await begun();
    await deliver(completed);
    const one = refund('a', 2000);
    await deliver(eventOf('refund.created', one));
    const number = (await notes())[0]?.number ?? 0;
    one.status = 'failed';
    await deliver(eventOf('refund.failed', one));
    await deliver(eventOf('refund.updated', one));
    expect(await balance()).toBe(60 * USD);
    const [reversal, note, ...others] = await notes();
    expect([reversal?.total_usd, note?.total_usd, others]).toEqual([20, -20, []]);
    expect(reversal?.refers_to?.reason).toBe(`the refund failed, credit note ${number} is void`);
  });

  it('takes nothing for one that had failed when it was heard of', async () => {
    const { refund, completed, balance, notes } = await begun();
    await deliver(completed);
    await deliver(eventOf('refund.failed', refund('a', 5000, 'failed')));
    expect(await balance()).toBe(60 * USD);
    expect(await notes()).toEqual([]);
  });

  it('is added up beside the payment: what was taken, and not what was given back', async () => {
    const { refund, completed, dispute, charge, refunded, status } = await begun();
    await deliver(completed);
    expect(await refunded()).toBe(0);
    const [, pending] = [refund('a', 1999), refund('b', 3001, 'pending')];
    await deliver(eventOf('charge.refunded', charge));
    expect([await refunded(), await status()]).toEqual([50, 'refunded']);
    pending.status = 'failed';
    await deliver(eventOf('refund.failed', pending));
    expect([await refunded(), await status()]).toEqual([19.99, 'paid']);
    await deliver(eventOf('charge.dispute.funds_withdrawn', dispute('c', 1000)));
    expect(await refunded()).toBe(19.99);
  });

  it('of what others sold is none of ours', async () => {
    const { balance } = await begun();
    const foreign = { id: 'ch_foreign', payment_intent: null };
    expect((await deliver(eventOf('charge.refunded', foreign))).status).toBe(200);
    expect(await balance()).toBe(10 * USD);
  });
});

describe('the hourly look at refunds', () => {
  it('takes up those of which no event told', async () => {
    const { refund, completed, balance, notes } = await begun();
    await deliver(completed);
    refund('a', 2000);
    expect(await checkRefunds(paying)).toBe(1);
    expect(await balance()).toBe(40 * USD);
    expect((await notes()).map((note) => note.total_usd)).toEqual([-20]);
    expect(await checkRefunds(paying)).toBe(0);
  });

  it('learns how pending ones ended', async () => {
    const { refund, completed, balance, notes } = await begun();
    await deliver(completed);
    const [good, bad] = [refund('a', 2000, 'pending'), refund('b', 1000, 'pending')];
    await deliver(eventOf('refund.created', good));
    expect(await balance()).toBe(30 * USD);
    good.status = 'succeeded';
    bad.status = 'failed';
    await checkRefunds(paying);
    expect(await balance()).toBe(40 * USD);
    expect((await notes()).map((note) => note.total_usd)).toEqual([-20]);
  });

  it('asks nothing about payments that bought no credits', async () => {
    const { stripe } = await begun();
    stripe.refunds.push({ id: 're_foreign', amount: 1, status: 'succeeded', payment_intent: 'pi_foreign' });
    expect(await checkRefunds(paying)).toBe(0);
    expect(stripe.asked.map(({ path }) => path).filter((path) => path.includes('pi_foreign'))).toEqual([]);
    expect(stripe.count('/v1/refunds')).toBe(1);
  });
});

describe('a disputed payment', () => {
  it('loses its credits while the money is away, once each way', async () => {
    const { completed, dispute, balance } = await begun();
    await deliver(completed);
    const one = dispute('a', 5000);
    await deliver(eventOf('charge.dispute.funds_withdrawn', one));
    await deliver(eventOf('charge.dispute.funds_withdrawn', one));
    expect(await balance()).toBe(10 * USD);
    await deliver(eventOf('charge.dispute.funds_reinstated', one));
    expect(await balance()).toBe(60 * USD);
  });
});
