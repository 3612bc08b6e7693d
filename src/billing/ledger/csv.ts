import { csv, csvText } from '../../lib/csv.ts';
import { formatUsd } from '../money.ts';
import type { LedgerEntryView } from './view.ts';

const COLUMNS = ['sequence', 'created', 'kind', 'amount_usd', 'reference_type', 'reference', 'id'];

/** Ledger entries as CSV. Times are ISO 8601 in UTC, amounts exact decimals. */
export function ledgerCsv(entries: readonly LedgerEntryView[]): string {
  return csv([
    COLUMNS,
    ...entries.map((entry) => [
      String(entry.sequence),
      new Date(entry.created_at * 1000).toISOString(),
      entry.kind,
      formatUsd(entry.amount_nano_usd),
      entry.reference_type,
      csvText(entry.reference),
      csvText(entry.id),
    ]),
  ]);
}
