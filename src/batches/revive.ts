import { and, asc, lte } from 'drizzle-orm';
import { database } from '../db/client.ts';
import { batches, IS_OPEN } from '../db/schema/batches.ts';
import type { Env } from '../env.ts';
import { batchClient } from '../objects/batch/client.ts';
import { type BatchOrder, PROGRESS_EVENT } from '../objects/batch/types.ts';
import { changeStatus } from './change.ts';
import { failBatch } from './steps.ts';
import type { StoredBatch } from './view.ts';

const OPEN = ['validating', 'in_progress', 'finalizing', 'cancelling'] as const;

/** A batch that is younger is being begun. */
const GRACE_MS = 15 * 60 * 1000;

/** A batch that has not ended so long after its window fails, whatever it still has. */
const GIVE_UP_MS = 3 * 24 * 60 * 60 * 1000;

/** So many in one run, the oldest first. */
const MOST = 500;

/** So many at once. */
const AT_ONCE = 10;

/**
 * Sets batches going that have not ended, and that nothing drives any more: their object gets its alarm again, and
 * their Workflow is woken, begun anew where it has failed, or made again. What goes on anyhow is not disturbed. A
 * Workflow that is late ends its batch as `expired`.
 * @param now Unix milliseconds.
 * @returns how many did not go on by themselves.
 * @throws AggregateError of those that could not be looked at.
 */
export async function reviveBatches(env: Env, now: number): Promise<number> {
  const rows = await database(env.DB)
    .select()
    .from(batches)
    .where(and(IS_OPEN, lte(batches.createdAt, now - GRACE_MS)))
    .orderBy(asc(batches.createdAt))
    .limit(MOST)
    .all();
  const failures: unknown[] = [];
  let revived = 0;
  for (let at = 0; at < rows.length; at += AT_ONCE) {
    const results = await Promise.allSettled(
      rows.slice(at, at + AT_ONCE).map((row) => revive(env, row, now)),
    );
    for (const result of results) {
      if (result.status === 'rejected') failures.push(result.reason);
      else if (result.value) revived++;
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'Batches could not be revived.');
  return revived;
}

/** @returns whether it had come to a halt. */
async function revive(env: Env, row: StoredBatch, now: number): Promise<boolean> {
  const order = await batchClient(env, row.id).recall();
  const fault = { code: 'internal_error', message: 'The gateway failed.', line: null, param: null };
  if (!order) {
    // It was never begun: who made it was told so. It must not run now, beside what was made instead.
    const set = { status: 'failed' as const, failedAt: now, errors: [fault] };
    await changeStatus(env, { id: row.id, workspaceId: row.workspaceId, actor: 'system', from: OPEN, set });
    return true;
  }
  if (now < row.expiresAt + GIVE_UP_MS) return await driveOn(env, order);
  await failBatch(env, order, [fault]);
  return true;
}

/** @returns whether nobody drove it. */
async function driveOn(env: Env, order: BatchOrder): Promise<boolean> {
  const id = order.batchId;
  const instance = await env.BATCHES.get(id).catch(() => null);
  if (!instance) {
    await env.BATCHES.create({ id, params: order });
    return true;
  }
  const { status } = await instance.status();
  if (status === 'errored' || status === 'terminated' || status === 'complete') {
    await instance.restart();
    return true;
  }
  if (status === 'paused') await instance.resume();
  await instance.sendEvent({ type: PROGRESS_EVENT, payload: {} });
  return false;
}
