import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { findBatch } from '../../src/batches/find.ts';
import { planLines } from '../../src/batches/lines/plan.ts';
import { reviveBatches } from '../../src/batches/revive.ts';
import { beginRun } from '../../src/batches/steps.ts';
import type { Env } from '../../src/env.ts';
import { batchClient } from '../../src/objects/batch/client.ts';
import type { BatchOrder } from '../../src/objects/batch/types.ts';
import { stillBatch } from '../support/batches.ts';
import { newKey, newWorkspace } from '../support/gateway.ts';

const bindings = env as unknown as Env;
const HOUR = 3_600_000;

const line = (customId: string) => ({
  custom_id: customId,
  method: 'POST',
  url: '/v1/chat/completions',
  body: { model: 'demo-echo', messages: [{ role: 'user', content: customId }] },
});

/** A batch that nothing drives: it has no Workflow, and its object no alarm. */
async function haltedBatch(lines: readonly object[], more: Partial<BatchOrder> = {}) {
  const { id: workspaceId } = await newWorkspace();
  const { id: keyId, project: projectId } = await newKey(workspaceId);
  const made = await stillBatch(lines, { workspaceId, projectId, keyId, ...more });
  await runInDurableObject(made.stub, (_, state) => state.storage.deleteAlarm());
  return made;
}

/** From now on its object reaches the queue and the Workflows. */
const connect = (stub: DurableObjectStub) =>
  runInDurableObject(stub, (object) => {
    (object as unknown as { env: Env }).env = bindings;
  });

const rowOf = (order: BatchOrder) => findBatch(bindings, order, order.batchId);

const statusOf = async (order: BatchOrder): Promise<string> => (await rowOf(order)).status;

describe('a batch that nothing drives any more', () => {
  it.each([
    ['before its lines are known', async () => {}],
    [
      'while its lines are run',
      async (order: BatchOrder) => {
        await planLines(bindings, order);
        await beginRun(bindings, order);
      },
    ],
  ])('%s goes on within the hour, and ends', async (_, halt) => {
    const { order, stub } = await haltedBatch([line('a'), line('b')]);
    await halt(order);
    await connect(stub);
    expect(await reviveBatches(bindings, Date.now() + HOUR)).toBe(1);
    expect(await runInDurableObject(stub, (_, state) => state.storage.getAlarm())).not.toBeNull();
    // What the messages of a slot that were lost would have done.
    await runInDurableObject(stub, async (object, state) => {
      if (object.progress().phase !== 'running') return;
      state.storage.sql.exec('UPDATE slots SET seen_at = 0');
      await object.alarm();
    });
    await expect.poll(() => statusOf(order), { timeout: 20_000 }).toBe('completed');
    expect(await rowOf(order)).toMatchObject({ total: 2, completed: 2 });
    expect(await reviveBatches(bindings, Date.now() + HOUR)).toBe(0);
  });

  it('is left alone while it goes on', async () => {
    const { order } = await haltedBatch([line('a')]);
    await planLines(bindings, order);
    await beginRun(bindings, order);
    expect(await reviveBatches(bindings, Date.now() + HOUR)).toBe(1);
    expect(await reviveBatches(bindings, Date.now() + HOUR)).toBe(0);
    expect(await reviveBatches(bindings, order.createdAt)).toBe(0);
    expect(await statusOf(order)).toBe('in_progress');
    await batchClient(bindings, order.batchId).stop('cancelled');
  });

  it('expires when its window is over', async () => {
    const createdAt = Date.now() - 25 * HOUR;
    const { order, stub } = await haltedBatch([line('a')], { createdAt, expiresAt: createdAt + 24 * HOUR });
    await planLines(bindings, order);
    await beginRun(bindings, order);
    await connect(stub);
    expect(await reviveBatches(bindings, Date.now())).toBe(1);
    await expect.poll(() => statusOf(order), { timeout: 20_000 }).toBe('expired');
    expect(await rowOf(order)).toMatchObject({ total: 1, completed: 0, failed: 1 });
  });

  it('begins anew where its Workflow has failed', async () => {
    const { order, stub } = await haltedBatch([line('a')]);
    const instance = await bindings.BATCHES.create({ id: order.batchId, params: order });
    await instance.terminate();
    await connect(stub);
    expect(await reviveBatches(bindings, Date.now() + HOUR)).toBe(1);
    await expect.poll(() => statusOf(order), { timeout: 20_000 }).toBe('completed');
  });

  it('fails three days after its window, and costs nothing', async () => {
    const { order } = await haltedBatch([line('a')]);
    expect(await reviveBatches(bindings, order.expiresAt + 72 * HOUR)).toBe(1);
    const row = await rowOf(order);
    expect(row).toMatchObject({ status: 'failed', errors: [{ code: 'internal_error' }] });
    expect(await batchClient(bindings, order.batchId).recall()).toBeNull();
  });

  it('fails where it was never begun', async () => {
    const { order, stub } = await haltedBatch([line('a')]);
    await runInDurableObject(stub, (object) => object.close());
    expect(await reviveBatches(bindings, Date.now() + HOUR)).toBe(1);
    expect(await rowOf(order)).toMatchObject({ status: 'failed', errors: [{ code: 'internal_error' }] });
    const { results } = await bindings.DB.prepare('select action, actor from audit_log where target = ?')
      .bind(order.batchId)
      .all();
    expect(results).toEqual([{ action: 'batch.failed', actor: 'system' }]);
  });

  it('does not keep others from going on when it cannot be looked at', async () => {
    const { order } = await haltedBatch([line('a')]);
    const other = await haltedBatch([line('a')]);
    const BATCH = new Proxy(bindings.BATCH, {
      get: (target, name) => {
        if (name === 'idFromName') {
          return (id: string) => {
            if (id === order.batchId) throw new Error('It cannot be reached');
            return target.idFromName(id);
          };
        }
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const late = other.order.expiresAt + 72 * HOUR;
    await expect(reviveBatches({ ...bindings, BATCH }, late)).rejects.toThrow(AggregateError);
    expect(await statusOf(other.order)).toBe('failed');
    expect(await reviveBatches(bindings, late)).toBe(1);
  });
});
