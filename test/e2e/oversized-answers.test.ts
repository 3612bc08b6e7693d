import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWERS } from '../support/node/answers.ts';
import { receiptOf } from '../support/node/receipts.ts';
import type { Script } from '../support/node/upstream.ts';
import { providerId, type World } from '../support/node/world.ts';
import { chat, newLane, SAYS, worldWithSpare } from './credentials/lanes.ts';

let world: World;
beforeAll(async () => {
  world = await worldWithSpare();
});
afterAll(() => world.stop());

/** Waits until more can be written, or nobody reads any more. */
async function drained(response: ServerResponse): Promise<void> {
  const done = new AbortController();
  const either = ['drain', 'close'].map((event) => once(response, event, { signal: done.signal }));
  await Promise.race(either);
  done.abort();
  await Promise.allSettled(either);
}

test('an answer that is too large is given up, and the next endpoint serves', async () => {
  await newLane(world, 'large', ['sk-large']);
  const filler = Buffer.alloc(1024 * 1024, 0x20);
  world.upstream.script('large', async (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    for (let i = 0; i < 40 && !response.destroyed; i++) {
      if (!response.write(filler)) await drained(response);
    }
    response.end('{}');
  });
  const response = await chat(world, 'large');
  expect(response.headers.get('x-provider-used')).toBe(providerId('spare'));
  const [attempt] = (await receiptOf(world, response)).attempts;
  expect(attempt?.error).toBe('upstream_invalid_response');
});

test('a stream without end is cut', async () => {
  for (const lane of ['flood', 'flood-again']) await newLane(world, lane, ['sk-flood']);
  const filler = Buffer.from(`: ${'x'.repeat(1024 * 1024)}\n`);
  const flood: Script = async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(ANSWERS.openai.stream(SAYS).head.join(''));
    while (!response.destroyed) {
      if (!response.write(filler)) await drained(response);
    }
  };
  for (const lane of ['flood', 'flood-again']) world.upstream.script(lane, flood);
  const alone = await chat(world, 'flood', { streamed: true, more: { midstream: 'error' } });
  const text = await alone.text();
  expect(text).toContain('larger than 128 MB');
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);

  // What came before does not count against who goes on.
  const response = await chat(world, 'flood-again', { streamed: true });
  expect(await response.text()).toContain(`"provider_used":"${providerId('spare')}"`);
  expect((await receiptOf(world, response)).attempts).toMatchObject([
    { outcome: 'cut', error: 'upstream_invalid_response' },
    { outcome: 'served', provider: providerId('spare') },
  ]);
});
