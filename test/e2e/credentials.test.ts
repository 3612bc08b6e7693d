import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWERS, streamText } from '../support/node/answers.ts';
import { receiptOf, untilBalance } from '../support/node/receipts.ts';
import { answer, either, stream } from '../support/node/scripts.ts';
import type { Received, Script } from '../support/node/upstream.ts';
import {
  addModel,
  addProvider,
  type Caller,
  modelId,
  newCaller,
  providerId,
  startWorld,
  type World,
} from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  world.upstream.script('spare', fine);
  await addProvider(world, 'spare', 'openai');
});
afterAll(() => world.stop());

// 100 tokens in and 20 out at 2 and 10 USD per million: 400 000 nano-dollars.
const SAYS = { text: ['Hello'], input: 100, output: 20 };
const COST = 0.0004;
const fine: Script = either(answer(ANSWERS.openai.whole(SAYS)), stream(streamText('openai', SAYS)));

const secretIn = ({ headers }: Received): string => String(headers.authorization).replace('Bearer ', '');
/** The secrets of the completions that a lane was asked for; checks ask for its models. */
const sentTo = (lane: string): string[] =>
  world.upstream
    .received(lane)
    .filter(({ method }) => method === 'POST')
    .map(secretIn);

/** Waits until more can be written, or nobody reads any more. */
async function drained(response: ServerResponse): Promise<void> {
  const done = new AbortController();
  const either = ['drain', 'close'].map((event) => once(response, event, { signal: done.signal }));
  await Promise.race(either);
  done.abort();
  await Promise.allSettled(either);
}

/** Answers by the secret that a request brings; who is not in the list is served. */
function by(refused: Record<string, number>): Script {
  return (response, request) => {
    const status = refused[secretIn(request)];
    const script = status === undefined ? fine : answer({ error: { message: 'No.' } }, status);
    return script(response, request);
  };
}

/** A provider with these secrets, tried in this order, before one that is spare. */
async function newLane(lane: string, secrets: readonly string[]): Promise<void> {
  await addProvider(world, lane, 'openai', { secret: null });
  for (const [priority, secret] of secrets.entries()) {
    await world.api('POST', `/api/providers/${providerId(lane)}/credentials`, { secret, priority });
  }
  await addModel(world, lane, [lane, 'spare']);
}

const chat = (lane: string, { caller = world as Caller, streamed = false, more = {} } = {}) =>
  caller.chat({
    model: modelId(lane),
    stream: streamed,
    messages: [{ role: 'user', content: 'Hello' }],
    max_tokens: 20,
    ...more,
  });

const bring = (caller: Caller, lane: string, secret: string, more: object = {}) =>
  world.api<{ id: string }>('POST', `/api/workspaces/${caller.workspace}/credentials`, {
    provider: providerId(lane),
    secret,
    ...more,
  });

test.each([401, 402, 403, 429])(
  'a %i leads to the next credential, and lets the first one rest',
  async (status) => {
    for (const streamed of [true, false]) {
      const lane = `rest-${status}-${streamed}`;
      const [first, second] = [`sk-${lane}-first`, `sk-${lane}-second`];
      await newLane(lane, [first, second]);
      world.upstream.script(lane, by({ [first]: status }));
      const response = await chat(lane, { streamed });
      expect(response.status).toBe(200);
      expect(response.headers.get('x-provider-used')).toBe(providerId(lane));
      expect(response.headers.get('x-fallback-from')).toBeNull();
      const receipt = await receiptOf(world, response);
      expect(receipt.attempts.map((attempt) => attempt.status)).toEqual([status, 200]);
      expect(receipt).toMatchObject({ fallback_from: [], byok: false, credits_used: COST });
      await (await chat(lane, { streamed })).text();
      expect(sentTo(lane)).toEqual([first, second, second]);
    }
  },
);

test('when no credential is left, the next endpoint serves', async () => {
  const secrets = ['sk-none-left-1', 'sk-none-left-2'];
  await newLane('none-left', secrets);
  world.upstream.script('none-left', answer({ error: {} }, 401));
  const response = await chat('none-left');
  expect(response.headers.get('x-provider-used')).toBe(providerId('spare'));
  expect(response.headers.get('x-fallback-from')).toBe(`${modelId('none-left')}@${providerId('none-left')}`);
  expect(response.headers.get('x-routing-reason')).toBe('fallback_credentials');
  expect(sentTo('none-left')).toEqual(secrets);
});

test('without fallbacks the other credentials of the endpoint are tried all the same', async () => {
  const secrets = ['sk-alone-1', 'sk-alone-2'];
  await newLane('alone', secrets);
  world.upstream.script('alone', answer({ error: {} }, 403));
  const response = await chat('alone', { more: { provider: { allow_fallbacks: false } } });
  expect(response.status).toBe(502);
  expect(sentTo('alone')).toEqual(secrets);
});

test('a failure of the provider itself does not use up its credentials', async () => {
  await newLane('broken', ['sk-broken-1', 'sk-broken-2']);
  world.upstream.script('broken', answer('oops', 503));
  const response = await chat('broken');
  expect(response.headers.get('x-provider-used')).toBe(providerId('spare'));
  expect(sentTo('broken')).toEqual(['sk-broken-1']);
});

test('a credential of the workspace’s own comes first, costs nothing here, and serves nobody else', async () => {
  await newLane('own', ['sk-own-operators']);
  world.upstream.script('own', fine);
  const [ours, theirs] = [await newCaller(world), await newCaller(world)];
  await bring(ours, 'own', 'sk-own-ours-0123456789');
  const response = await chat('own', { caller: ours });
  expect(response.headers.get('x-credits-used')).toBe('0');
  const receipt = await receiptOf(ours, response);
  expect(receipt).toMatchObject({ byok: true, credits_used: 0, provider_cost: COST, margin_percent: -100 });
  expect(JSON.stringify(receipt)).not.toContain('sk-own-ours');
  const other = await receiptOf(theirs, await chat('own', { caller: theirs }));
  expect(other).toMatchObject({ byok: false, credits_used: COST });
  expect(sentTo('own')).toEqual(['sk-own-ours-0123456789', 'sk-own-operators']);
  expect(await untilBalance(world, theirs, 100 - COST)).toBe(100 - COST);
  expect(await untilBalance(world, ours, 100)).toBe(100);
});

test('without a fee an own credential costs nothing, also where the price is not known', async () => {
  await newLane('no-price', []);
  await addModel(world, 'no-price', ['no-price'], { price: null });
  world.upstream.script('no-price', fine);
  const caller = await newCaller(world);
  await bring(caller, 'no-price', 'sk-no-price-own');
  const receipt = await receiptOf(caller, await chat('no-price', { caller }));
  expect(receipt).toMatchObject({ byok: true, credits_used: 0, credits_unknown: null, provider_cost: null });
});

test('a fee is taken of what the own credential paid for', async () => {
  await newLane('fee', ['sk-fee-operators']);
  world.upstream.script('fee', fine);
  const caller = await newCaller(world);
  await world.api('PUT', `/api/workspaces/${caller.workspace}/pricing`, {
    margin_percent: 50,
    byok_percent: 5,
  });
  await bring(caller, 'fee', 'sk-fee-own');
  const receipt = await receiptOf(caller, await chat('fee', { caller }));
  // 5 % of the provider's price; the margin is for what the operator pays.
  expect(receipt).toMatchObject({ byok: true, credits_used: 0.00002, margin_percent: -95 });
  expect(await untilBalance(world, caller, 99.99998)).toBe(99.99998);
});

test('an own credential that is refused gives way to the operator’s, at the full price', async () => {
  await newLane('gives-way', ['sk-way-operators']);
  world.upstream.script('gives-way', by({ 'sk-way-own': 401 }));
  const caller = await newCaller(world);
  await bring(caller, 'gives-way', 'sk-way-own');
  const receipt = await receiptOf(caller, await chat('gives-way', { caller }));
  expect(receipt).toMatchObject({ byok: false, credits_used: COST });
  expect(sentTo('gives-way')).toEqual(['sk-way-own', 'sk-way-operators']);
});

test('an exclusive one never does, and needs no credits here', async () => {
  await newLane('exclusive', ['sk-ex-operators']);
  const workspace = await world.api<{ id: string }>('POST', '/api/workspaces', { name: 'Poor', credits: 0 });
  const { key } = await world.api<{ key: string }>('POST', '/api/keys', {
    name: 'k',
    workspace: workspace.id,
  });
  const poor = { ...world, workspace: workspace.id };
  const ask = () =>
    chat('exclusive', {
      caller: { ...poor, chat: (body) => world.chat(body, { headers: { authorization: `Bearer ${key}` } }) },
      more: { provider: { only: [providerId('exclusive')] } },
    });
  world.upstream.script('exclusive', fine);
  expect((await ask()).status).toBe(402);
  await bring(poor, 'exclusive', 'sk-ex-own', { exclusive: true });
  expect((await ask()).status).toBe(200);
  world.upstream.script('exclusive', by({ 'sk-ex-own': 401 }));
  expect((await ask()).status).toBe(502);
  expect(sentTo('exclusive')).toEqual(['sk-ex-own']);
});

test('a deleted credential serves no more', async () => {
  await newLane('deleted', ['sk-del-operators']);
  world.upstream.script('deleted', fine);
  const caller = await newCaller(world);
  const { id } = await bring(caller, 'deleted', 'sk-del-own');
  await (await chat('deleted', { caller })).text();
  await world.api('DELETE', `/api/workspaces/${caller.workspace}/credentials/${id}`);
  await (await chat('deleted', { caller })).text();
  expect(sentTo('deleted')).toEqual(['sk-del-own', 'sk-del-operators']);
});

test('a credential does not follow its provider to another host', async () => {
  await newLane('moves', []);
  const caller = await newCaller(world);
  await bring(caller, 'moves', 'sk-moves-own', { exclusive: true });
  world.upstream.script('moves', fine);
  await (await chat('moves', { caller })).text();
  expect(sentTo('moves')).toEqual(['sk-moves-own']);
  const elsewhere = world.upstream.url('moves').replace('127.0.0.1', 'localhost');
  await addProvider(world, 'moves', 'openai', { base_url: elsewhere, secret: null });
  const response = await chat('moves', { caller, more: { provider: { allow_fallbacks: false } } });
  expect(response.status).toBe(502);
  expect(((await response.json()) as { error: { code: string } }).error.code).toBe(
    'upstream_credentials_rejected',
  );
  expect(sentTo('moves')).toEqual(['sk-moves-own']);
});

test('a check says in plain words what the provider makes of each credential, and nothing more', async () => {
  const secrets = ['sk-check-good-0123456789', 'sk-check-bad-0123456789', 'sk-check-slow-0123456789'];
  const [good, , slow] = secrets;
  await newLane('check', secrets);
  const lists =
    (open: boolean): Script =>
    (response, request) => {
      const secret = secretIn(request);
      if (secret === good || (open && secret === 'undefined')) return answer({ data: [] })(response, request);
      const status = secret === slow ? 429 : 401;
      return answer({ error: { message: `Incorrect API key provided: ${secret}` } }, status)(
        response,
        request,
      );
    };
  world.upstream.script('check', lists(false));
  const path = `/api/providers/${providerId('check')}/check`;
  const found = await world.api<{ data: Record<string, unknown>[] }>('POST', path);
  expect(found.data.map(({ result, status, last_four }) => [result, status, last_four])).toEqual([
    ['accepted', 200, '6789'],
    ['refused', 401, '6789'],
    ['limited', 429, '6789'],
  ]);
  const seen = world.upstream.received('check');
  expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual(Array(4).fill('GET /models'));
  expect(seen.map(secretIn).sort()).toEqual([...secrets, 'undefined'].sort());

  // A list that anybody may read says nothing of who asks.
  world.upstream.script('check', lists(true));
  const first = (found.data[0] as { credential: string }).credential;
  const one = await world.api<{ data: { result: string }[] }>('POST', `${path}?credential=${first}`);
  expect(one.data.map(({ result }) => result)).toEqual(['unknown']);

  world.upstream.script('check', answer({ error: {} }, 404));
  const none = await world.api<{ data: { result: string }[] }>('POST', path);
  expect(none.data.map(({ result }) => result)).toEqual(['unknown', 'unknown', 'unknown']);

  // To another host nothing is sent, be it the same provider's.
  world.upstream.script('check', answer('', 307, { location: world.upstream.url('spare') }));
  const before = world.upstream.received('spare').length;
  const away = await world.api<{ data: { result: string }[] }>('POST', path);
  expect(away.data.map(({ result }) => result)).toEqual(['unknown', 'unknown', 'unknown']);
  expect(world.upstream.received('spare')).toHaveLength(before);
  for (const secret of secrets) expect(JSON.stringify([found, one, none, away])).not.toContain(secret);
});

test('a credential is checked when it is entered', async () => {
  await newLane('entered', []);
  world.upstream.script('entered', answer({ error: {} }, 401));
  const caller = await newCaller(world);
  const made = await bring(caller, 'entered', 'sk-entered-0123456789');
  expect(made).toMatchObject({ check: { result: 'refused', status: 401 } });
  expect(JSON.stringify(made)).not.toContain('sk-entered');
  const own = `/api/workspaces/${caller.workspace}/credentials/${made.id}/check`;
  world.upstream.script('entered', by({ undefined: 401 }));
  expect(await world.api('POST', own)).toMatchObject({ credential: made.id, result: 'accepted' });
});

test('an answer that is too large is given up, and the next endpoint serves', async () => {
  await newLane('large', ['sk-large']);
  const filler = Buffer.alloc(1024 * 1024, 0x20);
  world.upstream.script('large', async (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    for (let i = 0; i < 40 && !response.destroyed; i++) {
      if (!response.write(filler)) await drained(response);
    }
    response.end('{}');
  });
  const response = await chat('large');
  expect(response.headers.get('x-provider-used')).toBe(providerId('spare'));
  const [attempt] = (await receiptOf(world, response)).attempts;
  expect(attempt?.error).toBe('upstream_invalid_response');
});

test('a stream without end is cut', async () => {
  for (const lane of ['flood', 'flood-again']) await newLane(lane, ['sk-flood']);
  const filler = Buffer.from(`: ${'x'.repeat(1024 * 1024)}\n`);
  const flood: Script = async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(ANSWERS.openai.stream(SAYS).head.join(''));
    while (!response.destroyed) {
      if (!response.write(filler)) await drained(response);
    }
  };
  for (const lane of ['flood', 'flood-again']) world.upstream.script(lane, flood);
  const alone = await chat('flood', { streamed: true, more: { midstream: 'error' } });
  const text = await alone.text();
  expect(text).toContain('larger than 128 MB');
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);

  // What came before does not count against who goes on.
  const response = await chat('flood-again', { streamed: true });
  expect(await response.text()).toContain(`"provider_used":"${providerId('spare')}"`);
  expect((await receiptOf(world, response)).attempts).toMatchObject([
    { outcome: 'cut', error: 'upstream_invalid_response' },
    { outcome: 'served', provider: providerId('spare') },
  ]);
});
