import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS, streamText } from '../support/node/answers.ts';
import { WIRES } from '../support/node/fixtures.ts';
import { receiptOf } from '../support/node/receipts.ts';
import { answer, either, stream } from '../support/node/scripts.ts';
import { readStream } from '../support/node/sse.ts';
import { addModel, modelId, providerId, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  for (const wire of WIRES) {
    const says = { text: ['Hello'] };
    world.upstream.script(wire, either(answer(ANSWERS[wire].whole(says)), stream(streamText(wire, says))));
  }
});
afterAll(() => world.stop());

const messages = [{ role: 'user' as const, content: 'Hello' }];
const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe.each(WIRES)('an answer through the %s wire', (wire) => {
  test.each([true, false])('says what served it, for how much (stream: %s)', async (streamed) => {
    const response = await world.chat({ model: modelId(wire), stream: streamed, messages });
    const { headers } = response;
    expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-z]{26}$/);
    expect(headers.get('x-generation-id')).toMatch(/^gen_[0-9a-z]{26}$/);
    expect(headers.get('x-model-used')).toBe(modelId(wire));
    expect(headers.get('x-provider-used')).toBe(providerId(wire));
    expect(headers.get('x-fallback-from')).toBeNull();
    expect(headers.get('x-credits-used')).toBe(streamed ? null : '0.0004');
    const id = headers.get('x-generation-id');
    if (streamed) {
      const { chunks } = await readStream(response);
      expect(new Set(chunks.map((chunk) => chunk.id))).toEqual(new Set([id]));
      expect(new Set(chunks.map((chunk) => chunk.created)).size).toBe(1);
    } else {
      expect(await response.json()).toMatchObject({ id });
    }
    const receipt = await receiptOf(world, response);
    expect(receipt).toMatchObject({ id, request_id: headers.get('x-request-id'), stream: streamed });
  });

  test('carries the trace of the request to the provider and back', async () => {
    const response = await world.chat(
      { model: modelId(wire), messages },
      { headers: { traceparent: TRACE } },
    );
    expect(response.headers.get('traceparent')).toBe(TRACE);
    expect(world.upstream.received(wire).at(-1)?.headers.traceparent).toBe(TRACE);
    const receipt = await receiptOf(world, response);
    expect(receipt.trace_id).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
  });

  test('tells the provider nothing of the caller but the request', async () => {
    await world.chat(
      { model: modelId(wire), messages, provider: { order: ['x'] }, models: [], workflow: 'w', cache: {} },
      { headers: { cookie: 'a=b', 'x-forwarded-for': '10.0.0.1', 'x-custom': 'c', 'user-agent': 'mine' } },
    );
    const seen = world.upstream.received(wire).at(-1);
    expect(seen?.headers).not.toHaveProperty('cookie');
    expect(seen?.headers).not.toHaveProperty('x-forwarded-for');
    expect(seen?.headers).not.toHaveProperty('x-custom');
    expect(seen?.headers['user-agent']).toBe('interline');
    for (const name of ['provider', 'models', 'workflow', 'cache'])
      expect(seen?.json).not.toHaveProperty(name);
  });
});

test('what a provider cannot take is said, or refused where the caller asks for all', async () => {
  const body = { model: modelId('anthropic'), messages, logit_bias: { 5: 1 }, seed: 7, workflow: 'w' };
  const response = await world.chat(body);
  const dropped = response.headers.get('x-dropped-params')?.split(', ').sort();
  expect(dropped).toEqual(['logit_bias', 'seed']);
  const receipt = await receiptOf(world, response);
  expect([...receipt.dropped_params].sort()).toEqual(dropped);
  expect(world.upstream.received('anthropic').at(-1)?.json).not.toHaveProperty('seed');

  const strict = await world.chat({ ...body, require_parameters: true });
  expect(strict.status).toBe(400);
  expect(await strict.json()).toMatchObject({ error: { code: 'unsupported_parameter' } });
});

test('of what Converse has no words for to a model, reasoning is said too, and not listed', async () => {
  const capabilities = { reasoning: true };
  const models = { r1: 'us.deepseek.r1-v1:0', aws: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0' };
  for (const [name, upstreamModel] of Object.entries(models))
    await addModel(world, name, ['bedrock'], { upstreamModel, capabilities });
  world.upstream.script('bedrock', answer(ANSWERS.bedrock.whole({ text: ['Hi.'] })));
  const asked = { messages, max_tokens: 4000, reasoning_effort: 'high' as const, temperature: 0.5 };
  const create = (name: string, more = {}) =>
    world.client.chat.completions.create({ ...asked, ...more, model: modelId(name) }).withResponse();

  const fixed = await create('r1');
  expect(fixed.response.headers.get('x-dropped-params')).toBe('reasoning_effort');
  await expect(create('r1', { require_parameters: true })).rejects.toMatchObject({
    code: 'unsupported_parameter',
    param: 'reasoning_effort',
  });
  const thinks = await create('aws');
  expect(thinks.response.headers.get('x-dropped-params')).toBe('temperature');
  await create('aws', { require_parameters: true, temperature: 1 });
  expect(world.upstream.received('bedrock').at(-1)?.json).toMatchObject({
    additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 3200 } },
    inferenceConfig: { maxTokens: 4000 },
  });

  const listed = async (name: string) => {
    const response = await world.fetch(`/v1/models/${modelId(name)}`);
    return ((await response.json()) as { supported_parameters: string[] }).supported_parameters;
  };
  expect(await listed('r1')).not.toContain('reasoning_effort');
  expect(await listed('aws')).toContain('reasoning_effort');
});

test('ids are never the same twice', async () => {
  const ids = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const { headers } = await world.chat({ model: modelId('openai'), messages });
      return [headers.get('x-request-id'), headers.get('x-generation-id')];
    }),
  );
  expect(new Set(ids.flat()).size).toBe(80);
});
