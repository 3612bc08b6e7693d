import { csv, csvText as text } from '../../lib/csv.ts';
import { formatUsd } from '../money.ts';
import { referenceOf } from './reference.ts';
import type { InvoiceRow } from './view.ts';

const COLUMNS = [
  'invoice',
  'kind',
  'period',
  'issued',
  'workspace',
  'row',
  'description',
  'project',
  'project_name',
  'model',
  'provider',
  'unit',
  'quantity',
  'requests',
  'unit_price_usd',
  'amount_usd',
];

/**
 * An invoice as CSV (RFC 4180): a row per line, then the subtotal, the tax and the total. Amounts are exact
 * decimals; unit prices are per 1M tokens or characters, per picture, per hour of sound or per request. The description names the tax, and what a credit
 * note takes back from and why.
 */
export function invoiceCsv({ number, kind, period, issuedAt, document }: InvoiceRow): string {
  const issued = new Date(issuedAt).toISOString().slice(0, 10);
  const head = [String(number), kind, period, issued, text(document.workspace.id)];
  const sum = (row: string, description: string, amount: number): string[] => [
    ...head,
    row,
    text(description),
    ...Array<string>(8).fill(''),
    formatUsd(amount),
  ];
  const rows = [
    COLUMNS,
    ...document.lines.map((line) => [
      ...head,
      'line',
      text(referenceOf(document) ?? ''),
      text(line.project),
      text(line.project_name ?? ''),
      text(line.model),
      text(line.provider),
      line.unit,
      String(line.quantity),
      String(line.requests),
      formatUsd(line.rate),
      formatUsd(line.amount),
    ]),
    sum('subtotal', '', document.subtotal),
    ...(document.tax
      ? [sum('tax', `${document.tax.name} ${document.tax.percent} %`, document.tax.amount)]
      : []),
    sum('total', '', document.total),
  ];
  return csv(rows);
}
