import type { NanoUsd } from '../money.ts';
import type { InvoiceDocument, InvoiceLine } from './types.ts';

/** A tax in percent, with four decimals at most. */
export interface Tax {
  name: string;
  percent: number;
}

const PERCENT_STEPS = 10_000;
const DIVISOR = BigInt(100 * PERCENT_STEPS);

/** Whether a percentage can be a tax: from 0 to 100, with four decimals at most. */
export function isTaxPercent(percent: number): boolean {
  const steps = Math.round(percent * PERCENT_STEPS);
  return percent >= 0 && percent <= 100 && steps / PERCENT_STEPS === percent;
}

/**
 * The sums of an invoice. The tax is computed on the subtotal and rounded once, half away from zero, to the
 * nano-dollar, so that a credit note of the whole takes back the whole.
 * @throws RangeError when a sum is more than a number holds exactly.
 */
export function totalsOf(
  lines: readonly InvoiceLine[],
  tax: Tax | null,
): Pick<InvoiceDocument, 'subtotal' | 'tax' | 'total'> {
  const subtotal = lines.reduce((sum, line) => sum + BigInt(line.amount), 0n);
  const taxed = tax && taxOn(subtotal, tax.percent);
  return {
    subtotal: exact(subtotal),
    tax: tax && { name: tax.name, percent: tax.percent, amount: exact(taxed ?? 0n) },
    total: exact(subtotal + (taxed ?? 0n)),
  };
}

function taxOn(subtotal: bigint, percent: number): bigint {
  const magnitude = subtotal < 0n ? -subtotal : subtotal;
  const share = magnitude * BigInt(Math.round(percent * PERCENT_STEPS));
  const rounded = (share + DIVISOR / 2n) / DIVISOR;
  return subtotal < 0n ? -rounded : rounded;
}

function exact(amount: bigint): NanoUsd {
  const value = Number(amount);
  if (!Number.isSafeInteger(value))
    throw new RangeError('A sum of the invoice is over what can be held exactly.');
  return value;
}
