import { and, eq, isNull } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { keys } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { stored } from '../storage.ts';
import { renew } from './spread.ts';

/** How many keys are read anew at one time. */
const AT_ONCE = 20;

/** Tells of what the keys of a member may do now, after what the member may do has changed. */
export async function renewKeysOf(env: Env, workspaceId: string, userId: string): Promise<void> {
  const rows = await stored(
    database(env.DB)
      .select({ hash: keys.hash, previousHash: keys.previousHash })
      .from(keys)
      .where(and(eq(keys.workspaceId, workspaceId), eq(keys.userId, userId), isNull(keys.revokedAt)))
      .all(),
  );
  const hashes = rows.flatMap(({ hash, previousHash }) =>
    previousHash === null ? [hash] : [hash, previousHash],
  );
  for (let at = 0; at < hashes.length; at += AT_ONCE) {
    await Promise.all(hashes.slice(at, at + AT_ONCE).map((hash) => renew(env, hash)));
  }
}
