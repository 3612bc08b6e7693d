import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS } from '../support/node/answers.ts';
import { servedAt } from '../support/node/responses-answers.ts';
import { answer } from '../support/node/scripts.ts';
import type { World } from '../support/node/world.ts';
import { modelAt, QUESTION, sentTo, worldOfOneApi } from './one-api-lanes.ts';

let world: World;
beforeAll(async () => {
  world = await worldOfOneApi();
});
afterAll(() => world.stop());

describe('a model that completes texts alone', () => {
  const completed = {
    id: 'cmpl-up',
    object: 'text_completion',
    created: 1_760_000_000,
    model: 'up-model-1',
    choices: [{ text: ' a time', index: 0, logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 },
  };

  test('is asked at /v1/completions', async () => {
    world.upstream.script('instruct', servedAt('/completions', answer(completed)));
    const { choices } = await world.client.completions.create({
      model: await modelAt(world, 'instruct'),
      prompt: 'Once upon',
    });
    expect(choices[0]?.text).toBe(' a time');
    expect(sentTo(world, 'instruct')?.json).toMatchObject({ model: 'Up-instruct', prompt: 'Once upon' });
  });

  test('refuses messages before anything is sent', async () => {
    world.upstream.script('instruct', servedAt('/completions', answer(completed)));
    const model = await modelAt(world, 'instruct');
    const expected = { status: 400, code: 'model_not_supported', param: 'model' };
    const message = expect.stringContaining(
      `${model} completes texts and answers no messages. Call it with POST /v1/completions.`,
    );
    await expect(world.client.chat.completions.create({ model, messages: QUESTION })).rejects.toMatchObject({
      ...expected,
      message,
    });
    await expect(world.client.responses.create({ model, input: 'Hi' })).rejects.toMatchObject(expected);
    const anthropic = new Anthropic({ baseURL: world.gateway.origin, apiKey: world.key, maxRetries: 0 });
    await expect(
      anthropic.messages.create({ model, max_tokens: 9, messages: QUESTION }),
    ).rejects.toMatchObject({
      status: 400,
    });
    // With a policy, which takes a decision.
    const refused = await world.chat({ model, messages: QUESTION, policy: { max_cost_usd: 1 } });
    expect(await refused.json()).toMatchObject({ error: { code: 'model_not_supported', message } });
    expect(world.upstream.received('instruct')).toEqual([]);
  });

  test('is passed over in a list, and among its own endpoints', async () => {
    world.upstream.script('instruct', servedAt('/completions', answer(completed)));
    world.upstream.script('spare', answer(ANSWERS.openai.whole({ text: ['Hello.'] })));
    const [words, chat, both] = [
      await modelAt(world, 'instruct'),
      await modelAt(world, 'spare'),
      await modelAt(world, 'instruct', 'spare'),
    ];
    for (const body of [{ model: words, models: [chat] }, { model: both }]) {
      const response = await world.chat({ ...body, messages: QUESTION });
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'Hello.' } }] });
    }
    expect(world.upstream.received('instruct')).toEqual([]);
  });

  test('is listed as what it is', async () => {
    const model = await modelAt(world, 'instruct', 'pro', 'spare');
    const response = await world.fetch(`/v1/models/${model}/endpoints`);
    const { data } = (await response.json()) as { data: { endpoints: { capabilities: { api?: string } }[] } };
    expect(data.endpoints.map(({ capabilities }) => capabilities.api)).toEqual([
      'completions',
      'responses',
      undefined,
    ]);
  });
});
