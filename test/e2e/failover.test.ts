import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS, streamText } from '../support/node/answers.ts';
import { WIRES, type WireName } from '../support/node/fixtures.ts';
import { receiptOf } from '../support/node/receipts.ts';
import { answer, either, inTurn, silence, stream } from '../support/node/scripts.ts';
import { readStream } from '../support/node/sse.ts';
import type { Script } from '../support/node/upstream.ts';
import { addModel, addProvider, modelId, providerId, startWorld, type World } from '../support/node/world.ts';
import { CASES, PASSING } from './failover-cases.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld('hasty');
  await addProvider(world, 'spare', 'openai');
  for (const wire of WIRES) await addModel(world, `pair-${wire}`, [wire, 'spare']);
});
afterAll(() => world.stop());

const messages = [{ role: 'user', content: 'Speak.' }];

/** Answers as a lane should, streamed or whole. */
function speaks(wire: WireName, ...text: string[]): Script {
  const says = { text, input: 100, output: 20 };
  return either(answer(ANSWERS[wire].whole(says)), stream(streamText(wire, says)));
}

/** Scripts the second endpoint. */
function spareAnswers(): void {
  world.upstream.script('spare', speaks('openai', 'From the ', 'spare'));
}

/** Lets endpoints of a lane serve once, so that what failed before is not held against them. */
async function heal(wire: WireName, ...models: string[]): Promise<void> {
  world.upstream.script(wire, speaks(wire, 'Well.'));
  for (const model of models) {
    const response = await world.chat({
      model: modelId(model),
      messages,
      provider: { only: [providerId(wire)] },
    });
    expect(response.status).toBe(200);
    await response.text();
  }
}

describe.each(WIRES)('before the first word a provider of the %s wire answers', (wire) => {
  test.each(CASES)(
    '$what ($how): the next endpoint serves',
    async ({ script, streamed, status, code: told, binary = told, calls = 1 }) => {
      const code = wire === 'bedrock' ? binary : told;
      await heal(wire, `pair-${wire}`, wire);
      world.upstream.script(wire, script(wire, world));
      spareAnswers();
      const response = await world.chat({ model: modelId(`pair-${wire}`), stream: streamed, messages });
      expect(response.status).toBe(200);
      expect(response.headers.get('x-fallback-from')).toBe(`${modelId(`pair-${wire}`)}@${providerId(wire)}`);
      expect(response.headers.get('x-routing-reason')).toMatch(/^fallback_/);
      expect(response.headers.get('x-provider-used')).toBe(providerId('spare'));
      if (streamed) {
        const { text, last } = await readStream(response);
        expect(text).toBe('From the spare');
        expect(last).toMatchObject({
          provider_used: providerId('spare'),
          fallback_from: [`${modelId(`pair-${wire}`)}@${providerId(wire)}`],
        });
      } else {
        expect(await response.json()).toMatchObject({
          choices: [{ message: { content: 'From the spare' } }],
        });
      }
      expect(world.upstream.received(wire)).toHaveLength(calls);
      const receipt = await receiptOf(world, response);
      expect(receipt.attempts.map((tried) => tried.error)).toEqual([...Array(calls).fill(code), null]);
      // The caller pays for what answered.
      expect(receipt).toMatchObject({
        status: 'completed',
        credits_used: 0.0004,
        provider_used: providerId('spare'),
      });

      // Without another endpoint the failure is told, and costs nothing.
      world.upstream.script(wire, script(wire, world));
      const alone = await world.chat({ model: modelId(wire), stream: streamed, messages });
      expect(alone.status).toBe(status);
      expect(await alone.json()).toMatchObject({
        error: { code, request_id: alone.headers.get('x-request-id') },
      });
      expect(await receiptOf(world, alone)).toMatchObject({
        status: 'failed',
        credits_used: 0,
        error: { code },
      });
      const tries = PASSING.some((passing) => passing === code) ? 3 : 1;
      expect(world.upstream.received(wire)).toHaveLength(tries);
    },
  );

  test('400: nobody else is asked', async () => {
    await heal(wire, `pair-${wire}`);
    world.upstream.script(wire, answer({ error: { message: 'Bad temperature' } }, 400));
    spareAnswers();
    const response = await world.chat({ model: modelId(`pair-${wire}`), messages });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'upstream_invalid_request' } });
    expect(world.upstream.received('spare')).toEqual([]);
  });
});

test.each(['stream', 'whole'])('a provider that never answers (%s) is given up in time', async (how) => {
  // Nobody knows how fast it usually is, so that nobody else starts beside it.
  const lane = `mute-${how}`;
  await addProvider(world, lane, 'google');
  await addModel(world, lane, [lane, 'spare']);
  world.upstream.script(lane, silence);
  spareAnswers();
  const startedAt = performance.now();
  const response = await world.chat({ model: modelId(lane), stream: how === 'stream', messages });
  expect(await response.text()).toContain('spare');
  // Half of the time that the request has, so that the other half is left to others.
  expect(performance.now() - startedAt).toBeGreaterThan(900);
  expect(performance.now() - startedAt).toBeLessThan(4_000);
  expect(response.headers.get('x-routing-reason')).toBe('fallback_timeout');
  const [seen] = world.upstream.received(lane);
  await seen?.closed;
  const receipt = await receiptOf(world, response);
  expect(receipt.attempts.map((tried) => tried.error)).toEqual(['upstream_timeout', null]);

  const provider = { only: [providerId(lane)] };
  const alone = await world.chat({ model: modelId(lane), stream: how === 'stream', messages, provider });
  expect(alone.status).toBe(504);
  expect(await alone.json()).toMatchObject({ error: { code: 'upstream_timeout' } });
});

test('an overload in words of one provider only: 529', async () => {
  world.upstream.script('anthropic', answer({ type: 'error', error: { type: 'overloaded_error' } }, 529));
  const response = await world.chat({ model: modelId('anthropic'), messages });
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ error: { code: 'upstream_overloaded' } });
});

test('a redirect is not followed', async () => {
  world.upstream.script('elsewhere', answer(ANSWERS.openai.whole({ text: ['Stolen'] })));
  for (const status of [301, 302, 303, 307, 308]) {
    world.upstream.script('openai', answer('', status, { location: `${world.upstream.url('elsewhere')}/x` }));
    const response = await world.chat({ model: modelId('openai'), messages });
    expect(response.status).toBe(502);
  }
  expect(world.upstream.received('elsewhere')).toEqual([]);
});

test('models of the request are tried in turn, and the caller may forbid it', async () => {
  await heal('anthropic', 'anthropic');
  await heal('google', 'google');
  world.upstream.script('anthropic', answer({}, 503));
  world.upstream.script('google', answer({}, 429));
  spareAnswers();
  await addModel(world, 'spare-only', ['spare']);
  const body = { model: modelId('anthropic'), models: [modelId('google'), modelId('spare-only')], messages };
  const response = await world.chat(body);
  expect(response.status).toBe(200);
  expect(response.headers.get('x-fallback-from')).toBe(
    `${modelId('anthropic')}@${providerId('anthropic')}, ${modelId('google')}@${providerId('google')}`,
  );
  expect(response.headers.get('x-routing-reason')).toBe('fallback_rate_limited');
  expect(response.headers.get('x-model-used')).toBe(modelId('spare-only'));
  expect(world.upstream.received('spare')[0]?.json).not.toHaveProperty('models');

  await heal('anthropic', 'anthropic');
  world.upstream.script('anthropic', answer({}, 503));
  const only = await world.chat({ ...body, provider: { allow_fallbacks: false } });
  expect(only.status).toBe(503);
});

test('an endpoint that failed is passed over by the next requests, until it has served again', async () => {
  await heal('openai', 'pair-openai');
  world.upstream.script('openai', answer({}, 503));
  spareAnswers();
  const body = { model: modelId('pair-openai'), messages };
  // Three failures in a row open the circuit.
  for (let failures = 1; failures <= 3; failures++) await (await world.chat(body)).text();
  expect(world.upstream.received('openai')).toHaveLength(3);
  const passed = await world.chat(body);
  expect(passed.headers.get('x-routing-reason')).toBe('circuit_open');
  expect(passed.headers.get('x-fallback-from')).toBeNull();
  expect(passed.headers.get('x-provider-used')).toBe(providerId('spare'));
  expect(world.upstream.received('openai')).toHaveLength(3);

  await heal('openai', 'pair-openai');
  const back = await world.chat(body);
  expect(back.headers.get('x-provider-used')).toBe(providerId('openai'));
  expect(back.headers.get('x-routing-reason')).toBeNull();
});

test('when all have failed for now, they are asked again', async () => {
  await heal('openai', 'pair-openai');
  const fails = answer({}, 503);
  world.upstream.script('openai', inTurn(fails, fails, speaks('openai', 'At last.')));
  world.upstream.script('spare', inTurn(fails, fails, fails));
  const response = await world.chat({ model: modelId('pair-openai'), messages });
  expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'At last.' } }] });
  const receipt = await receiptOf(world, response);
  expect(receipt.status).toBe('completed');
  expect(receipt.attempts.map((tried) => tried.outcome)).toEqual([
    ...receipt.attempts.slice(1).map(() => 'failed'),
    'served',
  ]);
  // Both once before either is asked again.
  const asked = receipt.attempts.map((tried) => tried.provider);
  expect(asked.slice(0, 2)).toEqual([providerId('openai'), providerId('spare')]);
  expect(asked.filter((provider) => provider === providerId('openai'))).toHaveLength(3);
});

test('an endpoint that stands alone is asked again as late as it asks for, if that is soon', async () => {
  await heal('openai', 'openai');
  const limited = answer({}, 429, { 'retry-after': '1' });
  world.upstream.script('openai', inTurn(limited, speaks('openai', 'Now.')));
  const startedAt = performance.now();
  const waited = await world.chat({ model: modelId('openai'), messages });
  expect(waited.status).toBe(200);
  expect(performance.now() - startedAt).toBeGreaterThan(990);
  expect(world.upstream.received('openai')).toHaveLength(2);

  // Later than the request may take.
  world.upstream.script('openai', answer({}, 429, { 'retry-after': '20' }));
  const refused = await world.chat({ model: modelId('openai'), messages });
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('20');
  expect(world.upstream.received('openai')).toHaveLength(1);
});
