import { and, eq, sql } from 'drizzle-orm';
import { auditRowIf } from '../db/audit.ts';
import { database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { files } from '../db/schema/files.ts';
import type { Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { stored } from '../tenancy/storage.ts';
import { outlived, remembered } from './idempotency.ts';
import { hasRoom } from './quota.ts';
import type { FileAuthor, StoredFile } from './types.ts';

/**
 * Decides in one transaction what becomes of a file whose bytes are stored.
 * @returns the row that is there now: this one, or that which has its idempotency key; null where there is no
 *   room for it.
 * @throws GatewayError `storage_unavailable`. Then it may yet come, so its bytes are left to the clock.
 */
export async function insertFile(
  env: Env,
  author: FileAuthor,
  row: StoredFile,
  quotaBytes: number,
): Promise<StoredFile | null> {
  const db = database(env.DB);
  const now = Date.now();
  const { id, workspaceId, projectId, filename, purpose, bytes, createdAt, idempotencyKey } = row;
  const isThis = and(eq(files.id, id), eq(files.workspaceId, workspaceId));
  try {
    const [, inserted, , holder] = await db.batch([
      db
        .update(files)
        .set({ idempotencyKey: null, digest: null })
        .where(outlived(author, idempotencyKey, now)),
      // The unique index decides who has the key.
      insertIf(db, files, hasRoom(author, bytes, quotaBytes), row).returning({ id: files.id }),
      auditRowIf(db, sql`exists (select 1 from ${files} where ${isThis})`, {
        workspaceId,
        actor: author.actor,
        action: 'file.create',
        target: id,
        after: { filename, purpose, bytes, project: projectId },
        at: createdAt,
      }),
      db
        .select()
        .from(files)
        .where(remembered(author, idempotencyKey, now)),
    ]);
    return inserted.length > 0 ? row : (holder[0] ?? null);
  } catch (cause) {
    // The answer alone may be lost, and others may have been answered with this file by now.
    const known = await stored(db.select({ id: files.id }).from(files).where(isThis).get());
    if (known) return row;
    throw new GatewayError('storage_unavailable', { cause });
  }
}
