import { and, desc, eq, lt } from 'drizzle-orm';
import { database } from '../db/client.ts';
import { batches } from '../db/schema/batches.ts';
import type { Env } from '../env.ts';
import type { FileScope } from '../files/types.ts';
import { stored } from '../tenancy/storage.ts';
import type { StoredBatch } from './view.ts';

/**
 * The batches of a project, newest first.
 * @param page how many, and the id behind which the list begins.
 * @throws GatewayError `storage_unavailable`.
 */
export async function listBatches(
  env: Env,
  { workspaceId, projectId }: FileScope,
  page: { limit: number; after?: string | undefined },
): Promise<{ batches: StoredBatch[]; hasMore: boolean }> {
  const rows = await stored(
    database(env.DB)
      .select()
      .from(batches)
      .where(
        and(
          eq(batches.workspaceId, workspaceId),
          eq(batches.projectId, projectId),
          page.after === undefined ? undefined : lt(batches.id, page.after),
        ),
      )
      .orderBy(desc(batches.id))
      .limit(page.limit + 1)
      .all(),
  );
  return { batches: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}
