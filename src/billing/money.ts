/** Money is an integer number of nano-USD (1 USD = 1_000_000_000). A number holds it exactly to 9 million USD. */
export type NanoUsd = number;

export const NANO_PER_USD = 1_000_000_000;

/** The largest amount that one value may hold: 9 million USD, under 2^53 nano-USD. */
export const MAX_NANO_USD: NanoUsd = 9_000_000 * NANO_PER_USD;

/** USD to nano-USD, rounded to the nearest. */
export function usdToNano(usd: number): NanoUsd {
  return Math.round(usd * NANO_PER_USD);
}

/** Nano-USD to a JSON number of USD, e.g. 0.000123. */
export function nanoToUsd(nano: NanoUsd): number {
  return nano / NANO_PER_USD;
}

/** Nano-USD as a plain decimal of USD, without exponent or trailing zeros: 123_000 → "0.000123". */
export function formatUsd(nano: NanoUsd): string {
  const sign = nano < 0 ? '-' : '';
  const digits = Math.abs(nano).toString().padStart(10, '0');
  const fraction = digits.slice(-9).replace(/0+$/, '');
  return `${sign}${digits.slice(0, -9)}${fraction === '' ? '' : `.${fraction}`}`;
}
