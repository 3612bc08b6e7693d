import { createAnthropic } from '@ai-sdk/anthropic';
import Anthropic from '@anthropic-ai/sdk';
import { generateText, jsonSchema, stepCountIs, streamText as streamWithAiSdk, tool } from 'ai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS, joined, streamText } from '../../support/node/answers.ts';
import { WIRES } from '../../support/node/fixtures.ts';
import { receiptById } from '../../support/node/receipts.ts';
import { answer, either, endless, stream, streamThenReset } from '../../support/node/scripts.ts';
import { addModel, modelId, startWorld, type World } from '../../support/node/world.ts';
import { ask, CALL, clientOf, script, TOOL, WORDS } from './client.ts';

let world: World;
let client: Anthropic;
beforeAll(async () => {
  world = await startWorld();
  client = clientOf(world);
});
afterAll(() => world.stop());

describe.each(WIRES)('through the %s wire', (wire) => {
  test('a message', async () => {
    script(world, wire, WORDS);
    const { data, response, request_id } = await client.messages.create(ask(wire)).withResponse();
    expect(data).toMatchObject({
      type: 'message',
      role: 'assistant',
      // A host of this very API names the model itself.
      model: wire === 'anthropic' ? 'up-model-1' : modelId(wire),
      content: [{ type: 'text', text: '18 degrees in Zürich.' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 20, cache_read_input_tokens: 10, output_tokens: 9 },
    });
    expect(request_id).toMatch(/^req_/);
    expect(data.id).toBe(response.headers.get('x-generation-id'));
    expect(await receiptById(world, data.id)).toMatchObject({ status: 'completed' });
  });

  test('a streamed message through the helper', async () => {
    script(world, wire, WORDS);
    const texts: string[] = [];
    const running = client.messages.stream(ask(wire)).on('text', (text) => texts.push(text));
    const message = await running.finalMessage();
    expect(texts.join('')).toBe('18 degrees in Zürich.');
    expect(message).toMatchObject({
      content: [{ type: 'text', text: '18 degrees in Zürich.' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 20, cache_read_input_tokens: 10, output_tokens: 9 },
    });
  });

  test.each([false, true])('a loop of calls, streamed: %s', async (streamed) => {
    world.upstream.script(wire, (response, request) => {
      const says = request.body.includes('18 °C') ? WORDS : { call: CALL };
      return either(answer(ANSWERS[wire].whole(says)), stream(streamText(wire, says), 11))(response, request);
    });
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'The weather?' }];
    let last: Anthropic.Message | undefined;
    for (let turn = 0; turn < 3 && last?.stop_reason !== 'end_turn'; turn++) {
      const body = { ...ask(wire), messages, tools: [TOOL] };
      last = streamed
        ? await client.messages.stream(body).finalMessage()
        : await client.messages.create(body);
      messages.push({ role: 'assistant', content: last.content });
      const results = last.content.flatMap((block): Anthropic.ToolResultBlockParam[] => {
        if (block.type !== 'tool_use') return [];
        expect(block).toMatchObject({ name: 'get_weather', input: { city: 'Zürich' } });
        return [{ type: 'tool_result', tool_use_id: block.id, content: [{ type: 'text', text: '18 °C' }] }];
      });
      if (results.length > 0) messages.push({ role: 'user', content: results });
    }
    expect(last?.content).toEqual([{ type: 'text', text: '18 degrees in Zürich.' }]);
    expect(messages).toHaveLength(4);
  });

  test('a stream that breaks is an error', async () => {
    const { head } = ANSWERS[wire].stream(WORDS);
    world.upstream.script(wire, streamThenReset(joined(head)));
    const running = client.messages.stream(ask(wire));
    const thrown = await running.finalMessage().catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(Anthropic.APIError);
    expect(thrown).toMatchObject({
      type: 'api_error',
      error: {
        error: {
          code: 'upstream_unreachable',
          message: 'The connection to the provider broke off in the middle of the answer.',
        },
      },
    });
  });

  test('a client that leaves ends the call upstream', async () => {
    const { head } = ANSWERS[wire].stream({ text: ['a'] });
    const again = ANSWERS[wire].stream({ text: ['b'] }).head.find((event) => event.includes('"b"')) ?? '';
    world.upstream.script(wire, endless(joined(head), again));
    const running = client.messages.stream(ask(wire));
    await new Promise<void>((resolve) => running.once('text', () => resolve()));
    running.abort();
    await expect(running.finalMessage()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError);
    const [received] = world.upstream.received(wire);
    await received?.closed;
  });
});

describe.each(WIRES)("the AI SDK's client of this API through the %s wire", (wire) => {
  const options = () => {
    world.upstream.script(wire, (response, request) => {
      const says = request.body.includes('18 °C') ? WORDS : { call: CALL };
      return either(answer(ANSWERS[wire].whole(says)), stream(streamText(wire, says), 17))(response, request);
    });
    const provider = createAnthropic({ baseURL: `${world.gateway.origin}/v1`, apiKey: world.key });
    return {
      model: provider(modelId(wire)),
      prompt: 'The weather?',
      tools: {
        get_weather: tool({
          description: 'The weather of a city',
          inputSchema: jsonSchema<{ city: string }>(TOOL.input_schema),
          execute: ({ city }) => `18 °C in ${city}`,
        }),
      },
      maxOutputTokens: 500,
      stopWhen: stepCountIs(3),
      maxRetries: 0,
    };
  };

  test('generateText runs a tool', async () => {
    const result = await generateText(options());
    expect(result.text).toBe('18 degrees in Zürich.');
    expect(result.finishReason).toBe('stop');
  });

  test('streamText runs a tool', async () => {
    const result = streamWithAiSdk({
      ...options(),
      onError: ({ error }) => {
        throw error;
      },
    });
    expect(await result.text).toBe('18 degrees in Zürich.');
    expect(await result.finishReason).toBe('stop');
  });
});

test('a stream that breaks is continued by another endpoint within the same block', async () => {
  await addModel(world, 'pair', ['openai', 'anthropic']);
  const { head } = ANSWERS.openai.stream({ text: ['18 degrees '] });
  world.upstream.script('openai', streamThenReset(head.join('')));
  world.upstream.script('anthropic', stream(streamText('anthropic', { text: ['in Zürich.'] })));
  const message = await client.messages.stream({ ...ask('openai'), model: modelId('pair') }).finalMessage();
  expect(message.content).toEqual([{ type: 'text', text: '18 degrees in Zürich.' }]);
  expect(message.stop_reason).toBe('end_turn');
});

test('what a coding agent sends reaches a model behind the openai wire without what its host refuses', async () => {
  script(world, 'openai', WORDS);
  const cache = { type: 'ephemeral' as const };
  const { response } = await client.beta.messages
    .create({
      ...ask('openai'),
      betas: ['interleaved-thinking-2025-05-14'],
      system: [{ type: 'text', text: 'You are an agent.', cache_control: cache }],
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high' },
      metadata: { user_id: 'user_'.padEnd(80, '0') },
      tools: [{ ...TOOL, cache_control: cache }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi', cache_control: cache }] }],
    })
    .withResponse();
  const [received] = world.upstream.received('openai');
  expect(received?.json).toEqual({
    model: 'Up-openai',
    max_completion_tokens: 500,
    reasoning_effort: 'high',
    messages: [
      { role: 'system', content: 'You are an agent.' },
      { role: 'user', content: 'Hi' },
    ],
    tools: [
      {
        type: 'function',
        function: { name: TOOL.name, description: TOOL.description, parameters: TOOL.input_schema },
      },
    ],
  });
  expect(response.headers.get('x-dropped-params')).toContain('betas');
});

test('flags of beta features reach a host of the same API', async () => {
  script(world, 'anthropic', WORDS);
  await client.beta.messages.create({ ...ask('anthropic'), betas: ['a-1', 'b-2'] });
  expect(world.upstream.received('anthropic')[0]?.headers['anthropic-beta']).toBe('a-1,b-2');
});

describe('errors in the shape of the API', () => {
  const failure = async (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

  test('401', async () => {
    const stranger = new Anthropic({ baseURL: world.gateway.origin, apiKey: 'inf_no', maxRetries: 0 });
    const thrown = await failure(stranger.messages.create(ask('anthropic')));
    expect(thrown).toBeInstanceOf(Anthropic.AuthenticationError);
    expect(thrown).toMatchObject({
      status: 401,
      type: 'authentication_error',
      requestID: expect.stringMatching(/^req_/),
    });
  });

  test('a model that nobody knows', async () => {
    const thrown = await failure(client.messages.create({ ...ask('anthropic'), model: 'no/such-model' }));
    expect(thrown).toBeInstanceOf(Anthropic.NotFoundError);
    expect(thrown).toMatchObject({
      error: { type: 'error', error: { type: 'not_found_error', code: 'model_not_found' } },
    });
  });

  test('a request that cannot be said', async () => {
    const search = { type: 'web_search_20250305', name: 'web_search' } as const;
    const thrown = await failure(client.messages.create({ ...ask('openai'), tools: [search] }));
    expect(thrown).toBeInstanceOf(Anthropic.BadRequestError);
    expect(thrown).toMatchObject({
      type: 'invalid_request_error',
      error: { error: { param: 'tools[0].type' } },
    });
  });

  test('a limit of the provider', async () => {
    world.upstream.script(
      'anthropic',
      answer({ type: 'error', error: { type: 'rate_limit_error', message: 'Slow' } }, 429),
    );
    const thrown = await failure(client.messages.create(ask('anthropic')));
    expect(thrown).toBeInstanceOf(Anthropic.RateLimitError);
    expect(thrown).toMatchObject({ type: 'rate_limit_error' });
  });

  test.each([
    ['GET', '/v1/messages', 405, 'invalid_request_error'],
    ['POST', '/v1/messages/batches', 404, 'not_found_error'],
  ])('%s %s', async (method, path, status, type) => {
    const response = await world.fetch(path, { method });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { type },
      request_id: expect.any(String),
    });
  });
});
