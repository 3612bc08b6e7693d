import type { invoices } from '../../db/schema/billing.ts';
import { toSeconds } from '../../tenancy/page.ts';
import { nanoToUsd } from '../money.ts';
import type { InvoiceDocument, InvoiceLine } from './types.ts';

export type InvoiceRow = typeof invoices.$inferSelect;

/** An invoice or credit note as lists show it. */
export interface InvoiceSummary {
  id: string;
  /** 1, 2, 3, … over the whole deployment. */
  number: number;
  kind: InvoiceRow['kind'];
  workspace: { id: string; name: string };
  /** `YYYY-MM`, UTC. */
  period: string;
  /** Unix seconds. */
  issued_at: number;
  currency: 'USD';
  subtotal_usd: number;
  tax: { name: string; percent: number; amount_usd: number } | null;
  total_usd: number;
  /** What a credit note takes back from. */
  refers_to: { invoice: number | null; top_up: string | null; reason: string } | null;
}

/** A line of an invoice. */
export interface InvoiceLineView {
  project: { id: string; name: string } | null;
  model: string | null;
  provider: string | null;
  unit: string;
  quantity: number;
  requests: number;
  /** USD per 1M tokens, per picture or per request. */
  unit_price_usd: number;
  amount_usd: number;
}

/** What a workspace used in a month, as its invoice would say it. */
export interface UsageView
  extends Pick<
    InvoiceView,
    'workspace' | 'period' | 'currency' | 'subtotal_usd' | 'tax' | 'total_usd' | 'lines'
  > {
  /** Whether the month is over: nothing is added any more. */
  complete: boolean;
}

export interface InvoiceView extends InvoiceSummary {
  lines: InvoiceLineView[];
}

export function invoiceSummary(row: InvoiceRow): InvoiceSummary {
  const { workspace, refers_to } = row.document;
  return {
    id: row.id,
    number: row.number,
    kind: row.kind,
    workspace,
    period: row.period,
    issued_at: toSeconds(row.issuedAt),
    currency: 'USD',
    ...totalsView(row.document),
    refers_to: refers_to
      ? { invoice: refers_to.invoice ?? null, top_up: refers_to.top_up ?? null, reason: refers_to.reason }
      : null,
  };
}

export function invoiceView(row: InvoiceRow): InvoiceView {
  return { ...invoiceSummary(row), lines: row.document.lines.map(lineView) };
}

export function usageView(
  { workspace, lines, subtotal, tax, total }: InvoiceDocument,
  period: string,
  complete: boolean,
): UsageView {
  return {
    workspace,
    period,
    complete,
    currency: 'USD',
    ...totalsView({ subtotal, tax, total }),
    lines: lines.map(lineView),
  };
}

function totalsView({ subtotal, tax, total }: Pick<InvoiceDocument, 'subtotal' | 'tax' | 'total'>) {
  return {
    subtotal_usd: nanoToUsd(subtotal),
    tax: tax && { name: tax.name, percent: tax.percent, amount_usd: nanoToUsd(tax.amount) },
    total_usd: nanoToUsd(total),
  };
}

function lineView(line: InvoiceLine): InvoiceLineView {
  return {
    project: line.project === '' ? null : { id: line.project, name: line.project_name ?? line.project },
    model: line.model || null,
    provider: line.provider || null,
    unit: line.unit,
    quantity: line.quantity,
    requests: line.requests,
    unit_price_usd: nanoToUsd(line.rate),
    amount_usd: nanoToUsd(line.amount),
  };
}
