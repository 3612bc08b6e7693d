import type { CostLine } from '../cost.ts';

/** One line of an invoice: one unit of one model at one provider, used by one project. Money is nano-USD. */
export interface InvoiceLine {
  project: string;
  model: string;
  provider: string;
  unit: CostLine['unit'] | 'unknown';
  /** Nano-USD per 1M tokens, or per request. */
  rate: number;
  quantity: number;
  requests: number;
  amount: number;
}

/** What an invoice or credit note says, as it was issued. Money is nano-USD. */
export interface InvoiceDocument {
  workspace: { id: string; name: string };
  lines: InvoiceLine[];
  /** Sum of the lines. */
  subtotal: number;
  tax: { name: string; percent: number; amount: number } | null;
  total: number;
  /** For a credit note: what it takes back, and why. */
  refers_to?: { number: number; reason: string };
}
