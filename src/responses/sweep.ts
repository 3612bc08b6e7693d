import { and, inArray, lt } from 'drizzle-orm';
import { database } from '../db/client.ts';
import { responses } from '../db/schema/responses.ts';
import type { Env } from '../env.ts';
import { deleteKept } from './files.ts';

/** D1 binds a hundred values at most to a statement. */
const AT_ONCE = 90;

/** So many batches are deleted in one run. */
const BATCHES = 50;

/**
 * Deletes responses that have expired, the files before the rows that name them.
 * @param now Unix milliseconds.
 * @returns how many were deleted.
 */
export async function sweepResponses(env: Env, now: number): Promise<number> {
  const db = database(env.DB);
  let deleted = 0;
  for (let batch = 0; batch < BATCHES; batch++) {
    // Of every workspace: it is the clock's.
    const expired = await db
      .select({ id: responses.id, workspaceId: responses.workspaceId })
      .from(responses)
      .where(lt(responses.expiresAt, now))
      .limit(AT_ONCE);
    if (expired.length === 0) break;
    await deleteKept(env, expired);
    const ids = expired.map(({ id }) => id);
    await db.delete(responses).where(and(inArray(responses.id, ids), lt(responses.expiresAt, now)));
    deleted += expired.length;
    if (expired.length < AT_ONCE) break;
  }
  return deleted;
}
