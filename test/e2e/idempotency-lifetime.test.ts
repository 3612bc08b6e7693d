import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWERS, streamText } from '../support/node/answers.ts';
import { OUTPUT } from '../support/node/build.ts';
import { startGateway } from '../support/node/gateway.ts';
import { balance, receiptById, receiptOf, untilBalance } from '../support/node/receipts.ts';
import { answer, endless, inTurn, stream } from '../support/node/scripts.ts';
import { readStream } from '../support/node/sse.ts';
import { type Caller, modelId, newCaller, startWorld, type World } from '../support/node/world.ts';
import { checkResponseEvents, responseEvents } from '../support/response-events.ts';

const GRACE_MS = 1_500;

/** A gateway that can be killed, and started again with what it had stored. */
const folder = mkdtempSync(join(tmpdir(), 'idempotency-'));
const variables = {
  ADMIN_KEY: `op_${randomBytes(24).toString('base64url')}`,
  ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  IDEMPOTENCY_GRACE_MS: String(GRACE_MS),
};
const start = () => startGateway(OUTPUT, 'mortal', variables, join(folder, 'storage'));
let running: Awaited<ReturnType<typeof startGateway>>;
let world: World;
beforeAll(async () => {
  running = await start();
  world = await startWorld(running.gateway);
});
afterAll(async () => {
  await world.stop();
  await running.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Kills the gateway, wherever it is, and starts it again. */
async function restart(): Promise<void> {
  await running.stop();
  running = await start();
  world.gateway.origin = running.gateway.origin;
}

const SAYS = { text: ['One, ', 'two, ', 'three.'], input: 100, output: 20 };
const COST = 0.0004;
const body = { model: modelId('openai'), messages: [{ role: 'user', content: 'Count.' }] };
const streamed = { ...body, stream: true };
const { head } = ANSWERS.openai.stream(SAYS);
const forever = endless(head.join(''), head.at(-1) ?? '');
const withKey = (key: string) => ({ headers: { 'idempotency-key': key } });
const received = () => world.upstream.received('openai');

/** What a workspace was charged, USD. What died reserved is still reserved. */
async function charges(caller: Caller): Promise<number[]> {
  const path = `/api/workspaces/${caller.workspace}/ledger?kind=settle`;
  const { data } = await world.api<{ data: { amount_usd: number }[] }>('GET', path);
  return data.map(({ amount_usd: amount }) => amount).filter((amount) => amount !== 0);
}

/** Reads the first words of an endless answer. @returns what ends the connection. */
async function beginToRead(response: Response): Promise<() => Promise<void>> {
  expect(response.status).toBe(200);
  const reader = response.body?.getReader();
  expect((await reader?.read())?.done).toBe(false);
  return async () => void (await reader?.cancel());
}

test('an answer that nobody waits for is given up after the grace time; its key is spent, and billed once', async () => {
  const caller = await newCaller(world);
  world.upstream.script('openai', forever);
  const first = await caller.chat(streamed, withKey('given-up'));
  const id = first.headers.get('x-generation-id') ?? '';
  const leave = await beginToRead(first);
  const leftAt = performance.now();
  await leave();
  await received()[0]?.closed;
  expect(performance.now() - leftAt).toBeGreaterThan(GRACE_MS - 100);
  const receipt = await receiptById(caller, id);
  expect(receipt.status).toBe('client_closed_request');
  expect(receipt.credits_used).toBeGreaterThan(0);

  const again = await caller.chat(streamed, withKey('given-up'));
  expect(again.status).toBe(409);
  expect(again.headers.get('x-generation-id')).toBe(id);
  expect(await again.json()).toMatchObject({
    error: { code: 'idempotency_key_spent', param: 'Idempotency-Key' },
  });
  const other = await caller.chat(body, withKey('given-up'));
  expect(await other.json()).toMatchObject({ error: { code: 'idempotency_key_conflict' } });
  expect(received()).toHaveLength(1);
  const left = 100 - (receipt.credits_used ?? 0);
  expect(await untilBalance(world, caller, left)).toBe(left);
});

test('who comes back within the grace time keeps the answer going', async () => {
  world.upstream.script('openai', forever);
  await (await beginToRead(await world.chat(streamed, withKey('kept'))))();
  await sleep(GRACE_MS / 2);
  const reader = (await world.chat(streamed, withKey('kept'))).body?.getReader();
  const until = performance.now() + 2 * GRACE_MS;
  while (performance.now() < until) expect((await reader?.read())?.done).toBe(false);
  expect(received()).toHaveLength(1);
  await reader?.cancel();
  await received()[0]?.closed;
});

test('an answer is remembered by a gateway that was started again, small or large', async () => {
  const caller = await newCaller(world);
  const large = { ...SAYS, text: Array.from({ length: 500 }, (_, index) => `${index}${'x'.repeat(4096)} `) };
  world.upstream.script(
    'openai',
    inTurn(answer(ANSWERS.openai.whole(SAYS)), stream(streamText('openai', large))),
  );
  const small = await (await caller.chat(body, withKey('small'))).text();
  const long = await (await caller.chat(streamed, withKey('large'))).text();
  expect(await untilBalance(world, caller, 100 - 2 * COST)).toBe(100 - 2 * COST);
  await restart();
  const again = await caller.chat(body, withKey('small'));
  expect(again.headers.get('x-idempotent-replay')).toBe('true');
  expect(await again.text()).toBe(small);
  expect((await (await caller.chat(streamed, withKey('large'))).text()) === long).toBe(true);
  expect(received()).toHaveLength(2);
  expect(await balance(world, caller)).toBe(100 - 2 * COST);
});

test('an answer whose gateway was killed in the middle is made anew', async () => {
  const caller = await newCaller(world);
  world.upstream.script('openai', inTurn(forever, stream(streamText('openai', SAYS))));
  await beginToRead(await caller.chat(streamed, withKey('killed')));
  await restart();
  const again = await caller.chat(streamed, withKey('killed'));
  expect(again.headers.get('x-idempotent-replay')).toBeNull();
  expect((await readStream(again)).text).toBe('One, two, three.');
  expect(received()).toHaveLength(2);
  const { credits_used: cost } = await receiptOf(caller, again);
  expect(cost).toBe(COST);
  while ((await charges(caller)).length === 0) await sleep(20);
  expect(await charges(caller)).toEqual([-COST]);
});

const background = { model: modelId('openai'), input: 'Count.', background: true, stream: true };
const respond = (caller: Caller, key: string) =>
  caller.fetch('/v1/responses', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(background),
  });

test('a response of the background whose client leaves for long is begun, and billed, once', async () => {
  const caller = await newCaller(world);
  const opened = Promise.withResolvers<void>();
  const { finish, tail } = ANSWERS.openai.stream(SAYS);
  world.upstream.script('openai', async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of head) response.write(event);
    await opened.promise;
    response.end([...finish, ...tail].join(''));
  });
  const key = 'background-left';
  await (await beginToRead(await respond(caller, key)))();
  await sleep(GRACE_MS + 500);

  const again = respond(caller, key);
  opened.resolve();
  const replayed = await again;
  expect([replayed.status, replayed.headers.get('x-idempotent-replay')]).toEqual([200, 'true']);
  const sse = await replayed.text();
  const events = responseEvents(sse);
  checkResponseEvents(events);
  expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { status: 'completed' } });
  expect(received()).toHaveLength(1);
  expect(await untilBalance(world, caller, 100 - COST)).toBe(100 - COST);
  expect((await (await respond(caller, key)).text()) === sse).toBe(true);
  const id = replayed.headers.get('x-generation-id')?.replace('gen_', 'resp_');
  expect(events[0]).toMatchObject({ type: 'response.created', response: { id } });
});

test('a response of the background that was killed has failed for its key, too, and costs nothing', async () => {
  const caller = await newCaller(world);
  world.upstream.script('openai', forever);
  const first = await respond(caller, 'background-killed');
  await beginToRead(first);
  await restart();
  const again = await respond(caller, 'background-killed');
  expect(again.headers.get('x-generation-id')).toBe(first.headers.get('x-generation-id'));
  expect(responseEvents(await again.text()).map(({ type }) => type)).toEqual([
    'response.created',
    'response.failed',
  ]);
  expect(received()).toHaveLength(1);
  expect(await charges(caller)).toEqual([]);
});
