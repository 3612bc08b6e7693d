import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWERS, streamText } from '../support/node/answers.ts';
import { balance, untilBalance } from '../support/node/receipts.ts';
import { answer, endless, stream } from '../support/node/scripts.ts';
import { readStream } from '../support/node/sse.ts';
import { type Caller, modelId, newCaller, startWorld, type World } from '../support/node/world.ts';

const SAYS = { text: ['One ', 'two ', 'three'], input: 100, output: 20 };
/** Longer than what the upstream counts for it: nothing costs more than was reserved for it. */
const messages = [{ role: 'user', content: 'Count. '.repeat(60) }];

let world: World;
beforeAll(async () => {
  world = await startWorld();
  world.upstream.script('openai', (response, request) =>
    (request.body.includes('"stream":true')
      ? stream(streamText('openai', SAYS))
      : answer(ANSWERS.openai.whole(SAYS)))(response, request),
  );
});
afterAll(() => world.stop());

const body = (more: object = {}) => ({ model: modelId('openai'), messages, max_tokens: 20, ...more });

/** So many requests at once; their statuses, with every body read. */
async function flood(caller: Caller, count: number, more: object = {}): Promise<Response[]> {
  return await Promise.all(
    Array.from({ length: count }, async () => {
      const response = await caller.chat(body(more));
      await response.clone().text();
      return response;
    }),
  );
}

const having = (responses: Response[], status: number) => responses.filter((one) => one.status === status);

test('a limit lets in exactly what it says, of a thousand that come at once, and leaves no slot behind', async () => {
  const caller = await newCaller(world);
  const limits = { requests_per_minute: 100, concurrent: 40 };
  await world.api('PUT', `/api/workspaces/${caller.workspace}/limits`, limits);
  const responses = await flood(caller, 1000, { stream: true });
  const admitted = having(responses, 200).length;
  expect(admitted).toBeGreaterThanOrEqual(40);
  expect(admitted).toBeLessThanOrEqual(100);
  expect(having(responses, 429)).toHaveLength(1000 - admitted);
  const state = async () =>
    await world.api<{ requests_per_minute: { remaining: number }; concurrent: { used: number } }>(
      'GET',
      `/api/workspaces/${caller.workspace}/limits`,
    );
  await expect.poll(async () => (await state()).concurrent.used, { timeout: 10_000 }).toBe(0);
  expect((await state()).requests_per_minute.remaining).toBe(100 - admitted);
  // What is left of the minute can be used to the last request, and no more.
  let more = 0;
  for (let at = 0; at < 110 - admitted; at++) if ((await caller.chat(body())).status === 200) more++;
  expect(admitted + more).toBe(100);
}, 60_000);

test('a balance is spent to the last answer that it covers, and never below zero', async () => {
  const caller = await newCaller(world);
  // 100 tokens in and 20 out, at 2 and 10 USD per 1M: 400 micro-USD an answer.
  const cost = 0.0004;
  const spend = 99.98;
  await world.api('PUT', `/api/workspaces/${caller.workspace}/limits`, {
    budgets: [{ window: 'total', amount_usd: 100 - spend }],
  });
  const responses = await flood(caller, 300);
  const paid = having(responses, 200).length * cost;
  expect([...new Set(responses.map((one) => one.status))].sort()).toEqual([200, 403]);
  expect(paid).toBeGreaterThan(0);
  expect(paid).toBeLessThanOrEqual(100 - spend + 1e-9);
  await expect.poll(() => balance(world, caller)).toBeCloseTo(100 - paid, 9);
}, 60_000);

test('admission goes beside the upstream while there is room, and costs no refusal of what fits', async () => {
  const caller = await newCaller(world);
  for (let round = 0; round < 5; round++) {
    expect(having(await flood(caller, 40), 200)).toHaveLength(40);
  }
  const stats = async () =>
    await world.api<{ admitted: number }>('GET', `/api/limits/stats?workspace=${caller.workspace}`);
  await expect.poll(async () => (await stats()).admitted, { timeout: 10_000 }).toBe(200);
  expect(await stats()).toMatchObject({ refused: 0, refused_optimistic: 0, expired: 0 });
});

test.each([
  ['a budget that is spent', { budgets: [{ window: 'total', amount_usd: 0 }] }, 403, 0],
  ['a rate', { requests_per_minute: 3 }, 429, 3],
])(
  '%s is in force when it has been set, amid requests that need not ask',
  async (_, limits, status, limit) => {
    const caller = await newCaller(world);
    world.upstream.script('openai', answer(ANSWERS.openai.whole(SAYS)));
    const before = Promise.withResolvers<void>();
    let answered = 0;
    let set = false;
    /** Statuses of requests that began after the limit was set. */
    const after: number[] = [];
    const client = async (): Promise<void> => {
      while (after.length < 40) {
        const began = set;
        const response = await caller.chat(body());
        await response.text();
        if (began) after.push(response.status);
        if (++answered === 100) before.resolve();
      }
    };
    const clients = Promise.all(Array.from({ length: 8 }, client));
    await Promise.race([before.promise, clients]);
    await world.api('PUT', `/api/workspaces/${caller.workspace}/limits`, limits);
    set = true;
    await clients;
    // Those that came while it was being set may have used it up.
    const admittedAfter = after.filter((one) => one === 200).length;
    expect(admittedAfter).toBeLessThanOrEqual(limit);
    expect(after.filter((one) => one === status)).toHaveLength(after.length - admittedAfter);
  },
  30_000,
);

test('what requests reserve ahead is given back when they cease', async () => {
  const caller = await newCaller(world);
  world.upstream.script('openai', answer(ANSWERS.openai.whole(SAYS)));
  for (let round = 0; round < 10; round++) await flood(caller, 20);
  // 400 micro-USD an answer.
  expect(await untilBalance(world, caller, 99.92)).toBe(99.92);
  const used = async (): Promise<number> => {
    const path = `/api/workspaces/${caller.workspace}/limits`;
    return (await world.api<{ concurrent: { used: number } }>('GET', path)).concurrent.used;
  };
  await expect.poll(used, { timeout: 10_000 }).toBe(0);
}, 30_000);

test('a request that went ahead and is refused lets no byte out, and its upstream is stopped', async () => {
  const caller = await newCaller(world);
  // This isolate learns of plenty of room, which is then taken away behind its back.
  expect((await caller.chat(body())).status).toBe(200);
  const { head } = ANSWERS.openai.stream(SAYS);
  world.upstream.script('openai', endless(head.join(''), head.at(-1) ?? ''));
  const budgets = [{ window: 'total', amount_usd: 0 }];
  await world.api('PUT', `/api/workspaces/${caller.workspace}/limits`, { budgets });
  const response = await caller.chat(body({ stream: true }));
  expect(response.status).toBe(403);
  expect(await response.text()).not.toContain('One');
  await world.upstream.received('openai').at(-1)?.closed;
  const stats = await world.api<object>('GET', `/api/limits/stats?workspace=${caller.workspace}`);
  expect(stats).toMatchObject({ refused: 1, refused_optimistic: 1 });
  world.upstream.script('openai', answer(ANSWERS.openai.whole(SAYS)));
});

test('streams carry the headers of rates, and an answer that fails gives its place back', async () => {
  const caller = await newCaller(world);
  const limits = { requests_per_minute: 50, tokens_per_minute: 10_000, concurrent: 1 };
  await world.api('PUT', `/api/workspaces/${caller.workspace}/limits`, limits);
  world.upstream.script('openai', stream(streamText('openai', SAYS)));
  const response = await caller.chat(body({ stream: true }));
  expect(response.headers.get('x-ratelimit-limit-requests')).toBe('50');
  expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('49');
  expect(response.headers.get('x-ratelimit-limit-tokens')).toBe('10000');
  expect(response.headers.get('x-ratelimit-reset-tokens')).toMatch(/s$/);
  await readStream(response);
  world.upstream.script('openai', answer({ error: { message: 'no' } }, 503));
  await expect.poll(async () => (await caller.chat(body())).status, { timeout: 10_000 }).toBe(503);
  await expect.poll(async () => (await caller.chat(body())).status, { timeout: 10_000 }).toBe(503);
});
