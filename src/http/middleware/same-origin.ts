import { configOf } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import type { HttpContext } from '../context.ts';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The scheme and host that people use: PUBLIC_URL, else what the request came to. */
export function originOf(c: HttpContext): string {
  return configOf(c.env).publicUrl ?? new URL(c.req.url).origin;
}

/**
 * Refuses a change that another site's page may have sent with our cookie: `Origin` must be our own, or,
 * where a browser sends none, `Sec-Fetch-Site` must say so.
 * @param proof whether a request that says nothing of where it comes from is refused too.
 * @throws GatewayError `cross_site_request`.
 */
export function requireSameOrigin(c: HttpContext, proof: boolean): void {
  if (SAFE.has(c.req.method)) return;
  const origin = c.req.header('origin');
  const site = c.req.header('sec-fetch-site');
  const foreign =
    origin !== undefined ? origin !== originOf(c) : site !== undefined && site !== 'same-origin';
  if (foreign || (proof && origin === undefined && site === undefined)) {
    throw new GatewayError('cross_site_request');
  }
}
