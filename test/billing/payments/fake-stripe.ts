import { env } from 'cloudflare:workers';
import Stripe from 'stripe';
import { vi } from 'vitest';
import { app } from '../../../src/app.ts';
import type { Env } from '../../../src/env.ts';
import type { Mail } from '../../../src/tenancy/people/mail.ts';

export const WEBHOOK_SECRET = 'whsec_of_the_tests';

/** The Worker's environment of a deployment that takes payments. */
export const paying = {
  ...(env as object),
  STRIPE_SECRET_KEY: 'sk_test_of_the_tests',
  STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
} as unknown as Env;

/** The same where mail is sent. */
export const mailing = { ...paying, MAIL_WEBHOOK_URL: 'https://mail.example/send' } as unknown as Env;

export interface Asked {
  method: string;
  path: string;
  params: Record<string, string>;
  key: string | null;
}

type Reply = (request: Asked) => { status?: number; body: unknown } | undefined;

/** Stripe's API as far as the gateway uses it, in place of the network. Restore mocks after each test. */
export function fakeStripe(special: Reply = () => undefined) {
  const asked: Asked[] = [];
  const answers = new Map<string, Response>();
  const refunds: object[] = [];
  const objects = new Map<string, object>();
  const mails = { sent: [] as Mail[], status: 200 };
  let counter = 0;
  const tag = crypto.randomUUID().slice(0, 8);

  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const url = new URL(String(input));
    const key = new Headers(init?.headers).get('idempotency-key');
    const known = key === null ? undefined : answers.get(key);
    const params = Object.fromEntries(new URLSearchParams(String(init?.body ?? '')));
    const request = { method: init?.method ?? 'GET', path: url.pathname, params, key };
    if (url.host === 'mail.example') {
      if (mails.status === 200) mails.sent.push(JSON.parse(String(init?.body)));
      return new Response(null, { status: mails.status });
    }
    if (url.host !== 'api.stripe.com') throw new Error(`Nobody expects a call of ${url.host}`);
    asked.push(request);
    if (known) return known.clone();
    const { status = 200, body } = special(request) ?? { body: usual(request) };
    const answer = Response.json(body, { status });
    if (key !== null && request.method === 'POST' && status < 500) answers.set(key, answer.clone());
    return answer;
  });

  function usual({ method, path, params }: Asked): unknown {
    const n = `${tag}_${++counter}`;
    if (method === 'POST' && path === '/v1/customers') return { id: `cus_${n}`, object: 'customer' };
    if (method === 'POST' && path === '/v1/checkout/sessions')
      return { id: `cs_${n}`, object: 'checkout.session', url: `https://checkout.stripe.com/c/cs_${n}` };
    if (method === 'POST' && path === '/v1/payment_intents')
      return { id: `pi_${n}`, object: 'payment_intent', status: 'succeeded', amount: Number(params.amount) };
    if (path.endsWith('/payment_methods')) return { object: 'list', has_more: false, data: [{ id: 'pm_1' }] };
    if (path === '/v1/refunds') return { object: 'list', has_more: false, data: refunds };
    return objects.get(path.split('/').at(-1) ?? '') ?? {};
  }

  return {
    asked,
    refunds,
    objects,
    /** What the webhook for mail took, and how it answers. */
    mails,
    count: (path: string) => asked.filter((one) => one.path === path).length,
  };
}

let events = 0;

/** An event as Stripe would send it. */
export function eventOf(type: string, object: object, id = `evt_${crypto.randomUUID()}_${++events}`): string {
  return JSON.stringify({ id, object: 'event', type, data: { object } });
}

/** Sends an event to the webhook, signed now unless said otherwise. */
export async function deliver(
  payload: string,
  {
    secret = WEBHOOK_SECRET,
    timestamp = Math.floor(Date.now() / 1000),
    signature,
    env = paying,
  }: {
    secret?: string;
    timestamp?: number;
    signature?: string;
    env?: Env;
  } = {},
): Promise<Response> {
  const header =
    signature ?? (await Stripe.webhooks.generateTestHeaderStringAsync({ payload, secret, timestamp }));
  return await ask('POST', '/api/payments/stripe', payload, { 'stripe-signature': header }, env);
}

/** A request to the deployment that takes payments. */
export async function ask(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
  env = paying,
): Promise<Response> {
  const request = new Request(`http://interline.test${path}`, { method, headers, ...(body ? { body } : {}) });
  return await app.fetch(request, env, { waitUntil: () => {}, passThroughOnException: () => {} } as never);
}
