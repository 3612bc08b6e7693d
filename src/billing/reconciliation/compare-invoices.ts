import { and, eq, inArray } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { differences, invoices } from '../../db/schema/billing.ts';
import type { Env } from '../../env.ts';
import { GIVEN_BACK, type StoredEntry } from '../../objects/workspace/types.ts';
import { stored } from '../../tenancy/storage.ts';
import { monthOf } from '../invoices/month.ts';

/** Months whose sums are kept. */
const MONTHS = 14;

/** The sums of the ledger by month (`YYYY-MM`, nano-USD), with those of further entries. */
export function addSettled(
  sums: Readonly<Record<string, number>>,
  entries: readonly StoredEntry[],
): Record<string, number> {
  const next = { ...sums };
  for (const { id, kind, amount, createdAt } of entries) {
    if (kind !== 'settle' && !id.startsWith(GIVEN_BACK)) continue;
    const month = monthOf(createdAt);
    next[month] = (next[month] ?? 0) - amount;
  }
  return Object.fromEntries(Object.entries(next).sort().slice(-MONTHS));
}

/**
 * Compares the invoices of months that are over with what the ledger took in them.
 * @param sums complete up to now, but for the entries that are too young to be looked at.
 * @throws GatewayError `storage_unavailable`.
 */
export async function compareInvoices(
  env: Env,
  workspaceId: string,
  sums: Readonly<Record<string, number>>,
  now: number,
): Promise<void> {
  // An hour into a month nothing of the one before is young any more.
  const current = monthOf(now - 60 * 60 * 1000);
  const over = Object.keys(sums).filter((month) => month < current);
  if (over.length === 0) return;
  const db = database(env.DB);
  const rows = await stored(
    db
      .select()
      .from(invoices)
      .where(
        and(
          eq(invoices.workspaceId, workspaceId),
          eq(invoices.kind, 'invoice'),
          inArray(invoices.period, over),
        ),
      )
      .all(),
  );
  for (const { id: subject, period, document } of rows) {
    const ledgerAmount = sums[period] ?? 0;
    if (document.subtotal === ledgerAmount) continue;
    const kind = 'invoice_total' as const;
    const id = `${workspaceId}:${kind}:${subject}`;
    const amounts = { ledgerAmount, receiptAmount: document.subtotal, upstreamAmount: null };
    const row = { id, workspaceId, kind, subject, ...amounts, foundAt: now, resolvedAt: null };
    await stored(db.insert(differences).values(row).onConflictDoNothing());
  }
}
