import type { GatewayError } from '../errors.ts';

/** Shorter secrets are found in too much that is none. */
const LEAST_LENGTH = 8;

/** Providers may say back the secret they were sent, and callers read what providers say. */
export function withoutSecret(text: string, secret: string | null): string {
  return secret !== null && secret.length >= LEAST_LENGTH ? text.replaceAll(secret, '[secret]') : text;
}

/** The same for an error that was made of a provider's words. */
export function errorWithoutSecret(error: GatewayError, secret: string | null): GatewayError {
  const { message, upstream } = error;
  const safe = withoutSecret(message, secret);
  const body = upstream?.body === undefined ? undefined : withoutSecret(upstream.body, secret);
  if (safe === message && body === upstream?.body) return error;
  return error.with({
    message: safe,
    ...(upstream && body !== undefined ? { upstream: { ...upstream, body } } : {}),
  });
}
