import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWERS, streamText } from '../support/node/answers.ts';
import { WIRES } from '../support/node/fixtures.ts';
import { balance, receiptOf } from '../support/node/receipts.ts';
import { endless, stream } from '../support/node/scripts.ts';
import { readStream } from '../support/node/sse.ts';
import { modelId, newCaller, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

test('streams that run together never mix', async () => {
  for (const wire of WIRES) {
    world.upstream.script(wire, (response, request) => {
      const word = /word-\d+/.exec(request.body)?.[0] ?? '';
      const text = Array.from({ length: 20 }, (_, index) => `${word}.${index} `);
      return stream(streamText(wire, { text }), 40)(response, request);
    });
  }
  const asks = Array.from({ length: 45 }, async (_, index) => {
    const model = modelId(WIRES[index % WIRES.length] ?? 'openai');
    const messages = [{ role: 'user', content: `word-${index}` }];
    const { text } = await readStream(await world.chat({ model, stream: true, messages }));
    const expected = Array.from({ length: 20 }, (_, piece) => `word-${index}.${piece} `).join('');
    expect(text).toBe(expected);
  });
  await Promise.all(asks);
});

test('the balance is what the receipts say, also when clients leave in between', async () => {
  const says = { text: ['One ', 'two ', 'three'], input: 100, output: 20 };
  const { head } = ANSWERS.openai.stream(says);
  world.upstream.script('openai', (response, request) =>
    (request.body.includes('for ever')
      ? endless(head.join(''), head.at(-1) ?? '')
      : stream(streamText('openai', says)))(response, request),
  );
  const caller = await newCaller(world);
  const asks = Array.from({ length: 30 }, async (_, index) => {
    const leaves = index % 2 === 0;
    const controller = new AbortController();
    const response = await caller.chat(
      {
        model: modelId('openai'),
        stream: true,
        messages: [{ role: 'user', content: leaves ? 'for ever' : 'once' }],
      },
      { signal: controller.signal },
    );
    if (!leaves) await readStream(response);
    else {
      await response.body?.getReader().read();
      controller.abort();
    }
    return receiptOf(caller, response);
  });
  const receipts = await Promise.all(asks);
  const statuses = receipts.map((receipt) => receipt.status);
  expect(statuses.filter((status) => status === 'client_closed_request')).toHaveLength(15);
  expect(statuses.filter((status) => status === 'completed')).toHaveLength(15);
  const spent = receipts.reduce((sum, receipt) => sum + Math.round((receipt.credits_used ?? 0) * 1e9), 0);
  expect(spent).toBeGreaterThan(15 * 400_000);
  await expect.poll(async () => Math.round((await balance(world, caller)) * 1e9)).toBe(100e9 - spent);
});

const FLOOD = 48 * 1024 * 1024;

/** Bytes that may lie in the sockets and buffers between a provider and a client that does not read. */
const UNDERWAY = 24 * 1024 * 1024;

/** A stream of 48 MB, as fast as it is taken. Answers what was written so far. */
function flood(on: World): () => number {
  const piece = ANSWERS.openai.stream({ text: ['x'.repeat(64 * 1024)] }).head.at(-1) ?? '';
  const { finish, tail } = ANSWERS.openai.stream({});
  let written = 0;
  on.upstream.script('openai', async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    while (written < FLOOD && !response.destroyed) {
      written += piece.length;
      if (!response.write(piece)) await new Promise((resolve) => response.once('drain', resolve));
    }
    response.end([...finish, ...tail].join(''));
  });
  return () => written;
}

test('a client that reads slowly holds its provider back', async () => {
  // Not the gateway of most other tests: it has its hands full with this.
  const hasty = await startWorld('hasty');
  const written = flood(hasty);
  const messages = [{ role: 'user', content: 'Speak.' }];
  const response = await hasty.chat({ model: modelId('openai'), stream: true, messages });
  // Nobody reads. What the provider has said does not grow any more.
  for (let before = -1; written() !== before; await sleep(500)) before = written();
  expect(written()).toBeLessThan(UNDERWAY);
  const { text, ending } = await readStream(response);
  await hasty.stop();
  expect(ending).toBe('credits');
  expect(text.length).toBeGreaterThanOrEqual(FLOOD * 0.99);
});

test('a client that pauses for longer than a provider may is not taken for a silent provider', async () => {
  const hasty = await startWorld('hasty');
  flood(hasty);
  const messages = [{ role: 'user', content: 'Speak.' }];
  const response = await hasty.chat({ model: modelId('openai'), stream: true, messages });
  await sleep(2_500);
  const { text, ending, last } = await readStream(response);
  await hasty.stop();
  expect(last.error).toBeUndefined();
  expect(ending).toBe('credits');
  expect(text.length).toBeGreaterThanOrEqual(FLOOD * 0.99);
});

test('an event of megabytes passes', async () => {
  for (const wire of WIRES) {
    const text = 'Zürich '.repeat(600_000);
    world.upstream.script(wire, stream(streamText(wire, { text: [text] }), 16_000));
    const messages = [{ role: 'user', content: 'Speak.' }];
    const read = await readStream(await world.chat({ model: modelId(wire), stream: true, messages }));
    expect(read.ending).toBe('credits');
    expect(read.text === text).toBe(true);
  }
});
