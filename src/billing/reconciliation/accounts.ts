import type { Env } from '../../env.ts';
import { tracesClient } from '../../objects/traces/client.ts';
import type { StoredReceipt } from '../../objects/traces/types.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import type { StoredEntry } from '../../objects/workspace/types.ts';
import type { Receipt } from '../../telemetry/receipt.ts';

/** Both sides of the accounts of one generation. */
export interface Account {
  generation: string;
  receipt: Receipt | null;
  entry: StoredEntry | null;
}

/** The ledger entry that charges a generation. */
export function entryIdOf(generation: string): string {
  return `settle:${generation}`;
}

export function readReceipt({ receipt }: StoredReceipt): Receipt {
  return JSON.parse(receipt) as Receipt;
}

/** The accounts of generations, both sides read now. */
export async function accountsOf(env: Env, workspaceId: string, generations: string[]): Promise<Account[]> {
  if (generations.length === 0) return [];
  const [receipts, entries] = await Promise.all([
    tracesClient(env, workspaceId).findAll(generations),
    workspaceClient(env, workspaceId).find(generations.map(entryIdOf)),
  ]);
  const receiptById = new Map(receipts.map((stored) => [stored.id, readReceipt(stored)]));
  const entryById = new Map(entries.map((entry) => [entry.id, entry]));
  return generations.map((generation) => ({
    generation,
    receipt: receiptById.get(generation) ?? null,
    entry: entryById.get(entryIdOf(generation)) ?? null,
  }));
}
