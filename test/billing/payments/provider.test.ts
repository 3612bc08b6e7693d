import { afterEach, describe, expect, it, vi } from 'vitest';
import { asked, paymentProvider } from '../../../src/billing/payments/provider.ts';
import type { Env } from '../../../src/env.ts';
import { paying } from './fake-stripe.ts';

afterEach(() => vi.restoreAllMocks());

async function hostFor(variables: Record<string, string>): Promise<string> {
  const hosts: string[] = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
    hosts.push(new URL(String(input)).origin);
    return Response.json({ id: 'cus_1' });
  });
  const provider = await paymentProvider({ ...paying, ...variables } as Env);
  await provider.customers.create({});
  return hosts.join();
}

describe('the payment provider', () => {
  it('is Stripe, whatever address is given, but for local mode', async () => {
    const elsewhere = 'http://127.0.0.1:9';
    expect(await hostFor({ LOCAL: 'true', STRIPE_API_URL: elsewhere })).toBe(elsewhere);
    expect(await hostFor({ LOCAL: 'false', STRIPE_API_URL: elsewhere })).toBe('https://api.stripe.com');
    expect(await hostFor({ LOCAL: 'true' })).toBe('https://api.stripe.com');
  });

  it('takes both keys', async () => {
    for (const name of ['STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET']) {
      const env = { ...paying, [name]: undefined } as unknown as Env;
      await expect(paymentProvider(env)).rejects.toMatchObject({ code: 'payments_unavailable' });
    }
  });

  it('keeps to itself what it said of a failure', async () => {
    const failure = asked(Promise.reject(new Error('sk_live_secret')));
    await expect(failure).rejects.toMatchObject({ code: 'payment_provider_error' });
    await expect(failure).rejects.not.toThrow('sk_live');
  });
});
