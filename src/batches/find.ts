import { and, eq } from 'drizzle-orm';
import { database } from '../db/client.ts';
import { batches } from '../db/schema/batches.ts';
import type { Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import type { FileScope } from '../files/types.ts';
import { stored } from '../tenancy/storage.ts';
import type { StoredBatch } from './view.ts';

/** A batch of a project. @throws GatewayError `not_found`, also for those of others; `storage_unavailable`. */
export async function findBatch(
  env: Env,
  { workspaceId, projectId }: FileScope,
  id: string,
): Promise<StoredBatch> {
  const row = await stored(
    database(env.DB)
      .select()
      .from(batches)
      .where(and(eq(batches.id, id), eq(batches.workspaceId, workspaceId), eq(batches.projectId, projectId)))
      .get(),
  );
  if (row) return row;
  throw new GatewayError('not_found', {
    param: 'batch_id',
    message: `No batch found with id '${id.slice(0, 100)}'.`,
  });
}
