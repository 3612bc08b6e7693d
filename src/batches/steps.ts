import { and, eq } from 'drizzle-orm';
import { database } from '../db/client.ts';
import { batches } from '../db/schema/batches.ts';
import type { Env } from '../env.ts';
import { batchClient } from '../objects/batch/client.ts';
import type { BatchOrder } from '../objects/batch/types.ts';
import { stored } from '../tenancy/storage.ts';
import { changeStatus, type StatusChange } from './change.ts';
import { STOP_WITHIN_MS } from './limits.ts';
import { wasBilled } from './lines/was-billed.ts';
import { noteProgress } from './progress.ts';
import type { BatchError, StoredBatch } from './view.ts';
import { deleteResults } from './write-results.ts';

/** What a look at a batch comes to. */
export interface Look {
  /** How long to wait for news, milliseconds; null when all lines have ended. */
  waitMs: number | null;
}

/** The batch cannot be run at all. */
export async function failBatch(env: Env, order: BatchOrder, errors: BatchError[]): Promise<null> {
  await change(env, order, ['validating', 'in_progress', 'finalizing', 'cancelling'], {
    status: 'failed',
    failedAt: Date.now(),
    errors,
  });
  await clear(env, order);
  return null;
}

/** Lets the lines run. */
export async function beginRun(env: Env, order: BatchOrder): Promise<Look> {
  const batch = batchClient(env, order.batchId);
  const { total, failed } = await stored(batch.progress());
  await change(env, order, ['validating'], {
    status: 'in_progress',
    inProgressAt: Date.now(),
    total,
    failed,
  });
  await stored(batch.start());
  return await lookAt(env, order);
}

/** Looks how far the lines have come, and stops them when their time is up. */
export async function lookAt(env: Env, order: BatchOrder): Promise<Look> {
  const batch = batchClient(env, order.batchId);
  const row = await rowOf(env, order);
  const now = Date.now();
  let progress = await stored(batch.progress());
  if (row?.status === 'cancelling') progress = await stored(batch.stop('cancelled'));
  else if (now >= order.expiresAt) progress = await stored(batch.stop('expired'));
  await noteProgress(env, order, progress);
  if (progress.phase === 'over') return { waitMs: null };
  if (progress.phase === 'running') return { waitMs: Math.max(order.expiresAt - now, 1_000) };
  const until =
    (progress.stopped === 'cancelled' ? (row?.cancellingAt ?? now) : order.expiresAt) + STOP_WITHIN_MS;
  if (now < until) return { waitMs: Math.max(until - now, 1_000) };
  for (const { line, attempt } of await stored(batch.abandon())) await wasBilled(env, order, line, attempt);
  return { waitMs: null };
}

/** All lines have ended: their files are about to be written. A batch that is being cancelled shows that instead. */
export async function finalizeBatch(env: Env, order: BatchOrder): Promise<null> {
  await change(env, order, ['in_progress'], { status: 'finalizing', finalizingAt: Date.now() });
  return null;
}

/** The files are written, and nothing else is kept. */
export async function endBatch(
  env: Env,
  order: BatchOrder,
  outputFileId: string | null,
  errorFileId: string | null,
): Promise<null> {
  const row = await rowOf(env, order);
  if (row?.status === 'finalizing' || row?.status === 'cancelling') {
    const { stopped, total, completed, failed } = await stored(batchClient(env, order.batchId).progress());
    const now = Date.now();
    const end =
      row.status === 'cancelling'
        ? ({ status: 'cancelled', cancelledAt: now } as const)
        : stopped === 'expired'
          ? ({ status: 'expired', expiredAt: now } as const)
          : ({ status: 'completed', completedAt: now } as const);
    const files = { outputFileId, errorFileId };
    await change(env, order, [row.status], { ...end, ...files, total, completed, failed });
  }
  await clear(env, order);
  return null;
}

async function change(
  env: Env,
  { batchId: id, workspaceId }: BatchOrder,
  from: StatusChange['from'],
  set: StatusChange['set'],
): Promise<void> {
  await changeStatus(env, { id, workspaceId, actor: 'system', from, set });
}

async function clear(env: Env, order: BatchOrder): Promise<void> {
  await deleteResults(env, order);
  await stored(batchClient(env, order.batchId).close());
}

async function rowOf(env: Env, { batchId, workspaceId }: BatchOrder): Promise<StoredBatch | undefined> {
  return await stored(
    database(env.DB)
      .select()
      .from(batches)
      .where(and(eq(batches.id, batchId), eq(batches.workspaceId, workspaceId)))
      .get(),
  );
}
