import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { cancelBatch } from '../../src/batches/cancel.ts';
import { generationIdOf } from '../../src/batches/generation-id.ts';
import { planLines } from '../../src/batches/lines/plan.ts';
import { wasBilled } from '../../src/batches/lines/was-billed.ts';
import { workSlot } from '../../src/batches/lines/work.ts';
import { beginRun, failBatch, lookAt } from '../../src/batches/steps.ts';
import type { Env } from '../../src/env.ts';
import { deleteFile } from '../../src/files/delete.ts';
import { batchClient } from '../../src/objects/batch/client.ts';
import { workspaceClient } from '../../src/objects/workspace/client.ts';
import type { Principal } from '../../src/tenancy/types.ts';
import {
  answering,
  callLine,
  end,
  line,
  linesOf,
  ownBatch,
  runTurns,
  settle,
} from '../support/batch-steps.ts';
import { call, OPERATOR } from '../support/gateway.ts';

const bindings = env as unknown as Env;

describe('the window of a batch', () => {
  it('ends what was not run, and keeps what was', async () => {
    const { order } = await ownBatch([line('a'), line('b')]);
    expect(await planLines(bindings, order)).toBeNull();
    expect((await beginRun(bindings, order)).waitMs).toBeGreaterThan(0);
    const batch = batchClient(bindings, order.batchId);
    const message = { batchId: order.batchId, slot: 0, turn: 1 };
    await batch.enter(message);
    const claim = await batch.next(message, null, true);
    if (claim.kind !== 'line') throw new Error(claim.kind);
    const { line: first, attempt } = claim.claimed;
    await batch.next(
      message,
      {
        kind: 'done',
        line: first,
        attempt,
        ok: true,
        text: '{"custom_id":"a"}',
        file: null,
        usage: null,
        uncertain: false,
      },
      false,
    );

    expect(await lookAt(bindings, { ...order, expiresAt: Date.now() - 1 })).toEqual({ waitMs: null });
    const row = await end(order);
    expect(row).toMatchObject({ status: 'expired', total: 2, completed: 1, failed: 1 });
    expect([row.expiredAt, row.finalizingAt].every((at) => at !== null)).toBe(true);
    expect(await linesOf(order, row.outputFileId)).toEqual([{ custom_id: 'a' }]);
    expect(await linesOf(order, row.errorFileId)).toEqual([
      {
        id: expect.stringMatching(/^batch_req_/),
        custom_id: 'b',
        response: null,
        error: { code: 'batch_expired', message: expect.any(String), param: null, line: 2 },
      },
    ]);
    await expect(batch.progress()).rejects.toThrow();
  });

  it('leaves behind what does not end within ten minutes, which is never billed then', async () => {
    const { order } = await ownBatch([line('a')]);
    await planLines(bindings, order);
    await beginRun(bindings, order);
    const batch = batchClient(bindings, order.batchId);
    const message = { batchId: order.batchId, slot: 0, turn: 1 };
    await batch.enter(message);
    await batch.next(message, null, true);
    const late = { ...order, expiresAt: Date.now() - 1_000 };
    const look = await lookAt(bindings, late);
    expect(look.waitMs).toBeGreaterThan(9 * 60_000);
    expect(look.waitMs).toBeLessThanOrEqual(10 * 60_000);
    expect(await lookAt(bindings, { ...order, expiresAt: Date.now() - 10 * 60_000 })).toEqual({
      waitMs: null,
    });
    expect(await end(order)).toMatchObject({ status: 'expired', completed: 0, failed: 1 });
    await settle(order, 1, 500);
    expect(await workspaceClient(bindings, order.workspaceId).balance()).toBe(10_000_000_000);
  });
});

describe('a batch whose Workflow begins anew', () => {
  it('goes on, whether or not its input still exists, and knows its model', async () => {
    const { order, stub } = await ownBatch([line('a'), line('b')]);
    await planLines(bindings, order);
    await beginRun(bindings, order);
    await runTurns(order, stub, answering(() => Response.json({})).call);
    await deleteFile(bindings, { ...order, actor: 'tests' }, order.inputFileId);
    expect(await planLines(bindings, order)).toBeNull();
    expect(await beginRun(bindings, order)).toEqual({ waitMs: null });
    expect(await end(order)).toMatchObject({ status: 'completed', completed: 2, model: 'demo-echo' });
  });

  it('costs nothing when it comes to nothing', async () => {
    const { order } = await ownBatch([line('a')]);
    await planLines(bindings, order);
    await beginRun(bindings, order);
    await workSlot(
      bindings,
      { batchId: order.batchId, slot: 0, turn: 1 },
      answering(async () => {
        await settle(order, 1, 500);
        return Response.json({});
      }).call,
    );
    const balance = () => workspaceClient(bindings, order.workspaceId).balance();
    expect(await balance()).toBe(10_000_000_000 - 500);
    for (let time = 0; time < 2; time++) await failBatch(bindings, order, []);
    expect(await balance()).toBe(10_000_000_000);
  });
});

describe('a batch that is cancelled', () => {
  it('before its lines are known ends with none', async () => {
    const { order } = await ownBatch([line('a')]);
    const caller = { kind: 'key', ...order } as unknown as Extract<Principal, { kind: 'key' }>;
    expect((await cancelBatch(bindings, caller, order.batchId)).status).toBe('cancelling');
    expect(await planLines(bindings, order)).toBeNull();
    expect(await beginRun(bindings, order)).toEqual({ waitMs: null });
    expect(await end(order)).toMatchObject({ status: 'cancelled', total: 0, outputFileId: null });
  });
});

/** A model with a price. */
async function addPriced(): Promise<void> {
  await call('PUT', '/api/models/demo%2Fpriced', {
    key: OPERATOR,
    body: {
      kind: 'chat',
      endpoints: [
        {
          provider: 'demo',
          upstream_model: 'demo-echo',
          price: { input: 0, output: 0, per_request: 0.001 },
        },
      ],
    },
  });
}

describe('an attempt that was lost', () => {
  it('can no longer be billed, unless it was', async () => {
    const { order } = await ownBatch([line('a')]);
    const balance = () => workspaceClient(bindings, order.workspaceId).balance();
    expect(await wasBilled(bindings, order, 1, 1)).toBe(false);
    await settle(order, 1, 500);
    expect(await balance()).toBe(10_000_000_000);
    await settle(order, 2, 700);
    expect(await wasBilled(bindings, order, 1, 2)).toBe(true);
    expect(await wasBilled(bindings, order, 1, 3)).toBe(true);
    expect(await balance()).toBe(10_000_000_000 - 700);
  });

  it.each([
    [true, 0],
    [false, 1],
  ])('and was billed (%s) is made good by one that costs %i times its price', async (billed, times) => {
    await addPriced();
    const { order } = await ownBatch([line('a', { model: 'demo/priced', max_tokens: 10 })]);
    await planLines(bindings, order);
    await beginRun(bindings, order);
    const batch = batchClient(bindings, order.batchId);
    const first = { batchId: order.batchId, slot: 0, turn: 1 };
    await batch.enter(first);
    await batch.next(first, null, true);
    if (billed) await settle(order, 1, 500);
    await batch.leave(first, 0);
    await workSlot(bindings, { ...first, turn: 2 }, callLine);
    const paid = (billed ? 500 : 0) + times * 1_000_000;
    expect(await workspaceClient(bindings, order.workspaceId).balance()).toBe(10_000_000_000 - paid);
    const row = await end(order);
    expect(row).toMatchObject({ status: 'completed', completed: 1 });
    const [result] = await linesOf(order, row.outputFileId);
    expect(result.response.body.id).toBe(generationIdOf(order, 1, 2));
    expect(result.response.body.choices[0].message.content).toBe('a');
  });

  it('and was billed is made good though the credits are used up', async () => {
    await addPriced();
    const { order } = await ownBatch([line('a', { model: 'demo/priced', max_tokens: 10 })]);
    await planLines(bindings, order);
    await beginRun(bindings, order);
    const batch = batchClient(bindings, order.batchId);
    const first = { batchId: order.batchId, slot: 0, turn: 1 };
    await batch.enter(first);
    await batch.next(first, null, true);
    await settle(order, 1, 10_000_000_000);
    await batch.leave(first, 0);
    await workSlot(bindings, { ...first, turn: 2 }, callLine);
    expect(await end(order)).toMatchObject({ status: 'completed', completed: 1 });
    expect(await workspaceClient(bindings, order.workspaceId).balance()).toBe(0);
  });
});
