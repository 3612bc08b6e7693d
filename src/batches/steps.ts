import { and, eq } from 'drizzle-orm';
import { database } from '../db/client.ts';
import { batches } from '../db/schema/batches.ts';
import type { Env } from '../env.ts';
import { batchClient } from '../objects/batch/client.ts';
import type { BatchOrder } from '../objects/batch/types.ts';
import { stored } from '../tenancy/storage.ts';
import { changeStatus, type StatusChange } from './change.ts';
import { STOP_WITHIN_MS } from './limits.ts';
import { giveBack } from './lines/was-billed.ts';
import { noteProgress } from './progress.ts';
import { expireSpeech, sweepSpeech } from './speech/sweep.ts';
import type { BatchError, StoredBatch } from './view.ts';
import { deleteResults } from './write-results.ts';

/** So many lines travel in one call. */
const LINES_PER_CALL = 200;

/** What a look at a batch comes to. */
export interface Look {
  /** How long to wait for news, milliseconds; null when all lines have ended. */
  waitMs: number | null;
}

/** The batch comes to nothing, and costs nothing. */
export async function failBatch(env: Env, order: BatchOrder, errors: BatchError[]): Promise<null> {
  await change(env, order, ['validating', 'in_progress', 'finalizing', 'cancelling'], {
    status: 'failed',
    failedAt: Date.now(),
    errors,
  });
  await makeGood(env, order, false);
  await sweepSpeech(env, order, true);
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
  await stored(batch.abandon());
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
    await makeGood(env, order, true);
    const progress = await stored(batchClient(env, order.batchId).progress());
    const { stopped, total, completed, failed, usage } = progress;
    const now = Date.now();
    const end =
      row.status === 'cancelling'
        ? ({ status: 'cancelled', cancelledAt: now } as const)
        : stopped === 'expired'
          ? ({ status: 'expired', expiredAt: now } as const)
          : ({ status: 'completed', completedAt: now } as const);
    const files = { outputFileId, errorFileId };
    if (row.outputExpiresAfterS !== null)
      await expireSpeech(env, order, now + row.outputExpiresAfterS * 1000);
    await change(env, order, [row.status], { ...end, ...files, total, completed, failed, usage });
  }
  // Nothing that comes late is kept from now on.
  await sweepSpeech(env, order, false);
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

/**
 * What lines were billed is given back, and from now on none of them can be.
 * @param unanswered lines without an answer alone.
 */
async function makeGood(env: Env, order: BatchOrder, unanswered: boolean): Promise<void> {
  const batch = batchClient(env, order.batchId);
  for (let after = 0; ; ) {
    const lines = await stored(batch.attempted(unanswered, after, LINES_PER_CALL));
    if (lines.length === 0) return;
    await stored(giveBack(env, order, lines));
    after = lines.at(-1)?.line ?? after;
  }
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
