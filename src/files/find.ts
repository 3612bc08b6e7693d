import { and, eq, gt, isNull, or, type SQL } from 'drizzle-orm';
import { database } from '../db/client.ts';
import { files } from '../db/schema/files.ts';
import type { Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { stored } from '../tenancy/storage.ts';
import type { FileScope, StoredFile } from './types.ts';

/**
 * A file of a project.
 * @param param what named it, for the error.
 * @throws GatewayError `not_found` for those of others and those that have expired; `storage_unavailable`.
 */
export async function findFile(env: Env, scope: FileScope, id: string, param = 'id'): Promise<StoredFile> {
  const row = await stored(
    database(env.DB)
      .select()
      .from(files)
      .where(and(eq(files.id, id), ofProject(scope, Date.now())))
      .get(),
  );
  if (row) return row;
  throw noSuchFile(id, param);
}

/** The files of a project that have not expired. */
export function ofProject({ workspaceId, projectId }: FileScope, now: number): SQL | undefined {
  return and(
    eq(files.workspaceId, workspaceId),
    eq(files.projectId, projectId),
    or(isNull(files.expiresAt), gt(files.expiresAt, now)),
  );
}

/** In OpenAI's words. */
export function noSuchFile(id: string, param: string): GatewayError {
  return new GatewayError('not_found', { param, message: `No such File object: ${id.slice(0, 100)}` });
}
