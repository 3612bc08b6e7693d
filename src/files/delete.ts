import { and, eq } from 'drizzle-orm';
import { auditRow } from '../db/audit.ts';
import { database } from '../db/client.ts';
import { files } from '../db/schema/files.ts';
import type { Env } from '../env.ts';
import { stored } from '../tenancy/storage.ts';
import { findFile } from './find.ts';
import { objectKey } from './object-key.ts';
import type { FileAuthor } from './types.ts';

/**
 * Deletes a file: first its bytes, so that a failure leaves something to delete again.
 * @throws GatewayError `not_found`, `storage_unavailable`.
 */
export async function deleteFile(env: Env, author: FileAuthor, id: string): Promise<void> {
  const { workspaceId, projectId, filename, purpose, bytes } = await findFile(env, author, id);
  await stored(env.FILES.delete(objectKey(workspaceId, id)));
  const db = database(env.DB);
  await stored(
    db.batch([
      auditRow(db, {
        workspaceId,
        actor: author.actor,
        action: 'file.delete',
        target: id,
        before: { filename, purpose, bytes, project: projectId },
      }),
      db.delete(files).where(and(eq(files.id, id), eq(files.workspaceId, workspaceId))),
    ]),
  );
}
