import { createOpenAI } from '@ai-sdk/openai';
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import OpenAI from 'openai';
import type { ResponseInput, ResponseInputItem } from 'openai/resources/responses/responses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS, joined, streamText as sse } from '../support/node/answers.ts';
import { WIRES } from '../support/node/fixtures.ts';
import { faults } from '../support/node/openai-schema.ts';
import { receiptById } from '../support/node/receipts.ts';
import { answer, endless, stream, streamThenReset } from '../support/node/scripts.ts';
import { addModel, addProvider, modelId, startWorld, type World } from '../support/node/world.ts';
import { checkResponseEvents, type ResponseEvent, responseEvents } from '../support/response-events.ts';
import { PARAMETERS, says, scriptLoop, TOOL, WORDS } from './responses-loop.ts';

let world: World;
let client: OpenAI;
beforeAll(async () => {
  world = await startWorld();
  client = world.client;
});
afterAll(() => world.stop());

const raw = (body: object) =>
  world.fetch('/v1/responses', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });

describe.each(WIRES)('the openai SDK through the %s wire', (wire) => {
  const model = modelId(wire);

  test('a response', async () => {
    world.upstream.script(wire, says(wire, WORDS));
    const { data, response } = await client.responses
      .create({ model, input: 'The weather?', instructions: 'Be brief.' })
      .withResponse();
    expect(data.output_text).toBe('18 degrees in Zürich.');
    expect(data).toMatchObject({
      object: 'response',
      status: 'completed',
      model,
      store: true,
      instructions: 'Be brief.',
      usage: {
        input_tokens: 30,
        input_tokens_details: { cached_tokens: 10 },
        output_tokens: 9,
        total_tokens: 39,
      },
    });
    const generation = response.headers.get('x-generation-id') ?? '';
    expect(data.id).toBe(generation.replace(/^gen_/, 'resp_'));
    expect(await receiptById(world, generation)).toMatchObject({ status: 'completed' });
  });

  test('a streamed response, event by event', async () => {
    world.upstream.script(wire, says(wire, WORDS));
    const events: ResponseEvent[] = [];
    for await (const event of await client.responses.create({ model, input: 'The weather?', stream: true })) {
      events.push(event as unknown as ResponseEvent);
    }
    checkResponseEvents(events);
    expect(events.at(-1)).toMatchObject({
      type: 'response.completed',
      response: {
        usage: { input_tokens: 30, output_tokens: 9 },
        model_used: model,
        credits_used: expect.any(Number),
      },
    });
  });

  test('a streamed response through the helper', async () => {
    world.upstream.script(wire, says(wire, WORDS));
    const texts: string[] = [];
    const running = client.responses
      .stream({ model, input: 'The weather?' })
      .on('response.output_text.delta', ({ delta }) => texts.push(delta));
    const response = await running.finalResponse();
    expect(texts.join('')).toBe('18 degrees in Zürich.');
    expect(response.output_text).toBe('18 degrees in Zürich.');
  });

  test('a parsed response', async () => {
    world.upstream.script(wire, says(wire, { text: ['{"city":', '"Zürich"}'] }));
    const format = { type: 'json_schema', name: 'place', schema: PARAMETERS, strict: true } as const;
    const response = await client.responses.parse({ model, input: 'Where?', text: { format } });
    expect(response.output_parsed).toEqual({ city: 'Zürich' });
  });

  test.each([false, true])('a loop of calls, streamed: %s', async (streamed) => {
    scriptLoop(world, wire);
    const input: ResponseInput = [{ role: 'user', content: 'The weather?' }];
    const said: string[] = [];
    for (let turn = 0; turn < 3 && said.length === 0; turn++) {
      const body = { model, input, tools: [TOOL], store: false };
      const response = streamed
        ? await client.responses.stream(body).finalResponse()
        : await client.responses.create(body);
      input.push(...(response.output as ResponseInputItem[]));
      for (const item of response.output) {
        if (item.type === 'message') said.push(response.output_text);
        if (item.type !== 'function_call') continue;
        expect(item.name).toBe('get_weather');
        expect(JSON.parse(item.arguments)).toEqual({ city: 'Zürich' });
        input.push({ type: 'function_call_output', call_id: item.call_id, output: '18 °C' });
      }
    }
    expect(said).toEqual(['18 degrees in Zürich.']);
    expect(world.upstream.received(wire)).toHaveLength(2);
  });

  test('a stream that breaks is an error with our code', async () => {
    const { head } = ANSWERS[wire].stream(WORDS);
    world.upstream.script(wire, streamThenReset(joined(head)));
    const thrown = await client.responses
      .stream({ model, input: 'The weather?' })
      .finalResponse()
      .catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(OpenAI.APIError);
    expect(thrown).toMatchObject({
      code: 'upstream_unreachable',
      message: expect.stringContaining(
        'The connection to the provider broke off in the middle of the answer.',
      ),
    });
  });

  test('a client that leaves ends the call upstream', async () => {
    const { head } = ANSWERS[wire].stream({ text: ['a'] });
    const again = ANSWERS[wire].stream({ text: ['b'] }).head.find((event) => event.includes('"b"')) ?? '';
    world.upstream.script(wire, endless(joined(head), again));
    const events = await client.responses.create({ model, input: 'Go on', stream: true });
    for await (const event of events) if (event.type === 'response.output_text.delta') break;
    const [received] = world.upstream.received(wire);
    await received?.closed;
  });
});

describe.each(WIRES)('the AI SDK through the %s wire', (wire) => {
  const options = {
    tools: {
      get_weather: tool({
        description: 'The weather of a city',
        inputSchema: jsonSchema<{ city: string }>({ ...PARAMETERS, type: 'object' } as never),
        execute: ({ city }) => (city === 'Zürich' ? '18 °C' : 'unknown'),
      }),
    },
    prompt: 'The weather?',
    stopWhen: stepCountIs(3),
    maxRetries: 0,
  };
  const model = () =>
    createOpenAI({ baseURL: `${world.gateway.origin}/v1`, apiKey: world.key }).responses(modelId(wire));

  test('generateText runs a tool', async () => {
    scriptLoop(world, wire);
    const result = await generateText({ model: model(), ...options });
    expect(result.text).toBe('18 degrees in Zürich.');
    expect(result.finishReason).toBe('stop');
    expect(result.usage).toMatchObject({ inputTokens: 40 + 30, outputTokens: 6 + 9 });
  });

  test('streamText runs a tool', async () => {
    scriptLoop(world, wire);
    const result = streamText({
      model: model(),
      ...options,
      onError: ({ error }) => {
        throw error;
      },
    });
    const deltas: string[] = [];
    for await (const delta of result.textStream) deltas.push(delta);
    expect(deltas.join('')).toBe('18 degrees in Zürich.');
    expect(await result.finishReason).toBe('stop');
    expect(await result.usage).toMatchObject({ inputTokens: 40 + 30, outputTokens: 6 + 9 });
  });

  test('a stream that breaks is an error', async () => {
    const { head } = ANSWERS[wire].stream(WORDS);
    world.upstream.script(wire, streamThenReset(joined(head)));
    const errors: unknown[] = [];
    const result = streamText({
      model: model(),
      prompt: 'Hi',
      maxRetries: 0,
      onError: (event) => errors.push(event.error),
    });
    let text = '';
    for await (const delta of result.textStream) text += delta;
    expect(text).toBe(WORDS.text.join(''));
    expect(errors).not.toEqual([]);
    expect(await result.finishReason).toBe('error');
  });
});

describe('the demo models', () => {
  const FORMAT = {
    type: 'json_schema',
    name: 'x',
    schema: { type: 'object', properties: { a: { type: 'string' } } },
  };
  const names = ['echo', 'reasoning', 'tools', 'json', 'fail', 'flaky', 'limited', 'break', 'resilient'];

  test.each(names)('demo/%s answers as OpenAI describes', async (name) => {
    // One that is limited asks to be left alone for seconds.
    const policy = name === 'limited' ? { max_attempts: 1 } : {};
    const body = { model: `demo/${name}`, input: 'Hello', tools: [TOOL], text: { format: FORMAT }, policy };
    const whole = await raw(body);
    const answered: unknown = await whole.json();
    expect(faults(answered, whole.ok ? 'Response' : 'ErrorResponse')).toEqual([]);
    const streamed = await raw({ ...body, stream: true });
    if (!streamed.ok) return expect(faults(await streamed.json(), 'ErrorResponse')).toEqual([]);
    const events = responseEvents(await streamed.text());
    checkResponseEvents(events);
    expect(events.flatMap((event) => faults(event, 'ResponseStreamEvent'))).toEqual([]);
  });
});

describe('what cannot be said', () => {
  test.each([
    [{ tools: [{ type: 'web_search' }] }, 'unsupported_parameter', 'tools[0]'],
    [{ previous_response_id: 'resp_1' }, 'previous_response_not_found', 'previous_response_id'],
    [{ input: [{ type: 'item_reference', id: 'rs_1' }] }, 'item_not_found', 'input[0].id'],
    [{ input: null }, 'missing_parameter', 'input'],
    [{ model: null }, 'missing_parameter', 'model'],
    [{ model: 'none/such' }, 'model_not_found', 'model'],
    [{ provider: { sort: 'beauty' } }, 'invalid_value', 'provider.sort'],
  ])('%o is an error by name', async (body, code, param) => {
    const response = await raw({ model: modelId('openai'), input: 'Hi', ...body });
    expect(response.status).toBe(['model_not_found', 'item_not_found'].includes(code) ? 404 : 400);
    expect(await response.json()).toMatchObject({
      error: { code, param, request_id: expect.stringMatching(/^req_/) },
    });
  });

  test('a body that is none', async () => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' } };
    for (const [body, code] of [
      ['{', 'invalid_json'],
      ['[]', 'invalid_type'],
      ['', 'invalid_json'],
    ]) {
      const response = await world.fetch('/v1/responses', { ...init, body: body ?? '' });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { code } });
    }
    const read = await world.fetch('/v1/responses');
    expect(read.status).toBe(405);
  });

  test('what has no effect is named in a header', async () => {
    world.upstream.script('openai', says('openai', WORDS));
    const response = await raw({ model: modelId('openai'), input: 'Hi', store: true, truncation: 'auto' });
    expect(response.headers.get('x-dropped-params')).toBe('truncation');
    expect(await response.json()).toMatchObject({ store: true, truncation: 'disabled' });
  });
});

test('an upstream that refuses is an error before the stream begins', async () => {
  world.upstream.script('openai', answer({ error: { message: 'No.', type: 'invalid_request_error' } }, 400));
  const thrown = await client.responses
    .create({ model: modelId('openai'), input: 'Hi', stream: true })
    .catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(OpenAI.BadRequestError);
  expect(thrown).toMatchObject({ code: 'upstream_invalid_request' });
});

test('a broken answer is continued by the next model, as one response', async () => {
  await addProvider(world, 'breaking', 'openai');
  await addModel(world, 'breaking', ['breaking']);
  await addProvider(world, 'second', 'anthropic');
  await addModel(world, 'second', ['second']);
  const { head } = ANSWERS.openai.stream({ text: ['18 degrees'] });
  world.upstream.script('breaking', streamThenReset(head.join('')));
  world.upstream.script('second', stream(sse('anthropic', { text: [' in Zürich.'] })));
  const response = await raw({
    model: modelId('breaking'),
    models: [modelId('second')],
    input: 'The weather?',
    stream: true,
  });
  const events = responseEvents(await response.text());
  checkResponseEvents(events);
  expect(events.at(-1)).toMatchObject({
    type: 'response.completed',
    response: {
      output: [{ content: [{ text: '18 degrees in Zürich.' }] }],
      model_used: modelId('second'),
      fallback_from: [expect.stringContaining(modelId('breaking'))],
    },
  });
});
