import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cast, gaps, type Stage, startStage } from '../../support/node/faulty/stage.ts';
import { taleOf, tellMe } from '../../support/node/faulty/tale.ts';
import { WIRES } from '../../support/node/fixtures.ts';
import { receiptOf } from '../../support/node/receipts.ts';
import { readStream } from '../../support/node/sse.ts';
import { AMID, BEFORE_EITHER_WAY, SHORT_TIMES } from './cases.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(async () => {
  expect(stage.simulator.complaints).toEqual([]);
  await stage.stop();
});

let tales = 0;

/** Asks for a tale, and reads what comes of it. */
async function ask(cast: Cast, stream: boolean, more: object = {}) {
  const tag = `tale${++tales}`;
  const messages = [{ role: 'user', content: tellMe(tag) }];
  const response = await stage.chat({ model: cast.model, messages, stream, policy: SHORT_TIMES, ...more });
  const told = taleOf(tag);
  if (response.status !== 200) {
    return { response, told, text: null, body: (await response.json()) as { error: { code: string } } };
  }
  if (stream) {
    const read = await readStream(response);
    return { response, told, text: read.text, stream: read, body: null };
  }
  const body = (await response.json()) as { choices: { message: { content: string } }[] };
  return { response, told, text: body.choices[0]?.message.content ?? null, body: null };
}

describe.concurrent.each(WIRES)('a provider of the %s wire', (wire) => {
  test.each(BEFORE_EITHER_WAY)(
    '$fault ($how): the next one answers, and the client sees nothing of it',
    async (entry) => {
      const { fault, errors, how, reason } = entry;
      const cast = await stage.cast([{ fault, wire }, 'ok']);
      const { response, text, told, stream } = await ask(cast, how === 'stream');
      expect(text).toBe(told);
      expect(stream?.last.provider_used ?? response.headers.get('x-provider-used')).toBe(cast.providers[1]);
      const receipt = await receiptOf(stage, response);
      expect(receipt.attempts.map(({ error }) => error)).toEqual([...errors, null]);
      expect(receipt).toMatchObject({
        status: 'completed',
        fallback_from: [cast.endpoints[0]],
        routing_reason: reason,
      });
      expect(receipt.parts).toEqual([]);
      expect(receipt.usage?.inputTokens).toBe(100);
      expect(cast.seen(0)).toHaveLength(errors.length);
      expect(cast.seen(1)).toHaveLength(1);
      await Promise.all(cast.seen(0).map(({ ended }) => ended));
    },
  );

  test.each(AMID)('$fault: the next one goes on where it broke', async ({ fault, errors, reason }) => {
    const cast = await stage.cast([{ fault, wire }, 'ok']);
    const { response, text, told, stream } = await ask(cast, true);
    expect(text).toBe(told);
    expect(stream?.finish).toEqual(['stop']);
    const receipt = await receiptOf(stage, response);
    expect(receipt.attempts.map(({ error, outcome }) => [outcome, error])).toEqual([
      ['cut', errors[0]],
      ['served', null],
    ]);
    expect(receipt).toMatchObject({ status: 'completed', routing_reason: reason });
    expect(cast.seen(0)).toHaveLength(1);
    expect(cast.seen(1)).toMatchObject([{ how: 'instruct' }]);
    expect(told.startsWith(cast.seen(1)[0]?.given ?? 'nothing')).toBe(true);
    expect(cast.seen(1)[0]?.given).not.toBe('');
    await cast.seen(0)[0]?.ended;
  });

  test.each(['nodone', 'slow-200', 'wait-1', 'hiccup', 'outage-2'])(
    '%s: it answers by itself',
    async (fault) => {
      const cast = await stage.cast([{ fault, wire }]);
      const { response, text, told } = await ask(cast, true);
      expect(text).toBe(told);
      expect(response.headers.get('x-provider-used')).toBe(cast.providers[0]);
      const attempts = cast.seen(0);
      const calls = { nodone: 1, 'slow-200': 1, 'wait-1': 2, hiccup: 2, 'outage-2': 3 }[fault];
      expect(attempts).toHaveLength(calls ?? 0);
      // A timer may be early by its own grain.
      if (fault === 'wait-1') expect(gaps(attempts)[0]).toBeGreaterThan(990);
      if (fault === 'outage-2') for (const gap of gaps(attempts)) expect(gap).toBeGreaterThan(120);
    },
  );

  test.each(['down', 'reset', 'fault', 'limit', 'limited-60'])(
    '%s with nobody else: three calls at most, with pauses, and an error that says so',
    async (fault) => {
      const cast = await stage.cast([{ fault, wire }]);
      const { response, body } = await ask(cast, true);
      expect(response.status).toBeGreaterThan(428);
      expect(body?.error.code).toMatch(/^upstream_/);
      const attempts = cast.seen(0);
      expect(attempts).toHaveLength(fault.startsWith('limit') ? 1 : 3);
      // A single 500 is repeated at once.
      for (const gap of gaps(attempts).slice(fault === 'fault' ? 1 : 0)) expect(gap).toBeGreaterThan(120);
      if (fault === 'limited-60') expect(response.headers.get('retry-after')).toBe('60');
      expect(await receiptOf(stage, response)).toMatchObject({ status: 'failed', credits_used: 0 });
    },
  );
});

describe.concurrent('what no other endpoint of the model can mend', () => {
  test('a request that is too long goes to a larger model of the chain, and to no other', async () => {
    const small = await stage.cast(['toolong', 'ok'], 8_192);
    const { response, body } = await ask(small, true);
    expect(response.status).toBe(400);
    expect(body?.error.code).toBe('context_length_exceeded');
    expect(small.seen(1)).toEqual([]);
    const [again, large] = [await stage.cast(['toolong'], 8_192), await stage.cast(['ok'], 128_000)];
    const { text, told, response: second } = await ask(again, true, { models: [large.model] });
    expect(text).toBe(told);
    expect(second.headers.get('x-routing-reason')).toBe('fallback_context_length');
    expect(second.headers.get('x-model-used')).toBe(large.model);
  });

  test('a refusal for what it says is passed on', async () => {
    const cast = await stage.cast(['filter', 'ok']);
    const { response, body } = await ask(cast, true);
    expect(response.status).toBe(400);
    expect(body?.error.code).toBe('content_filter');
    expect(cast.seen(0)).toHaveLength(1);
    expect(cast.seen(1)).toEqual([]);
  });
});

describe.concurrent('two faults at once', () => {
  const firsts = ['reset', 'mute', 'hiccup+cut-2', 'slow-200+cut-3', 'stall-2', 'error-1'];
  const seconds = ['down', 'cut-3', 'stall-1', 'fault', 'repeats'];
  const pairs = firsts.flatMap((first) => seconds.map((second) => [first, second] as const));
  test.each(pairs)('%s, then %s', async (first, second) => {
    const cast = await stage.cast([first, second, 'ok']);
    const { response, text, told, stream } = await ask(cast, true);
    expect(text).toBe(told);
    expect(stream?.finish).toEqual(['stop']);
    expect(stream?.ending).toBe('credits');
    expect(new Set(stream?.chunks.map(({ id }) => id)).size).toBe(1);
    const receipt = await receiptOf(stage, response);
    expect(receipt.status).toBe('completed');
    const said = receipt.parts.map(({ usage }) => usage.outputTokens);
    if (said.length > 0) expect(receipt.usage?.outputTokens).toBe(said.reduce((sum, one) => sum + one, 0));
    for (const place of [0, 1, 2]) expect(cast.seen(place).length).toBeLessThanOrEqual(2);
  });

  test('all broken: an error chunk, nothing billed, and no more than six calls', async () => {
    const cast = await stage.cast(['cut-3', 'cut-2', 'stall-1', 'down']);
    const { response, text, told, stream } = await ask(cast, true);
    expect(stream?.ending).toBe('error');
    expect(told.startsWith(text ?? 'nothing')).toBe(true);
    expect(text?.length).toBeGreaterThan(taleOf('tale0', 6).length - 10);
    expect(await receiptOf(stage, response)).toMatchObject({ status: 'failed', credits_used: 0 });
    const calls = [0, 1, 2, 3].reduce((sum, place) => sum + cast.seen(place).length, 0);
    expect(calls).toBeLessThanOrEqual(6);
  });
});
