import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { localVariables } from '../../scripts/local-state.ts';
import { OUTPUT } from '../support/node/build.ts';
import { type Gateway, startGateway } from '../support/node/gateway.ts';

const SECRET = 'whsec_of_the_tests';

/** What the payment provider was asked, in order. */
const asked: { path: string; params: Record<string, string>; authorization: string | undefined }[] = [];
let provider: Server;
let running: { gateway: Gateway; stop(): Promise<void> };

beforeAll(async () => {
  provider = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += String(piece);
    const path = request.url ?? '';
    const params = Object.fromEntries(new URLSearchParams(body));
    asked.push({ path, params, authorization: request.headers.authorization });
    const answers: Record<string, object> = {
      '/v1/customers': { id: 'cus_1' },
      '/v1/checkout/sessions': { id: 'cs_1', url: 'https://checkout.example/cs_1' },
      '/v1/customers/cus_1/payment_methods': { object: 'list', data: [{ id: 'pm_1' }], has_more: false },
    };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answers[path.split('?')[0] ?? ''] ?? {}));
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const { port } = provider.address() as AddressInfo;
  running = await startGateway(OUTPUT, 'paying', {
    STRIPE_SECRET_KEY: 'sk_test_of_the_tests',
    STRIPE_WEBHOOK_SECRET: SECRET,
    STRIPE_API_URL: `http://127.0.0.1:${port}`,
  });
});
afterAll(async () => {
  await running.stop();
  provider.closeAllConnections();
  await new Promise((resolve) => provider.close(resolve));
});

test('a person buys credits with the built gateway, and sets automatic top-ups', async () => {
  const { origin } = running.gateway;
  let cookie = '';
  async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(origin + path, {
      method,
      headers: { origin, cookie, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const set = response.headers.getSetCookie();
    if (set.length > 0) cookie = set.map((value) => value.split(';')[0]).join('; ');
    const text = await response.text();
    expect(response.ok, `${method} ${path}: ${text}`).toBe(true);
    return JSON.parse(text) as T;
  }
  const person = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' };
  await ask('POST', '/api/auth/sign-up/email', person);
  const { id } = await ask<{ id: string }>('POST', '/api/workspaces', { name: 'Ada’s' });
  const before = (await ask<{ credits: number }>('GET', `/api/workspaces/${id}`)).credits;
  const topUp = await ask<{ id: string; url: string }>('POST', `/api/workspaces/${id}/top-ups`, {
    amount_usd: 25.5,
  });
  expect(topUp.url).toBe('https://checkout.example/cs_1');
  expect(asked.map(({ path }) => path)).toEqual(['/v1/customers', '/v1/checkout/sessions']);
  expect(asked[1]?.authorization).toBe('Bearer sk_test_of_the_tests');
  expect(asked[1]?.params).toMatchObject({ 'line_items[0][price_data][unit_amount]': '2550' });

  const payload = JSON.stringify({
    id: 'evt_1',
    object: 'event',
    type: 'checkout.session.completed',
    data: {
      object: {
        id: 'cs_1',
        payment_status: 'paid',
        payment_intent: 'pi_1',
        amount_total: 2550,
        currency: 'usd',
        metadata: { top_up: topUp.id },
      },
    },
  });
  const deliver = async (secret: string): Promise<number> => {
    const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret });
    const response = await fetch(`${origin}/api/payments/stripe`, {
      method: 'POST',
      headers: { 'stripe-signature': signature, 'content-type': 'application/json' },
      body: payload,
    });
    await response.body?.cancel();
    return response.status;
  };
  expect(await deliver('whsec_forged')).toBe(400);
  expect(await Promise.all([deliver(SECRET), deliver(SECRET), deliver(SECRET)])).toEqual([200, 200, 200]);
  const after = (await ask<{ credits: number }>('GET', `/api/workspaces/${id}`)).credits;
  expect(Math.round((after - before) * 1e9)).toBe(25_500_000_000);

  const setting = { below_usd: 5, amount_usd: 20 };
  const path = `/api/workspaces/${id}/auto-top-up`;
  expect(await ask('PUT', path, setting)).toEqual({ ...setting, failure: null });
});

test('`npm start` hands on what the environment says of payments, and of all else the Worker knows', () => {
  const given = {
    STRIPE_SECRET_KEY: 'sk_test_of_the_tests',
    STRIPE_WEBHOOK_SECRET: SECRET,
    STRIPE_API_URL: 'http://127.0.0.1:12111',
    ENCRYPTION_KEYS_OLD: 'a former one',
    PROBE_BUDGET_USD: '2',
    REGISTRY_SYNC: 'off',
    ADMIN_KEY: 'op_of_the_environment',
  };
  for (const [name, value] of Object.entries(given)) vi.stubEnv(name, value);
  vi.stubEnv('LOCAL', 'false');
  vi.stubEnv('PUBLIC_URL', '');
  const state = { adminKey: 'op_made_once', encryptionKey: 'made once', demoPassword: '', demoKey: null };
  const { variables } = localVariables(state);
  vi.unstubAllEnvs();
  expect(variables).toMatchObject({ ...given, ENCRYPTION_KEY: 'made once', LOCAL: 'true' });
  expect(variables).not.toHaveProperty('PUBLIC_URL');
});
