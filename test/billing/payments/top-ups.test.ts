import { afterEach, describe, expect, it, vi } from 'vitest';
import { createTopUp } from '../../../src/billing/payments/create-top-up.ts';
import { listTopUps } from '../../../src/billing/payments/list-top-ups.ts';
import type { GatewayError } from '../../../src/errors.ts';
import { workspaceClient } from '../../../src/objects/workspace/client.ts';
import type { Principal } from '../../../src/tenancy/types.ts';
import { call, newWorkspace, OPERATOR } from '../../support/gateway.ts';
import { deliver, eventOf, fakeStripe, paying } from './fake-stripe.ts';

afterEach(() => vi.restoreAllMocks());

const USD = 1_000_000_000;
const RETURN = 'https://interline.test/back';
const payer = (workspaceId: string): Principal => ({
  kind: 'member',
  userId: 'usr_1',
  workspaceId,
  role: 'billing',
});
const begin = (id: string, amount: number) => createTopUp(paying, payer(id), id, amount, RETURN);
const balance = (id: string) => workspaceClient(paying, id).balance();
const statuses = async (id: string) =>
  (await listTopUps(paying, payer(id), id, { limit: 50 })).data.map(({ status }) => status);
const failureOf = async (id: string) =>
  (await listTopUps(paying, payer(id), id, { limit: 1 })).data[0]?.failure;
const paidSession = (topUp: { id: string; url: string }, cents: number, more: object = {}) => ({
  id: topUp.url.split('/').at(-1),
  object: 'checkout.session',
  payment_status: 'paid',
  payment_intent: `pi_of_${topUp.id}`,
  amount_total: cents,
  currency: 'usd',
  metadata: { top_up: topUp.id },
  ...more,
});

describe('buying credits', () => {
  it('begins a checkout, and credits nothing yet', async () => {
    const stripe = fakeStripe();
    const { id } = await newWorkspace();
    const topUp = await begin(id, 25.5);
    expect(topUp).toMatchObject({ workspace: id, amount_usd: 25.5, status: 'open', kind: 'checkout' });
    expect(topUp.url).toMatch(/^https:\/\/checkout\.stripe\.com\//);
    const [, session] = stripe.asked;
    expect(session).toMatchObject({ path: '/v1/checkout/sessions', key: `top_up:${topUp.id}` });
    expect(session?.params).toMatchObject({
      mode: 'payment',
      'line_items[0][price_data][unit_amount]': '2550',
      'line_items[0][price_data][currency]': 'usd',
      'metadata[top_up]': topUp.id,
      'payment_intent_data[setup_future_usage]': 'off_session',
      success_url: `${RETURN}?outcome=paid`,
    });
    expect(await balance(id)).toBe(10 * USD);
  });

  it('makes one customer of a workspace, also for two at once', async () => {
    const stripe = fakeStripe();
    const { id } = await newWorkspace();
    await Promise.all([begin(id, 5), begin(id, 6)]);
    await begin(id, 7);
    const customers = stripe.asked.filter((one) => one.path === '/v1/checkout/sessions');
    expect(new Set(customers.map((one) => one.params.customer)).size).toBe(1);
  });

  it('credits two that are paid at once, each once', async () => {
    fakeStripe();
    const { id } = await newWorkspace();
    const [a, b] = await Promise.all([begin(id, 5), begin(id, 6)]);
    const events = [
      eventOf('checkout.session.completed', paidSession(a, 500)),
      eventOf('checkout.session.completed', paidSession(b, 600)),
    ];
    await Promise.all([...events, ...events].map((event) => deliver(event)));
    expect(await balance(id)).toBe(21 * USD);
    expect(await statuses(id)).toEqual(['paid', 'paid']);
  });

  it.each([-1, 0, 0.99, 1.005, 10.001, 0.1 + 0.2, 1_000_000, 1e300, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses %d USD',
    async (amount) => {
      const stripe = fakeStripe();
      const { id } = await newWorkspace();
      await expect(begin(id, amount)).rejects.toMatchObject({ code: 'invalid_value', param: 'amount_usd' });
      expect(stripe.asked).toEqual([]);
      expect(await statuses(id)).toEqual([]);
    },
  );

  it('says so where no payments are taken', async () => {
    const { id } = await newWorkspace();
    const without = { ...paying, STRIPE_SECRET_KEY: undefined } as unknown as typeof paying;
    const failure = createTopUp(without, payer(id), id, 5, RETURN);
    await expect(failure).rejects.toMatchObject({ code: 'payments_unavailable', status: 503 });
    await expect(failure).rejects.toThrow('operator grants credits');
  });

  it('is for those who may, in their own workspace', async () => {
    fakeStripe();
    const [mine, theirs] = [await newWorkspace(), await newWorkspace()];
    const refused = async (actor: Principal, id: string) =>
      ((await createTopUp(paying, actor, id, 5, RETURN).catch((error) => error)) as GatewayError).code;
    expect(await refused(payer(mine.id), theirs.id)).toBe('not_found');
    expect(await refused({ kind: 'operator' }, mine.id)).toBe('permission_denied');
    const viewer: Principal = { kind: 'member', userId: 'u', workspaceId: mine.id, role: 'viewer' };
    expect(await refused(viewer, mine.id)).toBe('permission_denied');
  });

  it('says when the payment provider fails, and leaves nothing to be credited', async () => {
    fakeStripe(({ path }) =>
      path === '/v1/checkout/sessions'
        ? { status: 400, body: { error: { type: 'invalid_request_error', message: 'sk_test leaked' } } }
        : undefined,
    );
    const { id } = await newWorkspace();
    const failure = begin(id, 5);
    await expect(failure).rejects.toMatchObject({ code: 'payment_provider_error', status: 502 });
    await expect(failure).rejects.not.toThrow('leaked');
    expect(await statuses(id)).toEqual(['failed']);
    expect(await failureOf(id)).toBe('The checkout could not be begun.');
    expect(await balance(id)).toBe(10 * USD);
  });
});

describe('a card that is declined at the checkout', () => {
  const decline = (topUp: { id: string }, message: string) =>
    deliver(
      eventOf('payment_intent.payment_failed', {
        id: `pi_of_${topUp.id}`,
        metadata: { top_up: topUp.id },
        last_payment_error: { message },
      }),
    );

  it('is shown and logged, and may be tried again', async () => {
    fakeStripe();
    const { id } = await newWorkspace();
    const topUp = await begin(id, 5);
    expect(await failureOf(id)).toBeNull();
    await decline(topUp, 'Your card was declined.');
    await decline(topUp, 'Your card has insufficient funds.');
    expect([await statuses(id), await failureOf(id)]).toEqual([
      ['open'],
      'Your card has insufficient funds.',
    ]);
    const { body } = await call('GET', `/api/audit?workspace=${id}`, { key: OPERATOR });
    const declines = body.data.filter(({ action }: { action: string }) => action === 'top_up.declined');
    expect(declines.map(({ after }: { after: unknown }) => after)).toEqual([
      { reason: 'Your card has insufficient funds.' },
      { reason: 'Your card was declined.' },
    ]);
    await deliver(eventOf('checkout.session.completed', paidSession(topUp, 500)));
    expect([await statuses(id), await failureOf(id)]).toEqual([['paid'], null]);
    await decline(topUp, 'Late news.');
    expect([await statuses(id), await failureOf(id)]).toEqual([['paid'], null]);
  });

  it('stays the reason when the checkout is left, in whatever order the events come', async () => {
    fakeStripe();
    const { id } = await newWorkspace();
    const unpaid = { payment_status: 'unpaid' };
    for (const isFirst of [true, false]) {
      const topUp = await begin(id, 5);
      if (isFirst) await decline(topUp, 'Your card was declined.');
      await deliver(eventOf('checkout.session.expired', paidSession(topUp, 500, unpaid)));
      if (!isFirst) {
        expect(await failureOf(id)).toBe('The checkout was not finished.');
        await decline(topUp, 'Your card was declined.');
      }
      expect(await failureOf(id)).toBe('Your card was declined.');
    }
    expect(await statuses(id)).toEqual(['expired', 'expired']);
  });
});

describe('the word that a checkout was paid', () => {
  it('credits once, however often and at once it comes', async () => {
    fakeStripe();
    const { id } = await newWorkspace();
    const topUp = await begin(id, 50);
    const event = eventOf('checkout.session.completed', paidSession(topUp, 5000));
    const replies = await Promise.all([1, 2, 3, 4].map(() => deliver(event)));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    // Another event of the same payment.
    await deliver(eventOf('checkout.session.async_payment_succeeded', paidSession(topUp, 5000)));
    expect(await balance(id)).toBe(60 * USD);
    const audit = await call('GET', `/api/audit?workspace=${id}`, { key: OPERATOR });
    const paid = audit.body.data.filter((entry: { action: string }) => entry.action === 'top_up.paid');
    expect(paid).toMatchObject([{ actor: 'system', target: topUp.id, after: { amount_usd: 50 } }]);
  });

  it('is the only one that credits: the payment’s own event does not', async () => {
    fakeStripe();
    const { id } = await newWorkspace();
    const topUp = await begin(id, 5);
    const payment = {
      id: `pi_of_${topUp.id}`,
      amount_received: 500,
      currency: 'usd',
      metadata: { top_up: topUp.id },
    };
    await deliver(eventOf('payment_intent.succeeded', payment));
    expect(await balance(id)).toBe(10 * USD);
    await deliver(eventOf('checkout.session.completed', paidSession(topUp, 500)));
    await deliver(eventOf('payment_intent.succeeded', payment));
    expect(await balance(id)).toBe(15 * USD);
    await deliver(eventOf('payment_intent.payment_failed', payment));
    expect(await statuses(id)).toEqual(['paid']);
  });

  it('credits when it comes late, after the checkout was thought to be over', async () => {
    fakeStripe();
    const { id } = await newWorkspace();
    const topUp = await begin(id, 5);
    await deliver(eventOf('checkout.session.expired', paidSession(topUp, 500, { payment_status: 'unpaid' })));
    expect(await statuses(id)).toEqual(['expired']);
    await deliver(eventOf('checkout.session.completed', paidSession(topUp, 500)));
    expect(await statuses(id)).toEqual(['paid']);
    await deliver(eventOf('checkout.session.expired', paidSession(topUp, 500)));
    expect(await statuses(id)).toEqual(['paid']);
    expect(await balance(id)).toBe(15 * USD);
  });

  it('waits for a payment that takes days', async () => {
    fakeStripe();
    const { id } = await newWorkspace();
    const topUp = await begin(id, 5);
    await deliver(
      eventOf('checkout.session.completed', paidSession(topUp, 500, { payment_status: 'unpaid' })),
    );
    expect(await balance(id)).toBe(10 * USD);
    await deliver(eventOf('checkout.session.async_payment_succeeded', paidSession(topUp, 500)));
    expect(await balance(id)).toBe(15 * USD);
  });

  it('credits what was paid, whatever was asked', async () => {
    fakeStripe();
    const { id } = await newWorkspace();
    const topUp = await begin(id, 50);
    await deliver(eventOf('checkout.session.completed', paidSession(topUp, 4000)));
    expect(await balance(id)).toBe(50 * USD);
    const [shown] = (await listTopUps(paying, payer(id), id, { limit: 1 })).data;
    expect(shown).toMatchObject({ status: 'paid', amount_usd: 40 });
  });

  it.each([
    ['another currency', { currency: 'jpy' }],
    ['no amount', { amount_total: null }],
    ['a negative amount', { amount_total: -500 }],
  ])('credits nothing for %s', async (_, more) => {
    fakeStripe();
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const { id } = await newWorkspace();
    const topUp = await begin(id, 5);
    const reply = await deliver(eventOf('checkout.session.completed', paidSession(topUp, 500, more)));
    expect(reply.status).toBe(500);
    expect(await balance(id)).toBe(10 * USD);
    expect(await statuses(id)).toEqual(['open']);
  });

  it('passes over what others sold, also under our id where customers can write it', async () => {
    fakeStripe();
    const { id } = await newWorkspace();
    const topUp = await begin(id, 5);
    const foreign = {
      ...paidSession(topUp, 500),
      id: 'cs_foreign',
      metadata: {},
      client_reference_id: topUp.id,
    };
    expect((await deliver(eventOf('checkout.session.completed', foreign))).status).toBe(200);
    expect(await balance(id)).toBe(10 * USD);
  });

  it('is made good by the next try when something broke off in between', async () => {
    fakeStripe();
    const { id } = await newWorkspace();
    const topUp = await begin(id, 5);
    const event = eventOf('checkout.session.completed', paidSession(topUp, 500));
    // The ledger has it, the database does not.
    await workspaceClient(paying, id).record([
      { id: `top_up:${topUp.url.split('/').at(-1)}`, kind: 'top_up', amount: 5 * USD, reference: topUp.id },
    ]);
    expect((await deliver(event)).status).toBe(200);
    expect(await balance(id)).toBe(15 * USD);
    expect(await statuses(id)).toEqual(['paid']);
  });
});
