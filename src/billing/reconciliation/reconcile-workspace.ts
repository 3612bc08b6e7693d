import { and, eq, inArray, isNull } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { differences, reconciliations } from '../../db/schema/billing.ts';
import type { Env } from '../../env.ts';
import { tracesClient } from '../../objects/traces/client.ts';
import { RETENTION_MS } from '../../objects/traces/types.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import type { StoredEntry } from '../../objects/workspace/types.ts';
import { stored } from '../../tenancy/storage.ts';
import { type Account, accountsOf, readReceipt } from './accounts.ts';
import { compare } from './compare.ts';
import { addSettled, compareInvoices } from './compare-invoices.ts';

/** Receipt and settlement travel apart: what is younger is not compared yet, milliseconds. */
export const GRACE_MS = 10 * 60 * 1000;
/** What is that near to being swept away may miss its receipt. */
const SWEEP_MARGIN_MS = 24 * 60 * 60 * 1000;
/** Rows of each side in one look. */
const PAGE = 200;
/** Differences that are looked at again in one run. */
const MOST_OPEN = 100;

/**
 * Compares the next page of a workspace's ledger and of its receipts, and looks at what differed before.
 * Repeating it changes nothing: what was found stays found under the same id.
 * @returns whether there is more to compare.
 * @throws GatewayError `storage_unavailable`.
 */
export async function reconcileWorkspace(env: Env, workspaceId: string, now: number): Promise<boolean> {
  const db = database(env.DB);
  const known = await stored(
    db.select().from(reconciliations).where(eq(reconciliations.workspaceId, workspaceId)).get(),
  );
  const fromLedger = await lookAtLedger(env, workspaceId, known?.ledger ?? 0, now);
  const fromReceipts = await lookAtReceipts(env, workspaceId, known?.receipts ?? 0, now);
  await note(env, workspaceId, [...fromLedger.accounts, ...fromReceipts.accounts], now);
  await resolve(env, workspaceId, now);
  const settled = addSettled(known?.settled ?? {}, fromLedger.entries);
  if (!fromLedger.isMore) await compareInvoices(env, workspaceId, settled, now);
  // The cursor moves last, and the sums with it: a run that breaks off is done again.
  const next = { ledger: fromLedger.cursor, receipts: fromReceipts.cursor, settled, updatedAt: now };
  await stored(
    db
      .insert(reconciliations)
      .values({ workspaceId, ...next })
      .onConflictDoUpdate({ target: reconciliations.workspaceId, set: next }),
  );
  return fromLedger.isMore || fromReceipts.isMore;
}

interface Look {
  accounts: Account[];
  cursor: number;
  isMore: boolean;
}

async function lookAtLedger(
  env: Env,
  workspaceId: string,
  after: number,
  now: number,
): Promise<Look & { entries: StoredEntry[] }> {
  const page = await stored(workspaceClient(env, workspaceId).entries(after, PAGE));
  const ripe = leading(page, ({ createdAt }) => createdAt <= now - GRACE_MS);
  const generations = ripe
    .filter(({ kind, createdAt }) => kind === 'settle' && createdAt > now - RETENTION_MS + SWEEP_MARGIN_MS)
    .map(({ reference }) => reference);
  return {
    entries: ripe,
    accounts: await stored(accountsOf(env, workspaceId, generations)),
    cursor: ripe.at(-1)?.sequence ?? after,
    isMore: ripe.length === PAGE,
  };
}

async function lookAtReceipts(env: Env, workspaceId: string, after: number, now: number): Promise<Look> {
  const page = await stored(tracesClient(env, workspaceId).page(after, PAGE));
  const ripe = leading(page, (one) => {
    const { created, timings } = readReceipt(one);
    return created * 1000 + timings.total_ms <= now - GRACE_MS;
  });
  return {
    accounts: await stored(
      accountsOf(
        env,
        workspaceId,
        ripe.map(({ id }) => id),
      ),
    ),
    cursor: ripe.at(-1)?.sequence ?? after,
    isMore: ripe.length === PAGE,
  };
}

/** The items up to the first one that does not fit. */
function leading<T>(items: readonly T[], fits: (item: T) => boolean): T[] {
  const end = items.findIndex((item) => !fits(item));
  return end < 0 ? [...items] : items.slice(0, end);
}

async function note(env: Env, workspaceId: string, accounts: Account[], now: number): Promise<void> {
  const db = database(env.DB);
  for (const { generation, receipt, entry } of accounts) {
    for (const finding of compare(receipt, entry)) {
      const id = `${workspaceId}:${finding.kind}:${generation}`;
      const row = { id, workspaceId, subject: generation, ...finding, foundAt: now, resolvedAt: null };
      await stored(db.insert(differences).values(row).onConflictDoNothing());
    }
  }
}

/** Marks what differed and does so no more: the other side came late. */
async function resolve(env: Env, workspaceId: string, now: number): Promise<void> {
  const db = database(env.DB);
  const open = await stored(
    db
      .select()
      .from(differences)
      .where(
        and(
          eq(differences.workspaceId, workspaceId),
          isNull(differences.resolvedAt),
          inArray(differences.kind, ['missing_settlement', 'missing_receipt']),
        ),
      )
      .limit(MOST_OPEN)
      .all(),
  );
  const accounts = await stored(
    accountsOf(
      env,
      workspaceId,
      open.map(({ subject }) => subject),
    ),
  );
  const complete = new Set(
    accounts.filter(({ receipt, entry }) => receipt && entry).map(({ generation }) => generation),
  );
  for (const { id, subject } of open) {
    if (!complete.has(subject)) continue;
    await stored(db.update(differences).set({ resolvedAt: now }).where(eq(differences.id, id)));
  }
}
