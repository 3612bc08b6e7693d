import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import type { Bindings } from '../../../src/env.ts';
import { MAX_ANSWER_BYTES } from '../../../src/objects/idempotency/types.ts';
import { AnswerLog } from '../../../src/objects/runs/answer-log.ts';
import { Run, type RunOptions } from '../../../src/objects/runs/run.ts';

const bindings = env as unknown as Bindings;
const MB = 1024 * 1024;

/** Works inside an object, with its storage. */
function inObject(name: string, work: (kv: SyncKvStorage) => Promise<void>): Promise<void> {
  const stub = bindings.IDEMPOTENCY.get(bindings.IDEMPOTENCY.idFromName(`run/${name}`));
  return runInDurableObject(stub, (_, state) => work(state.storage.kv));
}

/** A source that gives one piece for each pull, after so many milliseconds, and tells when it is cancelled. */
function source(piece: Uint8Array, count: number, afterMs = 0) {
  const state = { given: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (state.given === count) return controller.close();
        if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
        if (state.cancelled) return;
        state.given++;
        controller.enqueue(piece);
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { state, body };
}

function runOf(kv: SyncKvStorage, body: ReadableStream<Uint8Array>, more: Partial<RunOptions> = {}) {
  const onWhole = vi.fn();
  const onOverflow = vi.fn();
  const run = new Run({
    fingerprint: 'f',
    token: 't',
    log: new AnswerLog(kv, 't'),
    graceMs: 60_000,
    maxBytes: MAX_ANSWER_BYTES,
    ask: async () => new Response(body),
    onWhole,
    onOverflow,
    ...more,
  });
  return { run, onWhole, onOverflow };
}

/** Joins a run; answers what is read. */
function join(run: Run) {
  const { readable, writable } = new IdentityTransformStream();
  const pumping = run.pump(run.enter(), writable.getWriter());
  return { reader: readable.getReader() as ReadableStreamDefaultReader<Uint8Array>, pumping };
}

async function sizeOf(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<number> {
  let size = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return size;
    size += value.byteLength;
  }
}

describe('the run of a request', () => {
  it('is kept before its readers see the end', () =>
    inObject('order', async (kv) => {
      const { state, body } = source(new Uint8Array(10), 3);
      let atKeep = -1;
      const { run } = runOf(kv, body, {
        onWhole: ({ log }) => (atKeep = log.state === 'open' ? log.size : -2),
      });
      const { reader } = join(run);
      const running = run.run();
      expect(await sizeOf(reader)).toBe(30);
      await running;
      expect({ atKeep, given: state.given, closed: run.closed }).toEqual({
        atKeep: 30,
        given: 3,
        closed: true,
      });
    }));

  it('passes on what is too large to be kept, no faster than its slowest reader reads', () =>
    inObject('overflow', async (kv) => {
      const total = MAX_ANSWER_BYTES / MB + 8;
      const { state, body } = source(new Uint8Array(MB), total);
      const { run, onWhole, onOverflow } = runOf(kv, body);
      const slow = join(run);
      const quick = join(run);
      const running = run.run();
      const quickSize = sizeOf(quick.reader);
      await vi.waitFor(() => expect(onOverflow).toHaveBeenCalledTimes(1));
      // One more was read, and waits for the slow one.
      expect(state.given).toBe(MAX_ANSWER_BYTES / MB + 1);
      expect(run.log.size).toBe(MAX_ANSWER_BYTES);
      expect(await sizeOf(slow.reader)).toBe(total * MB);
      expect(await quickSize).toBe(total * MB);
      await running;
      expect(onWhole).toHaveBeenCalledTimes(1);
      expect(onOverflow).toHaveBeenCalledTimes(1);
    }));

  it('ends at once when the last reader of a too large answer leaves', () =>
    inObject('overflow-left', async (kv) => {
      const { state, body } = source(new Uint8Array(MB), 1000);
      const { run, onOverflow } = runOf(kv, body);
      const { reader } = join(run);
      const running = run.run();
      await vi.waitFor(() => expect(onOverflow).toHaveBeenCalled());
      await reader.cancel();
      await vi.waitFor(() => expect(state.cancelled).toBe(true));
      run.report(true);
      await running;
      expect(run.log.state).toBe('broken');
    }));

  it('breaks off for all who read when it breaks off', () =>
    inObject('broken', async (kv) => {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new Uint8Array(10));
          setTimeout(() => controller.error(new Error('lost')), 10);
        },
      });
      const { run, onWhole } = runOf(kv, body);
      const readers = [join(run), join(run)].map(({ reader }) => sizeOf(reader));
      const running = run.run();
      for (const read of readers) await expect(read).rejects.toThrow('broke off');
      run.report(true);
      await running;
      expect(onWhole).not.toHaveBeenCalled();
    }));

  it('gives up after the grace time, and not when somebody has come back', () =>
    inObject('grace', async (kv) => {
      const { state, body } = source(new Uint8Array(10), Number.POSITIVE_INFINITY, 5);
      const { run } = runOf(kv, body, { graceMs: 100 });
      const running = run.run();
      const first = run.enter();
      run.leave(first);
      const second = run.enter();
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(run.closed).toBe(false);
      run.leave(second);
      run.leave(second);
      await vi.waitFor(() => expect(run.closed).toBe(true));
      await vi.waitFor(() => expect(state.cancelled).toBe(true));
      run.report(true);
      await running;
    }));

  it('is given up before there is an answer, too', () =>
    inObject('grace-before', async (kv) => {
      const ask = (signal: AbortSignal) =>
        new Promise<Response>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      const { run } = runOf(kv, source(new Uint8Array(1), 1).body, { ask, graceMs: 20 });
      const running = run.run();
      run.leave(run.enter());
      await expect(run.head).rejects.toThrow('Nobody waits');
      expect(run.closed).toBe(true);
      run.report(true);
      await running;
    }));

  it('has no head when there is no answer', () =>
    inObject('no-answer', async (kv) => {
      const { body } = source(new Uint8Array(1), 1);
      const { run } = runOf(kv, body, { ask: () => Promise.reject(new Error('down')) });
      const running = run.run();
      run.report(true);
      await running;
      await expect(run.head).rejects.toThrow('down');
      await run.settled;
    }));
});
