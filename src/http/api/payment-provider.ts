import { Hono } from 'hono';
import { handlePaymentEvent } from '../../billing/payments/handle-event.ts';
import { methodNotAllowed } from '../errors.ts';
import type { ApiEnv } from './schemas.ts';

const RETURN_PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Payment</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>:root { color-scheme: light dark; } body { font: 1rem/1.5 system-ui, sans-serif; margin: 20vh auto; max-width: 26rem; padding: 0 1rem; }</style>
<h1>MESSAGE</h1><p>You can close this page.</p></html>`;

const OUTCOMES: Record<string, string> = {
  paid: 'Thank you. Your credits arrive as soon as the payment is confirmed.',
  cancelled: 'Nothing was paid.',
};

/** What the payment provider calls, and where it sends people back to. Neither bears a key of ours. */
export const paymentProviderRoutes = new Hono<ApiEnv>()
  .post('/payments/stripe', async (c) => {
    await handlePaymentEvent(c.env, await c.req.text(), c.req.header('stripe-signature') ?? null);
    return c.json({ received: true });
  })
  .all('/payments/stripe', methodNotAllowed('POST'))
  .get('/payments/return', (c) => {
    const message = OUTCOMES[c.req.query('outcome') ?? ''] ?? 'Welcome back.';
    return c.body(RETURN_PAGE.replace('MESSAGE', message), 200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
    });
  });
