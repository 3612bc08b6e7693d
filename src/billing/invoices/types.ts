import type { CostLine } from '../cost.ts';

/**
 * One line of an invoice: one unit of one model at one provider, used by one project; or, of a credit note,
 * what is given back. Money is nano-USD.
 */
export interface InvoiceLine {
  /** Id of the project, and its name when the invoice was issued. */
  project: string;
  project_name?: string;
  model: string;
  provider: string;
  unit: CostLine['unit'] | 'unknown' | 'refund' | 'credit';
  /** Nano-USD per 1M tokens, per picture, per 1,000 calls of a tool, or per request. */
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
  /** For a credit note: the number of the invoice or the id of the top-up it takes back from, and why. */
  refers_to?: { invoice?: number; top_up?: string; reason: string };
}
