import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { generationIdOf } from '../../src/batches/generation-id.ts';
import { planLines } from '../../src/batches/lines/plan.ts';
import type { LineProps } from '../../src/batches/lines/props.ts';
import { workSlot } from '../../src/batches/lines/work.ts';
import { beginRun, finalizeBatch } from '../../src/batches/steps.ts';
import { type Place, type Slice, writeSlice } from '../../src/batches/write-results.ts';
import type { Env } from '../../src/env.ts';
import { findFile } from '../../src/files/find.ts';
import { workspaceClient } from '../../src/objects/workspace/client.ts';
import {
  answering,
  callLine,
  end,
  line,
  linesOf,
  ownBatch,
  refusal,
  runTurns,
  settle,
} from '../support/batch-steps.ts';
import { call, OPERATOR } from '../support/gateway.ts';

const bindings = env as unknown as Env;

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

  it('that is one of many large ones is in the output, which is written in slices', async () => {
    const names = Array.from({ length: 14 }, (_, index) => `line-${index}`);
    const { order, stub } = await ownBatch(names.map((name) => line(name)));
    await planLines(bindings, order);
    await beginRun(bindings, order);
    // Between them 2 MB and 9 bytes: parts of 5 MiB end within lines, and within characters.
    const sizes = [1_900_000, 9, 1_000_000];
    const asked: number[] = [];
    const gateway = answering(() => {
      const size = sizes[asked.push(0) % sizes.length] ?? 0;
      return Response.json({ text: 'ü'.repeat(size / 2), size });
    });
    await runTurns(order, stub, gateway.call);
    await finalizeBatch(bindings, order);
    const slices: Place[] = [];
    let fileId: string | null = null;
    for (let from: Place | null = null; ; ) {
      const slice: Slice = await writeSlice(bindings, order, 'output', from, 2);
      if (slice.next && slices.length % 2 === 0) {
        // Whoever repeats a slice comes to the same.
        const again = await writeSlice(bindings, order, 'output', from && structuredClone(from), 2);
        if (from) expect(again).toMatchObject({ next: { after: slice.next.after, skip: slice.next.skip } });
      }
      if (!slice.next) {
        fileId = slice.fileId;
        // Also the last one, which has made the file.
        expect(await writeSlice(bindings, order, 'output', from, 2)).toEqual(slice);
        break;
      }
      slices.push(slice.next);
      from = slice.next;
    }
    expect(slices.length).toBeGreaterThanOrEqual(2);
    expect(slices.some(({ skip }) => skip > 0)).toBe(true);
    const results = await linesOf(order, fileId);
    expect(results.map(({ custom_id }) => custom_id)).toEqual(names);
    for (const { response } of results) {
      const { text, size } = response.body;
      expect(text === 'ü'.repeat(size / 2)).toBe(true);
    }
    const known = await findFile(bindings, order, fileId ?? '');
    expect(known.filename).toBe(`${order.batchId}_output.jsonl`);
    expect((await bindings.FILES.head(`${order.workspaceId}/files/${fileId}`))?.size).toBe(known.bytes);
    const { objects } = await bindings.FILES.list({ prefix: `${order.workspaceId}/files/` });
    expect(objects).toHaveLength(2);
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

  it.each([
    ['that failed', 0, refusal('upstream_invalid_request', 400)],
    ['that never came', 4, null],
  ])('%s gives back what its line was billed', async (_, tries, answer) => {
    const { order, stub } = await ownBatch([line('a')]);
    await planLines(bindings, order);
    await beginRun(bindings, order);
    await runInDurableObject(stub, (_, state) => state.storage.sql.exec('UPDATE lines SET tries = ?', tries));
    const lost = async (): Promise<Response> => {
      await settle(order, 1, 300);
      throw new Error('It broke');
    };
    const gateway = answering(lost, ...(answer ? [answer] : []));
    await runTurns(order, stub, gateway.call);
    const workspace = workspaceClient(bindings, order.workspaceId);
    expect(await workspace.balance()).toBe(10_000_000_000 - 300);
    expect(await end(order)).toMatchObject({ status: 'completed', failed: 1 });
    expect(await workspace.balance()).toBe(10_000_000_000);
    await settle(order, gateway.seen.length, 300);
    expect(await workspace.balance()).toBe(10_000_000_000);
    const path = `/api/workspaces/${order.workspaceId}/ledger?kind=adjustment`;
    expect((await call('GET', path, { key: OPERATOR })).body.data).toMatchObject([
      { amount_nano_usd: 300, reference_type: 'generation', reference: generationIdOf(order, 1, 1) },
    ]);
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
    const rotation = Promise.withResolvers<number>();
    const used = new Set<string>();
    const gateway = (props: LineProps): Fetcher => {
      const fetch = async (url: string, init: RequestInit) => {
        if (used.size === 0) {
          const path = `/api/keys/${order.keyId}/rotate`;
          void call('POST', path, { key: OPERATOR, body: {} }).then(({ status }) => rotation.resolve(status));
        }
        used.add(props.keyHash);
        expect(await rotation.promise).toBe(200);
        return await callLine(props).fetch(url, init);
      };
      return { fetch } as unknown as Fetcher;
    };
    await workSlot(bindings, { batchId: order.batchId, slot: 0, turn: 1 }, gateway);
    expect(used.size).toBe(2);
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
