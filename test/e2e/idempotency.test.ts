import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWERS, streamText } from '../support/node/answers.ts';
import { untilBalance } from '../support/node/receipts.ts';
import { answer, stream, streamThenReset } from '../support/node/scripts.ts';
import { readStream } from '../support/node/sse.ts';
import { newCaller, startWorld, type World } from '../support/node/world.ts';
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

test('the openai SDK repeats a request with its key and gets the same answer, billed once', async () => {
  const caller = await newCaller(world);
  world.upstream.script('openai', answer(ANSWERS.openai.whole(SAYS)));
  // The SDK has the option, and leaves it to the API which header it is.
  Object.assign(caller.client, { idempotencyHeader: 'Idempotency-Key' });
  const idempotencyKey = newIdempotencyKey();
  const ask = () => caller.client.chat.completions.create(body, { idempotencyKey }).withResponse();
  const first = await ask();
  const second = await ask();
  expect(first.response.headers.get('x-idempotent-replay')).toBeNull();
  expect(second.response.headers.get('x-idempotent-replay')).toBe('true');
  expect(second.data).toEqual(first.data);
  for (const name of ['x-generation-id', 'x-model-used', 'x-provider-used', 'content-type'])
    expect(second.response.headers.get(name), name).toBe(first.response.headers.get(name));
  expect(first.response.headers.get('x-credits-used')).toBe('0.0004');
  expect(second.response.headers.get('x-credits-used')).toBe('0');
  expect(asked(world)).toBe(1);
  expect(world.upstream.received('openai')[0]?.headers['idempotency-key']).toBeUndefined();
  expect(await untilBalance(world, caller, 100 - COST)).toBe(100 - COST);
});

test('a stream is replayed byte for byte', async () => {
  world.upstream.script('openai', stream(streamText('openai', SAYS), 7));
  const key = newIdempotencyKey();
  const first = await world.chat(streamed, withKey(key));
  const text = await first.clone().text();
  expect((await readStream(first)).text).toBe('One, two, three.');
  const second = await world.chat(streamed, withKey(key));
  expect(second.headers.get('x-idempotent-replay')).toBe('true');
  expect(second.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(await second.text()).toBe(text);
  expect(asked(world)).toBe(1);
});

test('a hundred equal requests at once reach the provider once and are billed once', async () => {
  const caller = await newCaller(world);
  const { open, opened } = gate();
  world.upstream.script('openai', streamInTurns(opened));
  const key = newIdempotencyKey();
  const asks = Array.from({ length: 100 }, async () => {
    const response = await caller.chat(streamed, withKey(key));
    const replayed = response.headers.get('x-idempotent-replay');
    return { replayed, text: await response.text(), id: response.headers.get('x-generation-id') };
  });
  while (asked(world) === 0) await sleep(5);
  open();
  const answers = await Promise.all(asks);
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  expect(answers[0]?.text).toContain('three.');
  expect(answers.filter(({ replayed }) => replayed === null)).toHaveLength(1);
  expect(asked(world)).toBe(1);
  expect(await untilBalance(world, caller, 100 - COST)).toBe(100 - COST);
});

test('another body, path or header with the same key is a conflict, also while the first runs', async () => {
  const { open, opened } = gate();
  world.upstream.script('openai', streamInTurns(opened));
  const key = newIdempotencyKey();
  const first = world.chat(streamed, withKey(key));
  while (asked(world) === 0) await sleep(5);
  const others = () =>
    Promise.all([
      world.chat({ ...streamed, temperature: 0 }, withKey(key)),
      world.chat(streamed, withKey(key, { 'x-midstream': 'error' })),
      world.fetch('/v1/messages', { method: 'POST', body: JSON.stringify(streamed), ...withKey(key) }),
    ]);
  const during = await others();
  open();
  await (await first).text();
  for (const response of [...during, ...(await others())]) {
    expect(response.status).toBe(409);
    expect(JSON.stringify(await response.json())).toContain('idempotency key');
  }
  expect(asked(world)).toBe(1);
});

test('a failure is told to all who wait, and not remembered', async () => {
  const caller = await newCaller(world);
  const { open, opened } = gate();
  world.upstream.script('openai', async (response) => {
    await opened;
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end('{"error":{"message":"No such thing.","type":"invalid_request_error"}}');
  });
  const key = newIdempotencyKey();
  const asks = Array.from({ length: 5 }, () => caller.chat(body, withKey(key)));
  while (asked(world) === 0) await sleep(5);
  open();
  for (const response of await Promise.all(asks)) {
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: { code: string } }).error.code).toBe(
      'upstream_invalid_request',
    );
  }
  expect(asked(world)).toBe(1);
  world.upstream.script('openai', answer(ANSWERS.openai.whole(SAYS)));
  const again = await caller.chat(body, withKey(key));
  expect(again.status).toBe(200);
  expect(again.headers.get('x-idempotent-replay')).toBeNull();
  expect(await untilBalance(world, caller, 100 - COST)).toBe(100 - COST);
});

test('a stream that fails is not billed, and not remembered', async () => {
  const caller = await newCaller(world);
  const { head } = ANSWERS.openai.stream(SAYS);
  world.upstream.script('openai', streamThenReset(head.join('')));
  const key = newIdempotencyKey();
  const broken = { ...streamed, midstream: 'error' };
  expect((await readStream(await caller.chat(broken, withKey(key)))).ending).toBe('error');
  expect(await untilBalance(world, caller, 100)).toBe(100);
  world.upstream.script('openai', stream(streamText('openai', SAYS)));
  const again = await caller.chat(broken, withKey(key));
  expect(again.headers.get('x-idempotent-replay')).toBeNull();
  expect((await readStream(again)).text).toBe('One, two, three.');
  expect(await untilBalance(world, caller, 100 - COST)).toBe(100 - COST);
});

test('keys of other projects and other workspaces have nothing to do with it', async () => {
  world.upstream.script('openai', answer(ANSWERS.openai.whole(SAYS)));
  const caller = await newCaller(world);
  const project = await world.api<{ id: string }>('POST', '/api/projects', {
    name: 'Second',
    workspace: caller.workspace,
  });
  const newKey = (inProject: object) =>
    world.api<{ key: string }>('POST', '/api/keys', {
      name: 'k',
      workspace: caller.workspace,
      role: 'inference',
      ...inProject,
    });
  const sibling = await newKey({});
  const elsewhere = await newKey({ project: project.id });
  const stranger = await newCaller(world);
  const key = newIdempotencyKey();
  const replayed = async (secret: string): Promise<string | null> => {
    const init = withKey(key, { authorization: `Bearer ${secret}` });
    const response = await caller.chat(body, init);
    expect(response.status).toBe(200);
    await response.text();
    return response.headers.get('x-idempotent-replay');
  };
  expect(await replayed(caller.key)).toBeNull();
  expect(await replayed(sibling.key)).toBe('true');
  expect(await replayed(elsewhere.key)).toBeNull();
  expect(await replayed(stranger.key)).toBeNull();
  expect(asked(world)).toBe(3);
});

test('a large stream is replayed from R2 byte for byte', async () => {
  const pieces = Array.from({ length: 600 }, (_, index) => `${index}${'x'.repeat(4096)} `);
  world.upstream.script('openai', stream(streamText('openai', { ...SAYS, text: pieces })));
  const key = newIdempotencyKey();
  const first = await (await world.chat(streamed, withKey(key))).text();
  expect(first.length).toBeGreaterThan(2 * 1024 * 1024);
  for (let time = 0; time < 3; time++) {
    const again = await world.chat(streamed, withKey(key));
    expect(again.headers.get('x-idempotent-replay')).toBe('true');
    expect((await again.text()) === first).toBe(true);
    await sleep(100);
  }
  expect(asked(world)).toBe(1);
});
