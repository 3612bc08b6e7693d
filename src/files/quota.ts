import { eq, type SQL, sql } from 'drizzle-orm';
import { database } from '../db/client.ts';
import { files } from '../db/schema/files.ts';
import type { Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { stored } from '../tenancy/storage.ts';
import { remembered } from './idempotency.ts';
import type { FileScope } from './types.ts';

/**
 * How many bytes an upload may bring, as far as can be told before it comes: what is under a key that is
 * remembered will most likely not be kept.
 * @param quotaBytes of all files of the workspace together, also those that have expired and are not yet swept.
 * @throws GatewayError `storage_unavailable`.
 */
export async function roomAtFirst(
  env: Env,
  scope: FileScope,
  quotaBytes: number,
  idempotencyKey: string | null,
): Promise<number> {
  if (!Number.isFinite(quotaBytes)) return quotaBytes;
  const row = await stored(
    database(env.DB)
      .select({
        bytes: sql<number>`coalesce(sum(${files.bytes}), 0)`,
        known: sql<number | null>`max(${remembered(scope, idempotencyKey, Date.now())})`,
      })
      .from(files)
      .where(eq(files.workspaceId, scope.workspaceId))
      .get(),
  );
  return row?.known === 1 ? Number.POSITIVE_INFINITY : quotaBytes - (row?.bytes ?? 0);
}

/** Whether there is room for so many bytes more, told at the moment at which it is asked. */
export function hasRoom({ workspaceId }: FileScope, bytes: number, quotaBytes: number): SQL {
  if (!Number.isFinite(quotaBytes)) return sql`true`;
  return sql`(select coalesce(sum(${files.bytes}), 0) from ${files} where ${files.workspaceId} = ${workspaceId}) <= ${quotaBytes - bytes}`;
}

export function overQuota(quotaBytes: number): GatewayError {
  return new GatewayError('storage_quota_exceeded', {
    param: 'file',
    message: `The files of this workspace may be ${quotaBytes} bytes together. Delete some first.`,
  });
}
