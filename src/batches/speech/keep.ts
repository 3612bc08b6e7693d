import { and, eq, inArray, sql } from 'drizzle-orm';
import { auditRowIf } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { insertIf } from '../../db/insert-if.ts';
import { batches } from '../../db/schema/batches.ts';
import { files } from '../../db/schema/files.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { objectKey } from '../../files/object-key.ts';
import type { ByteSource, FileScope, StoredFile } from '../../files/types.ts';
import { Upload } from '../../files/upload.ts';
import { stored } from '../../tenancy/storage.ts';
import { speechFileIdOf } from '../generation-id.ts';

/** Of which attempt at a line a sound is. */
export interface SpokenLine extends FileScope {
  batchId: string;
  line: number;
  generationId: string;
}

/** How names of files end, by the media types of `response_format`. */
const ENDINGS: Readonly<Record<string, string>> = {
  'audio/mpeg': 'mp3',
  'audio/opus': 'opus',
  'audio/ogg': 'ogg',
  'audio/aac': 'aac',
  'audio/flac': 'flac',
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/pcm': 'pcm',
};

/**
 * Keeps the sound of an attempt as a file while it comes, under an id that is always the same. Whatever fails leaves no
 * row; bytes without one the clock deletes (`files/sweep-lost.ts`).
 * @param contentType a media type without parameters.
 * @throws GatewayError `storage_unavailable`; `conflict` where the batch has ended meanwhile; what `sound` throws.
 */
export async function keepSpeech(
  env: Env,
  { workspaceId, projectId, batchId, line, generationId }: SpokenLine,
  contentType: string,
  sound: ByteSource,
): Promise<StoredFile> {
  const id = speechFileIdOf(generationId);
  const upload = new Upload(env.FILES, objectKey(workspaceId, id));
  try {
    for await (const bytes of sound) await upload.write(bytes);
    await upload.finish();
  } catch (thrown) {
    await upload.abort();
    throw thrown;
  }
  const row: StoredFile = {
    id,
    workspaceId,
    projectId,
    purpose: 'batch_output',
    filename: `${batchId}_${line}.${ENDINGS[contentType] ?? 'bin'}`,
    contentType,
    bytes: upload.size,
    createdAt: Date.now(),
    // When its batch ends it expires with the batch's other files.
    expiresAt: null,
    idempotencyKey: null,
    digest: null,
  };
  if (await insert(env, batchId, row)) return row;
  await stored(env.FILES.delete(objectKey(workspaceId, id)));
  throw new GatewayError('conflict', { message: 'The batch has ended.' });
}

/** Of an attempt that comes when its batch has ended nothing is left. @returns whether the row is there. */
async function insert(env: Env, batchId: string, row: StoredFile): Promise<boolean> {
  const { id, workspaceId, projectId, filename, purpose, bytes, createdAt } = row;
  const db = database(env.DB);
  const runs = db
    .select({ one: sql`1` })
    .from(batches)
    .where(
      and(
        eq(batches.id, batchId),
        eq(batches.workspaceId, workspaceId),
        inArray(batches.status, ['in_progress', 'cancelling']),
      ),
    );
  const [, inserted] = await stored(
    db.batch([
      auditRowIf(db, sql`exists ${runs}`, {
        workspaceId,
        actor: 'system',
        action: 'file.create',
        target: id,
        after: { filename, purpose, bytes, project: projectId },
        at: createdAt,
      }),
      insertIf(db, files, sql`exists ${runs}`, row).returning({ id: files.id }),
    ]),
  );
  return inserted.length > 0;
}
