import { runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { cancelBatch } from '../../src/batches/cancel.ts';
import { findBatch } from '../../src/batches/find.ts';
import { generationIdOf } from '../../src/batches/generation-id.ts';
import { planLines } from '../../src/batches/lines/plan.ts';
import type { LineProps } from '../../src/batches/lines/props.ts';
import { wasBilled } from '../../src/batches/lines/was-billed.ts';
import { workSlot } from '../../src/batches/lines/work.ts';
import { beginRun, endBatch, failBatch, finalizeBatch, lookAt } from '../../src/batches/steps.ts';
import { writeResults } from '../../src/batches/write-results.ts';
import type { Env } from '../../src/env.ts';
import { deleteFile } from '../../src/files/delete.ts';
import { findFile } from '../../src/files/find.ts';
import { readFile } from '../../src/files/read.ts';
import { batchClient } from '../../src/objects/batch/client.ts';
import type { BatchOrder } from '../../src/objects/batch/types.ts';
import { workspaceClient } from '../../src/objects/workspace/client.ts';
import type { Principal } from '../../src/tenancy/types.ts';
import { stillBatch } from '../support/batches.ts';
import { call, newKey, newWorkspace, OPERATOR } from '../support/gateway.ts';

const bindings = env as unknown as Env;
const entrypoints = exports as unknown as {
  BatchLinesEntrypoint(options: { props: LineProps }): Fetcher;
};
const callLine = (props: LineProps): Fetcher => entrypoints.BatchLinesEntrypoint({ props });

const line = (customId: string, more: object = {}) => ({
  custom_id: customId,
  method: 'POST',
  url: '/v1/chat/completions',
  body: { model: 'demo-echo', messages: [{ role: 'user', content: customId }], ...more },
});

/** The lines of a file of results; none where there is no file. */
async function linesOf(order: BatchOrder, fileId: string | null) {
  if (fileId === null) return [];
  const text = await new Response(await readFile(bindings, await findFile(bindings, order, fileId))).text();
  return text
    .trimEnd()
    .split('\n')
    .map((one) => JSON.parse(one));
}

/** The last steps of the Workflow. */
async function end(order: BatchOrder) {
  await finalizeBatch(bindings, order);
  const output = await writeResults(bindings, order, 'output');
  const errors = await writeResults(bindings, order, 'errors');
  expect(await writeResults(bindings, order, 'output')).toBe(output);
  await endBatch(bindings, order, output, errors);
  return await findBatch(bindings, order, order.batchId);
}

/** A batch with a key that may call the models of the demonstration. */
async function ownBatch(lines: readonly object[]) {
  const { id: workspaceId } = await newWorkspace();
  const { id: keyId, project: projectId } = await newKey(workspaceId);
  return await stillBatch(lines, { workspaceId, projectId, keyId });
}

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

async function settle(order: BatchOrder, attempt: number, amount: number): Promise<void> {
  await workspaceClient(bindings, order.workspaceId).settle([
    {
      id: generationIdOf(order, 1, attempt),
      amount,
      project: order.projectId,
      scopes: [],
      model: null,
      provider: null,
      lines: [],
      tokens: null,
      draw: undefined,
    },
  ]);
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
});

/** A gateway that gives these answers, one after the other, and then the last. */
function answering(...answers: (() => Response | Promise<Response>)[]) {
  const seen: LineProps[] = [];
  return {
    seen,
    call: (props: LineProps): Fetcher => {
      const fetch = async () => {
        const next = answers[Math.min(seen.push(props), answers.length) - 1];
        if (!next) throw new Error('There is no answer');
        return await next();
      };
      return { fetch } as unknown as Fetcher;
    },
  };
}

const refusal =
  (code: string, status: number, headers: Record<string, string> = {}) =>
  () =>
    Response.json({ error: { code } }, { status, headers });

/** Runs what a slot may run now; the lines of a turn that waits are brought forward. */
async function runTurns(order: BatchOrder, stub: DurableObjectStub, call: (props: LineProps) => Fetcher) {
  for (let turn = 1; turn < 10; turn++) {
    await runInDurableObject(stub, (_, state) => state.storage.sql.exec('UPDATE lines SET not_before = 0'));
    await workSlot(bindings, { batchId: order.batchId, slot: 0, turn }, call);
    if ((await batchClient(bindings, order.batchId).progress()).phase === 'over') return;
  }
}

describe('an answer', () => {
  it('that is large waits in R2, and is in the output as it came', async () => {
    const { order } = await ownBatch([line('a')]);
    await planLines(bindings, order);
    await beginRun(bindings, order);
    const text = 'words '.repeat(100_000);
    const gateway = answering(() => Response.json({ text }));
    await workSlot(bindings, { batchId: order.batchId, slot: 0, turn: 1 }, gateway.call);
    const held = () => bindings.FILES.list({ prefix: `${order.workspaceId}/batches/` });
    expect((await held()).objects).toHaveLength(1);
    const row = await end(order);
    const [result] = await linesOf(order, row.outputFileId);
    expect(result.response.body).toEqual({ text });
    expect((await held()).objects).toHaveLength(0);
  });

  it('of a provider that is busy is asked for five times, under other ids', async () => {
    const { order, stub } = await ownBatch([line('a')]);
    await planLines(bindings, order);
    await beginRun(bindings, order);
    const gateway = answering(refusal('upstream_overloaded', 503, { 'retry-after': '30' }));
    await runTurns(order, stub, gateway.call);
    expect(gateway.seen.map(({ generationId }) => generationId)).toEqual(
      [1, 2, 3, 4, 5].map((attempt) => generationIdOf(order, 1, attempt)),
    );
    const [result] = await linesOf(order, (await end(order)).errorFileId);
    expect(result).toMatchObject({ response: { status_code: 503 }, error: null });
  });

  it('of a gateway that broke for the fifth time is none', async () => {
    const { order, stub } = await ownBatch([line('a')]);
    await planLines(bindings, order);
    await beginRun(bindings, order);
    await runInDurableObject(stub, (_, state) => state.storage.sql.exec('UPDATE lines SET tries = 4'));
    const gateway = answering(() => Promise.reject(new Error('It broke')));
    await runTurns(order, stub, gateway.call);
    expect(gateway.seen).toHaveLength(1);
    const [result] = await linesOf(order, (await end(order)).errorFileId);
    expect(result).toMatchObject({ response: null, error: { code: 'internal_error', line: 1 } });
  });

  it('that failed gives back what an attempt before it was billed, and so does one that never came', async () => {
    for (const answer of [
      refusal('upstream_invalid_request', 400),
      () => Promise.reject(new Error('It broke')),
    ]) {
      const { order, stub } = await ownBatch([line('a')]);
      await planLines(bindings, order);
      await beginRun(bindings, order);
      const gateway = answering(async () => {
        await settle(order, gateway.seen.length, 300);
        throw new Error('It broke');
      }, answer);
      await runTurns(order, stub, gateway.call);
      const workspace = workspaceClient(bindings, order.workspaceId);
      expect(await workspace.balance()).toBe(10_000_000_000 - 300);
      expect(await end(order)).toMatchObject({ status: 'completed', failed: 1 });
      expect(await workspace.balance()).toBe(10_000_000_000);
      await settle(order, gateway.seen.length, 300);
      expect(await workspace.balance()).toBe(10_000_000_000);
      const path = `/api/credits/ledger?workspace=${order.workspaceId}&kind=adjustment`;
      expect((await call('GET', path, { key: OPERATOR })).body.data).toMatchObject([
        { amount_nano_usd: 300, reference_type: 'generation', reference: generationIdOf(order, 1, 1) },
      ]);
    }
  });

  it('that was lost from R2 is one error, and costs no other', async () => {
    const { order, stub } = await ownBatch([line('a'), line('b')]);
    await planLines(bindings, order);
    await beginRun(bindings, order);
    const text = 'words '.repeat(100_000);
    await runTurns(
      order,
      stub,
      answering(
        () => Response.json({ text }),
        () => Response.json({}),
      ).call,
    );
    const { objects } = await bindings.FILES.list({ prefix: `${order.workspaceId}/batches/` });
    await bindings.FILES.delete(objects.map(({ key }) => key));
    const results = await linesOf(order, (await end(order)).outputFileId);
    expect(results.map(({ error, response }) => error?.code ?? response.status_code).toSorted()).toEqual([
      200,
      'internal_error',
    ]);
  });

  it('for a key that was given another secret is asked for with that', async () => {
    const { order } = await ownBatch([line('a'), line('b')]);
    await planLines(bindings, order);
    await beginRun(bindings, order);
    const rotate = async (props: LineProps) => {
      if (rotated === null) {
        rotated = props.keyHash;
        await call('POST', `/api/keys/${order.keyId}/rotate`, { key: OPERATOR, body: {} });
      }
    };
    let rotated: string | null = null;
    await workSlot(bindings, { batchId: order.batchId, slot: 0, turn: 1 }, (props) => {
      const fetch = async (url: string, init: RequestInit) => {
        await rotate(props);
        return await callLine(props).fetch(url, init);
      };
      return { fetch } as unknown as Fetcher;
    });
    expect(await end(order)).toMatchObject({ completed: 2, failed: 0 });
  });

  it('says what it took, whatever its format', async () => {
    const { order, stub } = await ownBatch([line('a'), line('b'), line('c', { model: 'another' })]);
    await planLines(bindings, order);
    await beginRun(bindings, order);
    const gateway = answering(
      () => Response.json({ usage: { prompt_tokens: 10, completion_tokens: 5 } }),
      () => Response.json({ usage: { input_tokens: 1, cache_read_input_tokens: 7, output_tokens: 2 } }),
      refusal('upstream_invalid_request', 400),
    );
    await runTurns(order, stub, gateway.call);
    expect(await end(order)).toMatchObject({
      model: null,
      usage: { input: 18, cached: 7, output: 7, reasoning: 0 },
    });
  });

  it('that is another failure is asked for once', async () => {
    const { order, stub } = await ownBatch([line('a')]);
    await planLines(bindings, order);
    await beginRun(bindings, order);
    const gateway = answering(refusal('budget_exceeded', 403));
    await runTurns(order, stub, gateway.call);
    expect(gateway.seen).toHaveLength(1);
    const [result] = await linesOf(order, (await end(order)).errorFileId);
    expect(result.response).toMatchObject({ status_code: 403, body: { error: { code: 'budget_exceeded' } } });
  });
});
