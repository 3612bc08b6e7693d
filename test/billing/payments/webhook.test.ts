import { afterEach, describe, expect, it, vi } from 'vitest';
import { createTopUp } from '../../../src/billing/payments/create-top-up.ts';
import { workspaceClient } from '../../../src/objects/workspace/client.ts';
import { call, newWorkspace } from '../../support/gateway.ts';
import { ask, deliver, eventOf, fakeStripe, paying } from './fake-stripe.ts';

afterEach(() => vi.restoreAllMocks());

const USD = 1_000_000_000;

async function openPayment() {
  fakeStripe();
  const { id } = await newWorkspace();
  const payer = { kind: 'member', userId: 'u', workspaceId: id, role: 'owner' } as const;
  const topUp = await createTopUp(paying, payer, id, 5, 'https://interline.test/back');
  const event = eventOf('checkout.session.completed', {
    id: topUp.url.split('/').at(-1),
    payment_status: 'paid',
    payment_intent: `pi_${topUp.id}`,
    amount_total: 500,
    currency: 'usd',
    metadata: { top_up: topUp.id },
  });
  return { event, balance: () => workspaceClient(paying, id).balance() };
}

describe('the webhook of payments', () => {
  it('takes what is signed', async () => {
    const { event, balance } = await openPayment();
    expect((await deliver(event)).status).toBe(200);
    expect(await balance()).toBe(15 * USD);
  });

  const now = Math.floor(Date.now() / 1000);
  it.each<[string, Parameters<typeof deliver>[1]]>([
    ['signed with another secret', { secret: 'whsec_of_somebody_else' }],
    ['signed over five minutes ago', { timestamp: now - 301 }],
    ['without a signature', { signature: '' }],
    ['with a signature of nonsense', { signature: 't=1,v1=00' }],
  ])('refuses an event %s', async (_, options) => {
    const { event, balance } = await openPayment();
    const reply = await deliver(event, options);
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ error: { code: 'invalid_signature' } });
    expect(await balance()).toBe(10 * USD);
  });

  it('refuses an event that was changed after it was signed', async () => {
    const { event, balance } = await openPayment();
    const { default: Stripe } = await import('stripe');
    const signature = await Stripe.webhooks.generateTestHeaderStringAsync({
      payload: event,
      secret: 'whsec_of_the_tests',
    });
    expect((await deliver(event.replace('500', '900'), { signature })).status).toBe(400);
    expect(await balance()).toBe(10 * USD);
  });

  it('takes no other method, and is not there without a key of the provider', async () => {
    const reply = await ask('GET', '/api/payments/stripe');
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'POST']);
    const without = await call('POST', '/api/payments/stripe', { body: '{}' });
    expect([without.status, without.body.error.code]).toEqual([503, 'payments_unavailable']);
  });

  it('takes events it knows nothing of', async () => {
    fakeStripe();
    expect((await deliver(eventOf('customer.created', { id: 'cus_1' }))).status).toBe(200);
  });

  it('shows people that come back a page without a script', async () => {
    const reply = await ask('GET', '/api/payments/return?outcome=<script>');
    expect(reply.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await reply.text()).not.toContain('<script>');
    expect(await (await ask('GET', '/api/payments/return?outcome=paid')).text()).toContain('Thank you');
    const cancelled = await ask('GET', '/api/payments/return?outcome=cancelled');
    expect(await cancelled.text()).toContain('Your balance is as it was');
    expect(await (await ask('GET', '/api/payments/return?outcome=toString')).text()).toContain(
      'Welcome back',
    );
  });
});
