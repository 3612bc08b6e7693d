import { and, eq, isNull } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { keys } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { keyMemory } from '../key-memory.ts';
import type { KeyState } from '../key-state.ts';
import { deleteCopies, readStored, writeCopies } from '../key-store.ts';
import { stored } from '../storage.ts';

/**
 * Tells of a change of keys: this isolate at once, others through KV. Those that hold a key in memory ask
 * D1 within ten seconds of use and never serve it for longer than a minute, should KV fail here.
 */
export async function spread(env: Env, states: readonly KeyState[]): Promise<void> {
  for (const state of states) keyMemory.remember(state, Date.now());
  try {
    await writeCopies(env, states);
  } catch (cause) {
    console.warn(JSON.stringify({ warning: 'key_copy_failed', cause: String(cause) }));
  }
}

/** Reads what D1 says of a secret now, and tells of it. For changes of what a key may do. */
export async function renew(env: Env, hash: string): Promise<void> {
  const state = await stored(readStored(env, hash, Date.now()));
  if (state) await spread(env, [state]);
}

/** A workspace has at most so many keys whose copies are dropped at once; others follow within a minute. */
const DROPPED_AT_ONCE = 500;

/**
 * Drops what is known of a workspace's keys, here and in KV: for changes that concern them all. Isolates that
 * hold them in memory ask D1 within ten seconds of use.
 */
export async function dropCopies(env: Env, workspaceId: string): Promise<void> {
  const rows = await stored(
    database(env.DB)
      .select({ hash: keys.hash, previousHash: keys.previousHash })
      .from(keys)
      .where(and(eq(keys.workspaceId, workspaceId), isNull(keys.revokedAt)))
      .limit(DROPPED_AT_ONCE),
  );
  const hashes = rows.flatMap(({ hash, previousHash }) =>
    previousHash === null ? [hash] : [hash, previousHash],
  );
  for (const hash of hashes) keyMemory.forget(hash);
  try {
    await deleteCopies(env, hashes);
  } catch (cause) {
    console.warn(JSON.stringify({ warning: 'key_copy_failed', cause: String(cause) }));
  }
}
