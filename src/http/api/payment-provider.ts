import { Hono } from 'hono';
import { html } from 'hono/html';
import { handlePaymentEvent } from '../../billing/payments/handle-event.ts';
import { methodNotAllowed } from '../errors.ts';
import { cardPage } from '../pages/layout.ts';
import type { ApiEnv } from './schemas.ts';

/** By the outcome that the provider's page names: the title, and what it means. Credits come by its event alone. */
const OUTCOMES: Record<string, readonly [string, string]> = {
  paid: ['Thank you', 'Your credits arrive as soon as the payment is confirmed, usually within a minute.'],
  cancelled: ['Nothing was paid', 'You left the checkout before paying. Your balance is as it was.'],
};

/** What the payment provider calls, and where it sends people back to. Neither bears a key of ours. */
export const paymentProviderRoutes = new Hono<ApiEnv>()
  .post('/payments/stripe', async (c) => {
    await handlePaymentEvent(c.env, await c.req.text(), c.req.header('stripe-signature') ?? null);
    return c.json({ received: true });
  })
  .all('/payments/stripe', methodNotAllowed('POST'))
  .get('/payments/return', (c) => {
    const outcome = c.req.query('outcome') ?? '';
    const [title, text] = (Object.hasOwn(OUTCOMES, outcome) && OUTCOMES[outcome]) || ['Welcome back', ''];
    return cardPage(title, html`<p>${text}</p><p class="dim">You can close this page.</p>`);
  });
