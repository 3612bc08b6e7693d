import { and, eq, gte, inArray, lt, sql } from 'drizzle-orm';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { files } from '../../db/schema/files.ts';
import type { Env } from '../../env.ts';
import { objectKey } from '../../files/object-key.ts';
import { mapConcurrently } from '../../lib/map-concurrently.ts';
import { batchClient } from '../../objects/batch/client.ts';
import type { BatchOrder } from '../../objects/batch/types.ts';
import { stored } from '../../tenancy/storage.ts';
import { generationIdOf, speechFileIdOf } from '../generation-id.ts';

export const SPEECH = '/v1/audio/speech';

/** So many lines, and files, at a time. */
const PAGE = 50;

/** So many of them at once. */
const TOGETHER = 4;

/**
 * Deletes sound that no answer of a batch names: that of attempts that were lost. May be repeated.
 * @param all also that of lines with an answer, whose batch comes to nothing.
 */
export async function sweepSpeech(env: Env, order: BatchOrder, all: boolean): Promise<void> {
  if (order.endpoint !== SPEECH) return;
  const batch = batchClient(env, order.batchId);
  for (let after = 0; ; ) {
    const lines = await stored(all ? batch.attempted(false, after, PAGE) : batch.superseded(after, PAGE));
    if (lines.length === 0) return;
    after = lines.at(-1)?.line ?? after;
    await mapConcurrently(lines, TOGETHER, async ({ line, attempts }) => {
      const ids = Array.from({ length: attempts }, (_, index) =>
        speechFileIdOf(generationIdOf(order, line, index + 1)),
      );
      for (let at = 0; at < ids.length; at += PAGE) await deleteFiles(env, order, ids.slice(at, at + PAGE));
    });
  }
}

/** Lets the sound of a batch expire with its other files. @param expiresAt Unix milliseconds. */
export async function expireSpeech(env: Env, order: BatchOrder, expiresAt: number): Promise<void> {
  if (order.endpoint !== SPEECH) return;
  const { batchId, workspaceId, projectId } = order;
  // All ids of a batch begin with its time.
  const first = speechFileIdOf(generationIdOf(order, 0, 0)).slice(0, 'file-'.length + 10);
  await stored(
    database(env.DB)
      .update(files)
      .set({ expiresAt })
      .where(
        and(
          eq(files.workspaceId, workspaceId),
          eq(files.projectId, projectId),
          gte(files.id, first),
          lt(files.id, `${first}~`),
          eq(files.purpose, 'batch_output'),
          sql`substr(${files.filename}, 1, ${batchId.length + 1}) = ${`${batchId}_`}`,
        ),
      ),
  );
}

async function deleteFiles(env: Env, { workspaceId }: BatchOrder, ids: string[]): Promise<void> {
  const db = database(env.DB);
  const mine = and(inArray(files.id, ids), eq(files.workspaceId, workspaceId));
  const rows = await stored(db.select().from(files).where(mine).all());
  const [first, ...others] = rows.flatMap(({ id, filename, purpose, bytes, projectId }) => [
    auditRow(db, {
      workspaceId,
      actor: 'system',
      action: 'file.delete',
      target: id,
      before: { filename, purpose, bytes, project: projectId },
    }),
    db.delete(files).where(and(eq(files.id, id), eq(files.workspaceId, workspaceId))),
  ]);
  if (first === undefined) return;
  await stored(env.FILES.delete(rows.map(({ id }) => objectKey(workspaceId, id))));
  await stored(db.batch([first, ...others]));
}
