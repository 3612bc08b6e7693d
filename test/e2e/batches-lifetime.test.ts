import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWERS } from '../support/node/answers.ts';
import { ask, ended, resultsOf, submit } from '../support/node/batches.ts';
import { OUTPUT } from '../support/node/build.ts';
import { startGateway } from '../support/node/gateway.ts';
import { untilBalance } from '../support/node/receipts.ts';
import { answer } from '../support/node/scripts.ts';
import { inPieces, MP3, SPOKEN } from '../support/node/sound.ts';
import type { Received } from '../support/node/upstream.ts';
import { addModel, type Caller, modelId, newCaller, startWorld, type World } from '../support/node/world.ts';

/** A gateway that can be killed, and started again with what it had stored. */
const folder = mkdtempSync(join(tmpdir(), 'batches-'));
const variables = {
  ADMIN_KEY: `op_${randomBytes(24).toString('base64url')}`,
  ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  BATCH_LEASE_MS: '2000',
};
const start = () => startGateway(OUTPUT, 'mortal', variables, join(folder, 'storage'));
let running: Awaited<ReturnType<typeof startGateway>>;
let world: World;
beforeAll(async () => {
  running = await start();
  world = await startWorld(running.gateway);
  await addModel(world, 'tts', ['openai'], SPOKEN);
});
afterAll(async () => {
  await world.stop();
  await running.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Kills the gateway, wherever it is, and starts it again: at another address. */
async function restart(caller: Caller): Promise<Caller> {
  await running.stop();
  running = await start();
  world.gateway.origin = running.gateway.origin;
  const baseURL = `${running.gateway.origin}/v1`;
  return { ...caller, client: new OpenAI({ baseURL, apiKey: caller.key, maxRetries: 0 }) };
}

/** What each answer costs, USD: 100 tokens in, 20 out. */
const COST = 0.0004;
const says = answer(ANSWERS.openai.whole({ text: ['Hello.'], input: 100, output: 20 }));
const received = () => world.upstream.received('openai');
const nameOf = ({ json }: Received) => (json.messages as { content: string }[])[0]?.content ?? '';
const namesOf = (count: number) => Array.from({ length: count }, (_, index) => `line-${index}`);
const linesOf = (names: readonly string[]) => names.map((name) => ask(name, modelId('openai')));

test('a batch goes on where its gateway was killed: what was done is not done again', async () => {
  const before = await newCaller(world);
  const names = namesOf(100);
  let left = 40;
  world.upstream.script('openai', (response, request) => {
    // The rest is left waiting, until the gateway is killed.
    if (left-- > 0) return says(response, request);
  });
  const { id } = await submit(before, linesOf(names));
  // All lanes wait for an answer: so whatever was answered before has been kept.
  await expect.poll(() => received().length, { timeout: 20_000 }).toBe(48);
  const done = new Set(received().slice(0, 40).map(nameOf));

  const caller = await restart(before);
  world.upstream.script('openai', says);
  const batch = await ended(caller, id);
  expect(batch).toMatchObject({
    status: 'completed',
    request_counts: { total: 100, completed: 100, failed: 0 },
  });
  expect(received().map(nameOf).toSorted()).toEqual(names.filter((name) => !done.has(name)).toSorted());
  const results = await resultsOf(caller, batch.output_file_id);
  expect(results.map(({ custom_id }) => custom_id).toSorted()).toEqual(names.toSorted());
  expect(await untilBalance(world, caller, 100 - 100 * COST)).toBe(100 - 100 * COST);
});

test.each([
  ['as it begins', 1],
  ['in the middle', 37],
  ['at its end', 60],
])('a batch whose gateway is killed %s has each answer once, and pays for it once', async (_, calls) => {
  const before = await newCaller(world);
  const names = namesOf(60);
  world.upstream.script('openai', async (response, request) => {
    await sleep(5);
    await says(response, request);
  });
  const { id } = await submit(before, linesOf(names));
  await expect.poll(() => received().length, { timeout: 20_000, interval: 5 }).toBeGreaterThanOrEqual(calls);
  const caller = await restart(before);
  const batch = await ended(caller, id);
  expect(batch).toMatchObject({
    status: 'completed',
    request_counts: { total: 60, completed: 60, failed: 0 },
  });
  const results = await resultsOf(caller, batch.output_file_id);
  expect(results.map(({ custom_id }) => custom_id).toSorted()).toEqual(names.toSorted());
  // No more than was under way is asked for twice.
  expect(received().length).toBeLessThanOrEqual(60 + 8);
  expect(await untilBalance(world, caller, 100 - 60 * COST)).toBe(100 - 60 * COST);
  const { data } = await caller.client.files.list({ purpose: 'batch_output' });
  expect(data.map(({ filename }) => filename)).toEqual([`${id}_output.jsonl`]);
});

test('speech of a batch whose gateway is killed is one file for each line, and no other', async () => {
  const before = await newCaller(world);
  const names = namesOf(24);
  world.upstream.script('openai', async (response, request) => {
    await sleep(5);
    await inPieces(response, request);
  });
  const url = '/v1/audio/speech';
  const endpoint = url as OpenAI.BatchCreateParams['endpoint'];
  const body = { model: modelId('tts'), voice: 'alloy', input: '0123456789' };
  const lines = names.map((name) => ({ custom_id: name, method: 'POST', url, body }));
  const { id } = await submit(before, lines, { endpoint });
  await expect.poll(() => received().length, { timeout: 20_000, interval: 5 }).toBeGreaterThanOrEqual(12);
  const caller = await restart(before);
  const batch = await ended(caller, id);
  expect(batch.request_counts).toEqual({ total: 24, completed: 24, failed: 0 });
  const results = await resultsOf(caller, batch.output_file_id);
  const named = results.map(({ response }) => String(response?.body.file_id));
  expect(new Set(named).size).toBe(24);
  // Files of attempts that were lost go as the batch has ended.
  const kept = async () => {
    const { data } = await caller.client.files.list({ purpose: 'batch_output' });
    return data.map((file) => file.id).toSorted();
  };
  await expect.poll(kept).toEqual([...named, String(batch.output_file_id)].toSorted());
  for (const file of named.slice(0, 3)) {
    const sound = await (await caller.client.files.content(file)).arrayBuffer();
    expect(Buffer.from(sound).equals(MP3)).toBe(true);
  }
  // 10 characters at 15 USD per 1M.
  expect(await untilBalance(world, caller, 100 - 24 * 0.00015)).toBe(100 - 24 * 0.00015);
});
