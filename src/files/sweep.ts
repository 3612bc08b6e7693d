import { and, asc, eq, lte } from 'drizzle-orm';
import { auditRow } from '../db/audit.ts';
import { database } from '../db/client.ts';
import { files } from '../db/schema/files.ts';
import type { Env } from '../env.ts';
import { objectKey } from './object-key.ts';

/** So many files at a time, and so many times in one run. */
const PAGE = 100;
const PAGES = 50;

/**
 * Deletes files that have expired. They are not to be seen since then; what one run leaves the next deletes.
 * @param now Unix milliseconds.
 * @returns how many were deleted.
 */
export async function sweepExpiredFiles(env: Env, now: number): Promise<number> {
  const db = database(env.DB);
  let deleted = 0;
  for (let page = 0; page < PAGES; page++) {
    const expired = await db
      .select()
      .from(files)
      .where(lte(files.expiresAt, now))
      .orderBy(asc(files.expiresAt))
      .limit(PAGE)
      .all();
    const [first, ...others] = expired.flatMap((file) => [
      auditRow(db, {
        workspaceId: file.workspaceId,
        actor: 'system',
        action: 'file.expire',
        target: file.id,
        before: {
          filename: file.filename,
          purpose: file.purpose,
          bytes: file.bytes,
          project: file.projectId,
        },
      }),
      db.delete(files).where(and(eq(files.id, file.id), eq(files.workspaceId, file.workspaceId))),
    ]);
    if (first === undefined) break;
    await env.FILES.delete(expired.map(({ workspaceId, id }) => objectKey(workspaceId, id)));
    await db.batch([first, ...others]);
    deleted += expired.length;
    if (expired.length < PAGE) break;
  }
  return deleted;
}
