import Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { ANSWERS, streamText } from '../support/node/answers.ts';
import { faults } from '../support/node/openai-schema.ts';
import { receiptById } from '../support/node/receipts.ts';
import {
  responsesStream,
  responsesWhole,
  type SaysThere,
  servedAt,
} from '../support/node/responses-answers.ts';
import { answer, either, inTurn, stream, streamInTwo, streamThenReset } from '../support/node/scripts.ts';
import type { Script } from '../support/node/upstream.ts';
import { providerId, type World } from '../support/node/world.ts';
import { modelAt, QUESTION, sentTo, worldOfOneApi } from './one-api-lanes.ts';

let world: World;
beforeAll(async () => {
  world = await worldOfOneApi();
});
afterAll(() => world.stop());

const says = (what: SaysThere, bytesPerWrite?: number): Script =>
  servedAt('/responses', either(answer(responsesWhole(what)), stream(all(what), bytesPerWrite)));
const all = (what: SaysThere): string => {
  const { head, finish } = responsesStream(what);
  return [...head, ...finish].join('');
};
const WEATHER = {
  type: 'function' as const,
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
};
const THOUGHT = { text: 'I should look.', seal: 'gAAA-sealed' };
const CALL = { id: 'call_1', name: 'weather', arguments: { city: 'Bern' } };

describe('chat completions on a model that answers at /v1/responses alone', () => {
  test('whole', async () => {
    world.upstream.script('pro', says({ thought: THOUGHT, text: ['Hel', 'lo.'], cached: 40 }));
    const model = await modelAt(world, 'pro');
    const { data, response } = await world.client.chat.completions
      .create({ model, messages: QUESTION, max_completion_tokens: 50, reasoning_effort: 'high', stop: 'END' })
      .withResponse();
    expect(data.choices[0]?.message).toMatchObject({ content: 'Hello.', reasoning: 'I should look.' });
    expect(data.choices[0]?.finish_reason).toBe('stop');
    expect(data.usage).toMatchObject({
      prompt_tokens: 100,
      completion_tokens: 20,
      prompt_tokens_details: { cached_tokens: 40 },
    });
    expect(faults(data, 'CreateChatCompletionResponse')).toEqual([]);
    expect(response.headers.get('x-dropped-params')).toBe('stop');
    // 60 tokens at 2 USD per million, 40 at 0.5, 20 at 10.
    expect(Number(response.headers.get('x-credits-used'))).toBeCloseTo(0.00034, 9);
    expect(sentTo(world, 'pro')?.json).toEqual({
      model: 'Up-pro',
      input: [{ type: 'message', role: 'user', content: 'Hi' }],
      store: false,
      max_output_tokens: 50,
      reasoning: { effort: 'high' },
      include: ['reasoning.encrypted_content'],
    });
    expect(await receiptById(world, data.id)).toMatchObject({ status: 'completed', upstream_id: 'resp_up' });
  });

  test.each([1, 7, 10_000])('streamed, %i bytes at a time', async (size) => {
    world.upstream.script('pro', says({ thought: THOUGHT, text: ['Grü', 'ße', ' 👋'] }, size));
    const running = world.client.chat.completions.stream({
      model: await modelAt(world, 'pro'),
      messages: QUESTION,
      stream_options: { include_usage: true },
    });
    const { choices, usage } = await running.finalChatCompletion();
    expect(choices[0]?.message.content).toBe('Grüße 👋');
    expect(choices[0]?.finish_reason).toBe('stop');
    expect(usage?.total_tokens).toBe(120);
    expect(sentTo(world, 'pro')?.json).toMatchObject({ stream: true });
  });

  test.each([false, true])(
    'tools in a loop, with the reasoning brought back, streamed: %s',
    async (streams) => {
      world.upstream.script(
        'pro',
        inTurn(says({ thought: THOUGHT, call: CALL }), says({ text: ['Sunny.'] })),
      );
      const model = await modelAt(world, 'pro');
      const ask = async (messages: OpenAI.ChatCompletionMessageParam[]) => {
        const body = { model, messages, tools: [WEATHER] };
        if (!streams) return (await world.client.chat.completions.create(body)).choices[0];
        const message: Record<string, unknown> & { reasoning_details: unknown[] } = {
          role: 'assistant',
          reasoning_details: [],
        };
        const running = world.client.chat.completions.stream(body);
        running.on('chunk', ({ choices }) => {
          const delta = choices[0]?.delta as { reasoning_details?: unknown[] } | undefined;
          message.reasoning_details.push(...(delta?.reasoning_details ?? []));
        });
        const [choice] = (await running.finalChatCompletion()).choices;
        return { ...choice, message: { ...choice?.message, ...message } };
      };
      const first = await ask(QUESTION);
      expect(first).toMatchObject({
        finish_reason: 'tool_calls',
        message: {
          tool_calls: [{ id: 'call_1', function: { name: 'weather', arguments: '{"city":"Bern"}' } }],
        },
      });
      const said = first?.message as OpenAI.ChatCompletionMessageParam;
      const second = await ask([
        ...QUESTION,
        said,
        { role: 'tool', tool_call_id: 'call_1', content: '21 °C' },
      ]);
      expect(second?.message.content).toBe('Sunny.');
      expect(sentTo(world, 'pro')?.json).toMatchObject({
        input: [
          { type: 'message', role: 'user', content: 'Hi' },
          {
            type: 'reasoning',
            id: 'rs_up',
            summary: [{ type: 'summary_text', text: 'I should look.' }],
            encrypted_content: 'gAAA-sealed',
          },
          { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Bern"}' },
          { type: 'function_call_output', call_id: 'call_1', output: '21 °C' },
        ],
        tools: [{ type: 'function', name: 'weather', strict: false }],
      });
    },
  );

  test('structured', async () => {
    world.upstream.script('pro', says({ text: ['{"city":', '"Bern"}'] }));
    const { choices } = await world.client.chat.completions.parse({
      model: await modelAt(world, 'pro'),
      messages: QUESTION,
      response_format: zodResponseFormat(z.object({ city: z.string() }), 'place'),
    });
    expect(choices[0]?.message.parsed).toEqual({ city: 'Bern' });
    expect(sentTo(world, 'pro')?.json).toMatchObject({
      text: { format: { type: 'json_schema', name: 'place', strict: true, schema: { required: ['city'] } } },
    });
  });

  test.each([false, true])('a search of the provider is counted and paid, streamed: %s', async (streams) => {
    const search = {
      id: 'ws_1',
      type: 'web_search_call',
      status: 'completed',
      action: { type: 'search', query: 'Hi' },
    };
    const said = responsesWhole({ text: ['Found.'] }) as { output: object[] };
    const response = { ...said, output: [search, ...said.output] };
    const sse = `event: response.completed\ndata: ${JSON.stringify({ type: 'response.completed', response })}\n\n`;
    world.upstream.script('pro', servedAt('/responses', either(answer(response), stream(sse))));
    const body = {
      model: await modelAt(world, 'pro'),
      messages: QUESTION,
      web_search_options: {},
      stream: streams,
    };
    const answered = await world.chat(body);
    const text = await answered.text();
    expect(text).toContain('Found.');
    expect(sentTo(world, 'pro')?.json).toMatchObject({ tools: [{ type: 'web_search' }] });
    const receipt = await receiptById(world, answered.headers.get('x-generation-id') ?? '');
    // 100 tokens at 2 USD per million, 20 at 10, and a search at 10 USD per thousand.
    expect(receipt).toMatchObject({ status: 'completed', usage: { toolCalls: { web_search: 1 } } });
    const paid = streams
      ? JSON.parse(text.split('\n\n').at(-3)?.slice(6) ?? '{}').credits_used
      : Number(answered.headers.get('x-credits-used'));
    expect(paid).toBeCloseTo(0.0104, 8);
  });

  test('a stream that breaks goes on elsewhere', async () => {
    const { head } = responsesStream({ text: ['Once upon ', 'a time '] });
    world.upstream.script('pro', servedAt('/responses', streamThenReset(head.slice(0, 5).join(''))));
    world.upstream.script('spare', stream(streamText('openai', { text: ['there was.'] })));
    const running = await world.client.chat.completions.create({
      model: await modelAt(world, 'pro', 'spare'),
      messages: QUESTION,
      stream: true,
    });
    let content = '';
    for await (const { choices } of running) content += choices[0]?.delta.content ?? '';
    expect(content).toBe('Once upon a time there was.');
  });

  test('one that breaks elsewhere goes on there', async () => {
    const { head } = ANSWERS.openai.stream({ text: ['Once upon ', 'a time '] });
    world.upstream.script('spare', streamThenReset(head.join('')));
    world.upstream.script('pro', says({ text: ['there was.'] }));
    const running = await world.client.chat.completions.create({
      model: await modelAt(world, 'spare', 'pro'),
      messages: QUESTION,
      stream: true,
    });
    let content = '';
    for await (const { choices } of running) content += choices[0]?.delta.content ?? '';
    expect(content).toBe('Once upon a time there was.');
  });

  test('a failure before the first word is not seen', async () => {
    const failed = { type: 'error', code: 'server_error', message: 'Oh', param: null };
    const { head } = responsesStream({ text: ['Hi'] });
    const error = `event: error\ndata: ${JSON.stringify(failed)}\n\n`;
    world.upstream.script('pro', servedAt('/responses', streamInTwo(head.slice(0, 2).join(''), error)));
    world.upstream.script('spare', stream(streamText('openai', { text: ['Well.'] })));
    const running = await world.client.chat.completions.create({
      model: await modelAt(world, 'pro', 'spare'),
      messages: QUESTION,
      stream: true,
    });
    let content = '';
    let generation = '';
    for await (const { id, choices } of running) {
      generation = id;
      content += choices[0]?.delta.content ?? '';
    }
    expect(content).toBe('Well.');
    expect((await receiptById(world, generation)).attempts).toMatchObject([
      { provider: providerId('pro'), outcome: 'failed', error: 'upstream_error', first_token_ms: null },
      { provider: providerId('spare'), outcome: 'served' },
    ]);
  });
});

test('Messages on such a model, with thinking brought back', async () => {
  world.upstream.script('pro', inTurn(says({ thought: THOUGHT, call: CALL }), says({ text: ['Sunny.'] })));
  const client = new Anthropic({ baseURL: world.gateway.origin, apiKey: world.key, maxRetries: 0 });
  const model = await modelAt(world, 'pro');
  const tools = [{ name: 'weather', input_schema: { type: 'object' as const, properties: {} } }];
  const ask = (messages: Anthropic.MessageParam[]) =>
    client.messages.stream({ model, max_tokens: 100, messages, tools }).finalMessage();
  const first = await ask(QUESTION);
  expect(first.stop_reason).toBe('tool_use');
  expect(first.content.map(({ type }) => type)).toEqual(['thinking', 'tool_use']);
  const second = await ask([
    ...QUESTION,
    { role: 'assistant', content: first.content },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: '21 °C' }] },
  ]);
  expect(second.content).toMatchObject([{ type: 'text', text: 'Sunny.' }]);
  const input = sentTo(world, 'pro')?.json.input as { type: string }[] | undefined;
  expect(input?.map(({ type }) => type)).toEqual([
    'message',
    'reasoning',
    'function_call',
    'function_call_output',
  ]);
  expect(sentTo(world, 'pro')?.json).toMatchObject({
    max_output_tokens: 100,
    input: [{}, { encrypted_content: 'gAAA-sealed' }, {}, {}],
  });
});

test('Responses on such a model pass as they are', async () => {
  world.upstream.script('pro', says({ text: ['Hello.'] }));
  const response = await world.client.responses.create({
    model: await modelAt(world, 'pro'),
    input: 'Hi',
    store: false,
  });
  expect(response.output_text).toBe('Hello.');
  expect(sentTo(world, 'pro')?.json).toMatchObject({ input: 'Hi' });
});
