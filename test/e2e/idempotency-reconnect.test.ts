import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWERS } from '../support/node/answers.ts';
import { receiptOf, untilBalance } from '../support/node/receipts.ts';
import { answer } from '../support/node/scripts.ts';
import { readStream } from '../support/node/sse.ts';
import { type Caller, newCaller, startWorld, type World } from '../support/node/world.ts';
import {
  asked,
  COST,
  gate,
  newBody,
  newIdempotencyKey,
  SAYS,
  streamInTurns,
  withKey,
} from './idempotency-calls.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const body = newBody();
const streamed = { ...newBody(), stream: true };

/** Reads a stream until it has said something. */
async function readUntil(reader: ReadableStreamDefaultReader<Uint8Array>, text: string): Promise<string> {
  const decoder = new TextDecoder();
  let all = '';
  while (!all.includes(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The stream ended without ${text}: ${all}`);
    all += decoder.decode(value, { stream: true });
  }
  return all;
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let all = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return all;
    all += decoder.decode(value, { stream: true });
  }
}

/** Sends a request by a socket of its own, and resets the connection behind the first words of the answer. */
async function leaveMidStream(caller: Caller, key: string, words: string): Promise<void> {
  const { hostname, port } = new URL(world.gateway.origin);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const text = JSON.stringify(streamed);
  socket.write(
    [
      'POST /v1/chat/completions HTTP/1.1',
      `Host: ${hostname}:${port}`,
      `Authorization: Bearer ${caller.key}`,
      'Content-Type: application/json',
      `Idempotency-Key: ${key}`,
      `Content-Length: ${text.length}`,
      '',
      text,
    ].join('\r\n'),
  );
  let seen = '';
  for await (const piece of socket) {
    seen += String(piece);
    if (seen.includes(words)) break;
  }
  expect(seen).toContain(words);
  socket.resetAndDestroy();
}

test('who joins a stream late gets it from its start, then live, and sees the same end', async () => {
  const { open, opened } = gate();
  world.upstream.script('openai', streamInTurns(opened));
  const key = newIdempotencyKey();
  const first = (await world.chat(streamed, withKey(key))).body?.getReader();
  if (!first) throw new Error('No body');
  let one = await readUntil(first, 'One, ');
  const response = await world.chat(streamed, withKey(key));
  const second = response.body?.getReader();
  if (!second) throw new Error('No body');
  // It is there before the provider says more.
  let two = await readUntil(second, 'One, ');
  expect(two).not.toContain('two, ');
  open();
  [one, two] = await Promise.all([
    readAll(first).then((rest) => one + rest),
    readAll(second).then((rest) => two + rest),
  ]);
  expect(two).toBe(one);
  expect(two).toContain('three.');
  expect(two.endsWith('data: [DONE]\n\n')).toBe(true);
  expect(asked(world)).toBe(1);
});

test('a client that loses its connection in the middle of a stream comes back for the whole answer, and pays once', async () => {
  const caller = await newCaller(world);
  const { open, opened } = gate();
  world.upstream.script('openai', streamInTurns(opened));
  const key = newIdempotencyKey();
  await leaveMidStream(caller, key, 'One, ');
  const again = await caller.chat(streamed, withKey(key));
  expect(again.headers.get('x-idempotent-replay')).toBe('true');
  open();
  const { text, ending } = await readStream(again);
  expect({ text, ending }).toEqual({ text: 'One, two, three.', ending: 'credits' });
  expect(asked(world)).toBe(1);
  expect(await receiptOf(caller, again)).toMatchObject({ status: 'completed', credits_used: COST });
  expect(await untilBalance(world, caller, 100 - COST)).toBe(100 - COST);
});

test('a client that leaves before a whole answer finds it when it comes back, and pays once', async () => {
  const caller = await newCaller(world);
  const { open, opened } = gate();
  world.upstream.script('openai', async (response, request) => {
    await opened;
    await answer(ANSWERS.openai.whole(SAYS))(response, request);
  });
  const key = newIdempotencyKey();
  const controller = new AbortController();
  const asking = caller.chat(body, { ...withKey(key), signal: controller.signal });
  while (asked(world) === 0) await sleep(5);
  controller.abort();
  await expect(asking).rejects.toThrow();
  open();
  expect(await untilBalance(world, caller, 100 - COST)).toBe(100 - COST);
  const again = await caller.chat(body, withKey(key));
  expect(again.headers.get('x-idempotent-replay')).toBe('true');
  expect(again.headers.get('x-credits-used')).toBe('0');
  expect(asked(world)).toBe(1);
});

test('an answer that nobody waits for is made all the same', async () => {
  const caller = await newCaller(world);
  const { open, opened } = gate();
  world.upstream.script('openai', streamInTurns(opened));
  const key = newIdempotencyKey();
  await leaveMidStream(caller, key, 'One, ');
  open();
  expect(await untilBalance(world, caller, 100 - COST)).toBe(100 - COST);
  const again = await caller.chat(streamed, withKey(key));
  expect((await readStream(again)).text).toBe('One, two, three.');
  expect(asked(world)).toBe(1);
});
