import { and, asc, desc, eq, gt, lt } from 'drizzle-orm';
import { database } from '../db/client.ts';
import { files } from '../db/schema/files.ts';
import type { Env } from '../env.ts';
import { stored } from '../tenancy/storage.ts';
import { ofProject } from './find.ts';
import type { FileScope, StoredFile } from './types.ts';

export interface FileQuery {
  purpose?: string | undefined;
  /** By age; newest first is `desc`. */
  order: 'asc' | 'desc';
  limit: number;
  /** The id behind which the list begins, whether or not there still is such a file. */
  after?: string | undefined;
}

/** The files of a project. @throws GatewayError `storage_unavailable`. */
export async function listFiles(
  env: Env,
  scope: FileScope,
  { purpose, order, limit, after }: FileQuery,
): Promise<{ files: StoredFile[]; hasMore: boolean }> {
  const [behind, direction] = order === 'asc' ? [gt, asc] : [lt, desc];
  const rows = await stored(
    database(env.DB)
      .select()
      .from(files)
      .where(
        and(
          ofProject(scope, Date.now()),
          purpose === undefined ? undefined : eq(files.purpose, purpose),
          after === undefined ? undefined : behind(files.id, after),
        ),
      )
      .orderBy(direction(files.id))
      .limit(limit + 1)
      .all(),
  );
  return { files: rows.slice(0, limit), hasMore: rows.length > limit };
}
