import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { demoFetch } from '../../../src/providers/demo/index.ts';
import { chat } from './support.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const LONG = 'word '.repeat(500);

async function open(model: string, signal?: AbortSignal): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const response = await demoFetch(chat(model, LONG, { stream: true }, signal));
  return (response.body as ReadableStream<Uint8Array>).getReader();
}

/** Reads until a read waits longer than a second. */
async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<{ reads: number; last: Promise<unknown> }> {
  let reads = 0;
  for (;;) {
    let settled = false;
    const read = reader.read().finally(() => {
      settled = true;
    });
    read.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(1000);
    if (!settled) return { reads, last: read };
    reads++;
  }
}

it('runs a timer only while somebody waits', async () => {
  const reader = await open('demo-echo');
  expect(vi.getTimerCount()).toBe(0);
  const read = reader.read();
  await vi.advanceTimersByTimeAsync(1);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(20);
  expect((await read).done).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
});

it('leaves no timer behind a reader that cancels in the middle of a wait', async () => {
  const reader = await open('demo-slow');
  const read = reader.read();
  await vi.advanceTimersByTimeAsync(1);
  expect(vi.getTimerCount()).toBe(1);
  await reader.cancel();
  expect((await read).done).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

it('ends a stream with an error when its request is aborted', async () => {
  const controller = new AbortController();
  const reader = await open('demo-slow', controller.signal);
  const read = reader.read();
  read.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(1);
  controller.abort();
  await expect(read).rejects.toThrow(/abort/i);
  expect(vi.getTimerCount()).toBe(0);
});

it('does not answer a request that is aborted before', async () => {
  const controller = new AbortController();
  const answer = demoFetch(chat('demo-slow', LONG, {}, controller.signal));
  answer.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(100);
  expect(vi.getTimerCount()).toBe(1);
  controller.abort();
  await expect(answer).rejects.toThrow(/abort/i);
  expect(vi.getTimerCount()).toBe(0);
});

it('demo-stall says five tokens and then nothing until it is left', async () => {
  const reader = await open('demo-stall');
  const { reads, last } = await readAll(reader);
  // The role and five tokens.
  expect(reads).toBe(6);
  let said = false;
  void last.then(() => {
    said = true;
  });
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(said).toBe(false);
  await reader.cancel();
  expect(await last).toMatchObject({ done: true });
  expect(vi.getTimerCount()).toBe(0);
});

it('demo-stall ends with its request, streamed or not', async () => {
  const controller = new AbortController();
  const { last } = await readAll(await open('demo-stall', controller.signal));
  const whole = demoFetch(chat('demo-stall', 'Hi', {}, controller.signal));
  whole.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(60_000);
  controller.abort();
  await expect(last).rejects.toThrow(/abort/i);
  await expect(whole).rejects.toThrow(/abort/i);
});
