/**
 * How accounts may differ over one generation: the ledger lacks what a receipt charges, or the other way
 * round; both have it with different amounts; or the provider reports a cost that is over 1 % off ours. And
 * over an invoice: its subtotal is not what the ledger took in its month.
 */
export const DIFFERENCE_KINDS = [
  'missing_settlement',
  'missing_receipt',
  'different_amount',
  'upstream_cost',
  'invoice_total',
] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];
