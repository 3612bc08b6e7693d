import { and, eq, inArray, lte } from 'drizzle-orm';
import { database } from '../db/client.ts';
import { batches } from '../db/schema/batches.ts';
import type { Env } from '../env.ts';
import type { BatchOrder, BatchProgress } from '../objects/batch/types.ts';
import { stored } from '../tenancy/storage.ts';

/** Notes how far a batch has come, for those who look at it. News that come late change nothing. */
export async function noteProgress(
  env: Env,
  { batchId, workspaceId }: BatchOrder,
  { completed, failed, usage }: BatchProgress,
): Promise<void> {
  await stored(
    database(env.DB)
      .update(batches)
      .set({ completed, failed, usage })
      .where(
        and(
          eq(batches.id, batchId),
          eq(batches.workspaceId, workspaceId),
          inArray(batches.status, ['in_progress', 'cancelling']),
          lte(batches.completed, completed),
          lte(batches.failed, failed),
        ),
      ),
  );
}

/** Notes which model all lines of a batch name. */
export async function noteModel(
  env: Env,
  { batchId, workspaceId }: BatchOrder,
  model: string,
): Promise<void> {
  await stored(
    database(env.DB)
      .update(batches)
      .set({ model })
      .where(and(eq(batches.id, batchId), eq(batches.workspaceId, workspaceId))),
  );
}
