import { afterAll, beforeAll, describe, test } from 'vitest';
import { type Stage, startStage } from '../../support/node/faulty/stage.ts';
import { taleOf, tellMe } from '../../support/node/faulty/tale.ts';
import { receiptOf } from '../../support/node/receipts.ts';
import { readStream } from '../../support/node/sse.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const policy = { slo_ms: 200 };

async function ask(parts: readonly string[], more: object = {}) {
  const cast = await stage.cast(parts);
  const tag = `race${cast.model.slice(1, 6)}`;
  const messages = [{ role: 'user', content: tellMe(tag) }];
  const startedAt = performance.now();
  const response = await stage.chat({ model: cast.model, messages, stream: true, policy, ...more });
  return { cast, told: taleOf(tag), response, startedAt };
}

describe.concurrent('a first token later than slo_ms', () => {
  test('starts the next provider beside the first, and the faster one answers alone', async ({ expect }) => {
    const { cast, told, response, startedAt } = await ask(['slow-8000', 'ok']);
    const { text, last } = await readStream(response);
    expect(text).toBe(told);
    expect(response.headers.get('x-routing-reason')).toBe('hedge');
    expect(response.headers.get('x-provider-used')).toBe(cast.providers[1]);
    // The first was not called again, and its connection is closed long before it would have answered.
    expect(await cast.seen(0)[0]?.ended).toBe('left');
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    expect([cast.seen(0).length, cast.seen(1).length]).toEqual([1, 1]);
    const receipt = await receiptOf(stage, response);
    expect(receipt.attempts).toMatchObject([
      { endpoint: cast.endpoints[0], outcome: 'cancelled', error: null },
      { endpoint: cast.endpoints[1], outcome: 'served' },
    ]);
    // 100 tokens at 2 and 120 at 10 USD per 1M, once.
    expect(receipt).toMatchObject({ credits_used: 0.0014, routing_reason: 'hedge', parts: [] });
    expect(last.credits_used).toBe(0.0014);
  });

  test('stays with the first when that is faster after all', async ({ expect }) => {
    const { cast, told, response } = await ask(['slow-900', 'slow-8000']);
    expect((await readStream(response)).text).toBe(told);
    expect(response.headers.get('x-provider-used')).toBe(cast.providers[0]);
    expect(response.headers.get('x-routing-reason')).not.toBe('hedge');
    expect(await cast.seen(1)[0]?.ended).toBe('left');
    expect((await receiptOf(stage, response)).credits_used).toBe(0.0014);
  });

  test('starts one other, and not all of them', async ({ expect }) => {
    const { cast, told, response } = await ask(['slow-1500', 'slow-8000', 'ok']);
    expect((await readStream(response)).text).toBe(told);
    expect(response.headers.get('x-provider-used')).toBe(cast.providers[0]);
    expect(cast.seen(2)).toEqual([]);
  });

  test.for(['reset', 'down', 'limit'])(
    'goes on to the third when the second fails: %s',
    async (fault, { expect }) => {
      const { cast, told, response } = await ask(['mute', fault, 'ok'], {
        policy: { ...policy, first_token_ms: 1_500 },
      });
      expect((await readStream(response)).text).toBe(told);
      expect(response.headers.get('x-provider-used')).toBe(cast.providers[2]);
      expect(await cast.seen(0)[0]?.ended).toBe('left');
    },
  );

  test('hurts nobody who is fast: nobody else is called', async ({ expect }) => {
    const { cast, told, response } = await ask(['ok', 'ok'], { policy: { slo_ms: 20_000 } });
    expect((await readStream(response)).text).toBe(told);
    expect(cast.seen(1)).toEqual([]);
  });

  test('that broke afterwards is continued by who is left', async ({ expect }) => {
    const { cast, told, response } = await ask(['slow-8000', 'cut-4', 'ok']);
    expect((await readStream(response)).text).toBe(told);
    expect(cast.seen(2)).toMatchObject([{ how: 'instruct' }]);
    expect(await receiptOf(stage, response)).toMatchObject({ routing_reason: 'continued' });
  });
});
