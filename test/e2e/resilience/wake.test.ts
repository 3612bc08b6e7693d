import { afterAll, beforeAll, describe, test } from 'vitest';
import { type Cast, gaps, type Stage, startStage } from '../../support/node/faulty/stage.ts';
import { taleOf, tellMe } from '../../support/node/faulty/tale.ts';
import { receiptOf, untilBalance } from '../../support/node/receipts.ts';
import { readStream } from '../../support/node/sse.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

let tales = 0;
async function ask(cast: Cast, stream: boolean, more: object = {}, caller: Pick<Stage, 'chat'> = stage) {
  const tag = `wake${++tales}`;
  const messages = [{ role: 'user', content: tellMe(tag) }];
  const response = await caller.chat({ model: cast.model, messages, stream, ...more });
  return { told: taleOf(tag), response };
}

const health = async (cast: Cast) =>
  (
    await stage.api<{ data: { endpoint: string; status: string; waking_since: number | null }[] }>(
      'GET',
      `/api/health?model=${encodeURIComponent(cast.model)}`,
    )
  ).data[0];

describe.concurrent('a provider that loads its model', () => {
  test('a stream is told so until it answers, and then has all of it', async ({ expect }) => {
    const cast = await stage.cast(['loads-2']);
    const { told, response } = await ask(cast, true);
    const [forSight, forReading] = [response.clone(), response];
    const raw = await forSight.text();
    expect(raw).toMatch(/^: waking \d+s\n\n/);
    const { text, ending } = await readStream(forReading);
    expect([text, ending]).toEqual([told, 'credits']);
    expect(cast.seen(0)).toHaveLength(3);
    // As often as it says itself.
    for (const gap of gaps(cast.seen(0))) expect(gap).toBeGreaterThan(950);
    // 100 tokens at 2 and 120 at 10 USD per 1M, once.
    expect(await receiptOf(stage, response)).toMatchObject({ status: 'completed', credits_used: 0.0014 });
  });

  test('a request without a stream is held', async ({ expect }) => {
    const cast = await stage.cast(['loads-1']);
    const { told, response } = await ask(cast, false);
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: told } }] });
  });

  test.for(['max_wake_ms', 'x-max-wake-ms', 'total_ms'])('%s is the end of it', async (limit, { expect }) => {
    const cast = await stage.cast(['sleeps']);
    const caller = await stage.newCaller();
    const messages = [{ role: 'user', content: 'Wake up.' }];
    const response =
      limit === 'x-max-wake-ms'
        ? await caller.chat({ model: cast.model, messages }, { headers: { 'x-max-wake-ms': '1500' } })
        : await caller.chat({ model: cast.model, messages, policy: { [limit]: 1500 } });
    expect(response.status).toBe(504);
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await response.json()).toMatchObject({ error: { code: 'wake_timeout' } });
    expect(await receiptOf(caller, response)).toMatchObject({ status: 'failed', credits_used: 0 });
    // What was reserved comes back.
    expect(await untilBalance(stage, caller, 100)).toBe(100);
    expect(cast.seen(0).length).toBeLessThanOrEqual(2);
  });

  test('in a stream that end is an error chunk', async ({ expect }) => {
    const cast = await stage.cast(['sleeps']);
    const { response } = await ask(cast, true, { max_wake_ms: 1_500 });
    const { ending, last } = await readStream(response);
    expect([ending, last.error?.code]).toEqual(['error', 'wake_timeout']);
    expect(await receiptOf(stage, response)).toMatchObject({ status: 'failed', credits_used: 0 });
  });

  test('is asked by one of all who wait, and answers them all', async ({ expect }) => {
    const cast = await stage.cast(['loads-13']);
    const asks = Array.from({ length: 10 }, (_, at) => ask(cast, at % 2 === 0));
    for (const { told, response } of await Promise.all(asks)) {
      expect(response.status).toBe(200);
      expect(await response.text()).toContain(told.slice(0, 8));
    }
    // Each learns for itself that it is loading; from then on one asks, a second apart, until it is there.
    const polls = cast.seen(0).slice(10, 13);
    for (const gap of gaps(polls)) expect(gap).toBeGreaterThan(900);
    expect(cast.seen(0).length).toBeLessThanOrEqual(10 + 4 + 10);
  });

  test('gives way to one that is warm', async ({ expect }) => {
    const cast = await stage.cast(['loads-1', 'ok']);
    const { told, response } = await ask(cast, true);
    expect((await readStream(response)).text).toBe(told);
    expect(response.headers.get('x-provider-used')).toBe(cast.providers[1]);
    expect(response.headers.get('x-routing-reason')).toBe('fallback_waking');
    expect(cast.seen(0)).toHaveLength(1);
  });

  test('is seen to do so in its health', async ({ expect }) => {
    const cast = await stage.cast(['sleeps']);
    const asked = ask(cast, true, { max_wake_ms: 6_000 });
    await expect.poll(async () => (await health(cast))?.waking_since, { timeout: 5_000 }).toBeGreaterThan(0);
    expect(await health(cast)).toMatchObject({ endpoint: cast.endpoints[0], status: 'degraded' });
    await readStream((await asked).response);
    await expect.poll(async () => (await health(cast))?.waking_since, { timeout: 5_000 }).toBeNull();
  });
});

describe.concurrent('a provider that is scaled to zero', () => {
  test('holds the connection while it wakes, and the stream is told so', async ({ expect }) => {
    const cast = await stage.cast([{ fault: 'slow-6000', scalesToZero: true }]);
    const { told, response } = await ask(cast, true);
    const raw = await response.clone().text();
    expect(raw).toMatch(/^: waking [56]s\n\n/);
    expect((await readStream(response)).text).toBe(told);
    expect(cast.seen(0)).toHaveLength(1);
  });

  test('says 503, and is asked again', async ({ expect }) => {
    const cast = await stage.cast([{ fault: 'outage-1', scalesToZero: true }]);
    const { told, response } = await ask(cast, true);
    expect((await readStream(response)).text).toBe(told);
    expect(cast.seen(0)).toHaveLength(2);
  });

  test('comes behind one that is always there', async ({ expect }) => {
    const cast = await stage.cast([{ fault: 'ok', scalesToZero: true }, 'ok']);
    const { told, response } = await ask(cast, true);
    expect((await readStream(response)).text).toBe(told);
    expect(response.headers.get('x-provider-used')).toBe(cast.providers[1]);
    expect(cast.seen(0)).toEqual([]);
  });

  test('that never says a word is given up within its budget, and not billed', async ({ expect }) => {
    const cast = await stage.cast([{ fault: 'mute', scalesToZero: true }]);
    const { response } = await ask(cast, false, { max_wake_ms: 1_500 });
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ error: { code: 'wake_timeout' } });
    expect(await cast.seen(0)[0]?.ended).toBe('left');
    expect(await receiptOf(stage, response)).toMatchObject({ status: 'failed', credits_used: 0 });
  });
});
