import { and, eq, inArray, type SQL, sql } from 'drizzle-orm';
import { auditRowIf } from '../db/audit.ts';
import { database } from '../db/client.ts';
import { type BatchStatus, batches } from '../db/schema/batches.ts';
import type { Env } from '../env.ts';
import type { Json } from '../lib/json.ts';
import { stored } from '../tenancy/storage.ts';
import type { StoredBatch } from './view.ts';

/** A batch that goes from one status to another. */
export interface StatusChange {
  id: string;
  workspaceId: string;
  /** The id of a key, or `system`. */
  actor: string;
  /** From these alone. */
  from: readonly BatchStatus[];
  set: Partial<Omit<StoredBatch, 'id' | 'workspaceId' | 'projectId' | 'status'>> & { status: BatchStatus };
}

/** Changes the status of a batch that has one of some. @throws GatewayError `storage_unavailable`. */
export async function changeStatus(
  env: Env,
  { id, workspaceId, actor, from, set }: StatusChange,
): Promise<void> {
  const db = database(env.DB);
  const mine = and(
    eq(batches.id, id),
    eq(batches.workspaceId, workspaceId),
    inArray(batches.status, [...from]),
  ) as SQL;
  await stored(
    db.batch([
      auditRowIf(db, sql`exists (select 1 from ${batches} where ${mine})`, {
        workspaceId,
        actor,
        action: `batch.${set.status}`,
        target: id,
        after: { ...set } as Json,
      }),
      db.update(batches).set(set).where(mine),
    ]),
  );
}
