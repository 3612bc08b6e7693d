import type { InvoiceDocument } from './types.ts';

/** What a credit note is about, e.g. `Invoice 7: Outage`; null for an invoice. */
export function referenceOf({ refers_to: what }: InvoiceDocument): string | null {
  if (!what) return null;
  const target = what.invoice === undefined ? `Top-up ${what.top_up ?? ''}` : `Invoice ${what.invoice}`;
  return `${target}: ${what.reason}`;
}
