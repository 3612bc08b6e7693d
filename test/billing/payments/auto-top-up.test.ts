import { afterEach, describe, expect, it, vi } from 'vitest';
import { checkOpenTopUps } from '../../../src/billing/payments/check-open-top-ups.ts';
import { considerAutoTopUp } from '../../../src/billing/payments/consider-auto-top-up.ts';
import { createTopUp } from '../../../src/billing/payments/create-top-up.ts';
import { getAutoTopUp } from '../../../src/billing/payments/get-auto-top-up.ts';
import { listTopUps } from '../../../src/billing/payments/list-top-ups.ts';
import { setAutoTopUp } from '../../../src/billing/payments/set-auto-top-up.ts';
import { workspaceClient } from '../../../src/objects/workspace/client.ts';
import { newWorkspace } from '../../support/gateway.ts';
import { deliver, eventOf, fakeStripe, paying } from './fake-stripe.ts';

afterEach(() => vi.restoreAllMocks());

const USD = 1_000_000_000;
const MINUTE = 60_000;
const declined = {
  status: 402,
  body: { error: { type: 'card_error', code: 'card_declined', message: 'Your card was declined.' } },
};

/** A workspace with 10 USD that buys 20 USD below 15 USD. */
async function automatic(special?: Parameters<typeof fakeStripe>[0]) {
  const stripe = fakeStripe(special);
  const { id } = await newWorkspace();
  const owner = { kind: 'member', userId: 'u', workspaceId: id, role: 'owner' } as const;
  await createTopUp(paying, owner, id, 5, 'https://interline.test/back');
  const set = (setting: Parameters<typeof setAutoTopUp>[3]) => setAutoTopUp(paying, owner, id, setting);
  await set({ below_usd: 15, amount_usd: 20 });
  const charges = () => stripe.asked.filter((one) => one.path === '/v1/payment_intents');
  const bought = async () =>
    (await listTopUps(paying, owner, id, { limit: 50 })).data.filter(({ kind }) => kind === 'automatic');
  return {
    id,
    stripe,
    set,
    charges,
    bought,
    get: () => getAutoTopUp(paying, owner, id),
    balance: () => workspaceClient(paying, id).balance(),
    consider: (balance = 0) => considerAutoTopUp(paying, id, balance),
    /** The provider's event of the payment of the newest automatic top-up. */
    paidEvent: async (type = 'payment_intent.succeeded') => {
      const [topUp] = await bought();
      return eventOf(type, {
        id: `pi_of_${topUp?.id}`,
        amount_received: 2000,
        currency: 'usd',
        metadata: { top_up: topUp?.id },
        last_payment_error: { message: 'Your card was declined.' },
      });
    },
  };
}

describe('automatic top-ups', () => {
  it('charge the saved card below the threshold, and credit on the provider’s word', async () => {
    const { id, consider, charges, bought, balance, paidEvent } = await automatic();
    await consider();
    const [topUp] = await bought();
    expect(charges()).toMatchObject([
      {
        method: 'POST',
        key: `top_up:${topUp?.id}`,
        params: {
          amount: '2000',
          currency: 'usd',
          payment_method: 'pm_1',
          off_session: 'true',
          confirm: 'true',
          'metadata[top_up]': topUp?.id,
          'metadata[workspace]': id,
        },
      },
    ]);
    expect(topUp).toMatchObject({ status: 'open', amount_usd: 20, created_by: 'system' });
    expect(await balance()).toBe(10 * USD);
    const event = await paidEvent();
    await Promise.all([deliver(event), deliver(event)]);
    await deliver(await paidEvent());
    expect(await balance()).toBe(30 * USD);
    expect(await bought()).toMatchObject([{ status: 'paid' }]);
  });

  it('have one purchase under way, however many ask', async () => {
    const { consider, charges, paidEvent, bought } = await automatic();
    await Promise.all([1, 2, 3, 4, 5].map(() => consider()));
    expect(charges()).toHaveLength(1);
    await deliver(await paidEvent());
    // Old news of a low balance: the ledger knows better.
    await Promise.all([1, 2, 3].map(() => consider(1)));
    expect(charges()).toHaveLength(1);
    expect(await bought()).toHaveLength(1);
  });

  it('wait while the balance is at the threshold or above', async () => {
    const { consider, charges } = await automatic();
    await consider(15 * USD);
    expect(charges()).toEqual([]);
  });

  it('stop when the card is refused, and say why, until they are set anew', async () => {
    let refuses = true;
    const { consider, charges, get, set, bought } = await automatic(({ path }) =>
      path === '/v1/payment_intents' && refuses ? declined : undefined,
    );
    await consider();
    expect(await bought()).toMatchObject([{ status: 'failed' }]);
    expect(await get()).toEqual({
      below_usd: 15,
      amount_usd: 20,
      failure: { reason: 'Your card was declined.', at: expect.any(Number) },
    });
    await consider();
    expect(charges()).toHaveLength(1);
    refuses = false;
    expect(await set({ below_usd: 15, amount_usd: 25 })).toMatchObject({ failure: null });
    await consider();
    expect(charges()).toHaveLength(2);
  });

  it('stop when the bank wants the cardholder', async () => {
    const { consider, get } = await automatic(({ path }) =>
      path === '/v1/payment_intents'
        ? { body: { id: `pi_${crypto.randomUUID()}`, status: 'requires_action' } }
        : undefined,
    );
    await consider();
    expect((await get())?.failure?.reason).toContain('confirm');
  });

  it('stop when the provider says later that the payment failed', async () => {
    const { consider, get, bought, paidEvent } = await automatic();
    await consider();
    await deliver(await paidEvent('payment_intent.payment_failed'));
    expect(await bought()).toMatchObject([{ status: 'failed' }]);
    expect((await get())?.failure?.reason).toBe('Your card was declined.');
  });

  it('are taken up again under the same key when the provider could not be reached', async () => {
    let broken = true;
    const { consider, charges, bought } = await automatic(({ path }) =>
      path === '/v1/payment_intents' && broken ? { status: 500, body: { error: {} } } : undefined,
    );
    await expect(consider()).rejects.toMatchObject({ code: 'payment_provider_error' });
    const before = charges().length;
    broken = false;
    await checkOpenTopUps(paying, Date.now() + 5 * MINUTE);
    expect(charges()).toHaveLength(before);
    await checkOpenTopUps(paying, Date.now() + 20 * MINUTE);
    expect(new Set(charges().map(({ key }) => key)).size).toBe(1);
    expect(charges().length).toBeGreaterThan(before);
    expect(await bought()).toMatchObject([{ status: 'open' }]);
  });

  it('are off after null, and cost no call', async () => {
    const { consider, set, get, stripe } = await automatic();
    expect(await set(null)).toBeNull();
    const before = stripe.asked.length;
    await consider();
    expect(stripe.asked).toHaveLength(before);
    expect(await get()).toBeNull();
  });

  it('need a card that is saved', async () => {
    fakeStripe();
    const { id } = await newWorkspace();
    const owner = { kind: 'member', userId: 'u', workspaceId: id, role: 'owner' } as const;
    const setting = { below_usd: 5, amount_usd: 20 };
    await expect(setAutoTopUp(paying, owner, id, setting)).rejects.toMatchObject({ code: 'conflict' });
  });

  it.each([
    [{ below_usd: 0, amount_usd: 20 }, 'below_usd'],
    [{ below_usd: 5, amount_usd: -20 }, 'amount_usd'],
    [{ below_usd: 5, amount_usd: 20.001 }, 'amount_usd'],
    [{ below_usd: 1e9, amount_usd: 20 }, 'below_usd'],
  ])('refuse %j', async (setting, param) => {
    const { set } = await automatic();
    await expect(set(setting)).rejects.toMatchObject({ code: 'invalid_value', param });
  });
});

describe('payments whose event has not come', () => {
  it('are asked for, and credited once', async () => {
    const { stripe, consider, bought, balance, paidEvent } = await automatic();
    await consider();
    const [topUp] = await bought();
    const reference = stripe.asked.length;
    expect(reference).toBeGreaterThan(0);
    const intent = JSON.parse(await paidEvent()).data.object;
    // The provider's own id of the payment, as the gateway keeps it.
    const row = await paying.DB.prepare('SELECT reference FROM top_ups WHERE id = ?')
      .bind(topUp?.id)
      .first<{ reference: string }>();
    const id = row?.reference ?? '';
    stripe.objects.set(id, { ...intent, id, status: 'succeeded' });
    await checkOpenTopUps(paying, Date.now() + 20 * MINUTE);
    expect(await balance()).toBe(30 * USD);
    await deliver(eventOf('payment_intent.succeeded', { ...intent, id }));
    await checkOpenTopUps(paying, Date.now() + 20 * MINUTE);
    expect(await balance()).toBe(30 * USD);
    expect(await bought()).toMatchObject([{ status: 'paid' }]);
  });
});
