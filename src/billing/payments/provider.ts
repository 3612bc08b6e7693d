import type Stripe from 'stripe';
import { configOf, type Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';

/** How long one call may take, milliseconds; it is repeated twice, under the same idempotency key. */
const TIMEOUT_MS = 20_000;

/**
 * The payment provider's client. Loaded when it is first asked for: it is large, and no request to a model
 * needs it.
 * @throws GatewayError `payments_unavailable` where no key is configured.
 */
export async function paymentProvider(env: Env): Promise<Stripe> {
  const config = configOf(env).payments;
  if (!config) throw new GatewayError('payments_unavailable');
  const { default: Client } = await import('stripe');
  return new Client(config.secretKey, {
    httpClient: Client.createFetchHttpClient((input, init) => fetch(input, init)),
    maxNetworkRetries: 2,
    timeout: TIMEOUT_MS,
    telemetry: false,
    ...addressOf(config.apiUrl),
  });
}

function addressOf(url: string | null): Stripe.StripeConfig {
  if (url === null) return {};
  const { protocol, hostname, port } = new URL(url);
  return {
    protocol: protocol === 'http:' ? 'http' : 'https',
    host: hostname,
    ...(port === '' ? {} : { port }),
  };
}

/** Waits for the payment provider; whatever it fails with becomes `payment_provider_error`. */
export async function asked<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    throw new GatewayError('payment_provider_error', { cause });
  }
}
