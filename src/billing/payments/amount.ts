import { GatewayError } from '../../errors.ts';
import { NANO_PER_USD, type NanoUsd } from '../money.ts';

/** The payment provider counts in cents. */
export const NANO_PER_CENT = NANO_PER_USD / 100;

/** What one payment may be, USD: less costs more in fees than it brings, more the provider does not take. */
const LEAST_USD = 1;
const MOST_USD = 999_999.99;

/**
 * An amount that can be paid, in cents.
 * @throws GatewayError `invalid_value` naming `param`: too small, too large, or with a fraction of a cent.
 */
export function payableCents(usd: number, param: string): number {
  const cents = Math.round(usd * 100);
  if (!(usd >= LEAST_USD && usd <= MOST_USD) || cents / 100 !== usd) {
    throw new GatewayError('invalid_value', {
      message: `${param} must be an amount of USD from ${LEAST_USD} to ${MOST_USD}, in whole cents.`,
      param,
    });
  }
  return cents;
}

export function centsToNano(cents: number): NanoUsd {
  return cents * NANO_PER_CENT;
}
