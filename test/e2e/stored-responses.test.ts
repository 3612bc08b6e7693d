import { createOpenAI } from '@ai-sdk/openai';
import {
  Agent,
  tool as agentTool,
  MemorySession,
  OpenAIResponsesModel,
  run,
  setTracingDisabled,
} from '@openai/agents';
import { generateText, jsonSchema, type ModelMessage, stepCountIs, streamText, tool } from 'ai';
import OpenAI from 'openai';
import type { FunctionTool } from 'openai/resources/responses/responses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS, streamText as sse } from '../support/node/answers.ts';
import { WIRES, type WireName } from '../support/node/fixtures.ts';
import { type Described, faults } from '../support/node/openai-schema.ts';
import { receiptById } from '../support/node/receipts.ts';
import { answer, either, stream, streamThenReset } from '../support/node/scripts.ts';
import { modelId, startWorld, type World } from '../support/node/world.ts';
import { responseEvents } from '../support/response-events.ts';

let world: World;
let client: OpenAI;
beforeAll(async () => {
  setTracingDisabled(true);
  world = await startWorld();
  client = world.client;
});
afterAll(() => world.stop());

const CALL = { id: 'call_1', name: 'get_weather', arguments: { city: 'Zürich' } };
const WORDS = { text: ['18 degrees ', 'in Zürich.'], input: 30, cached: 10, output: 9 };
const LATER = { text: ['Warmer.'], input: 40, output: 3 };
const PARAMETERS = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
const TOOL: FunctionTool = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: PARAMETERS,
  strict: true,
};

/** Calls the tool until its result stands in the request, then speaks; of tomorrow, once it is asked for. */
function scriptLoop(wire: WireName, call: object = { call: CALL, input: 40, output: 6 }): void {
  world.upstream.script(wire, (response, request) => {
    const { body } = request;
    const what = body.includes('tomorrow') ? LATER : body.includes('18 °C') ? WORDS : call;
    return either(answer(ANSWERS[wire].whole(what)), stream(sse(wire, what), 7))(response, request);
  });
}

/** How OpenAI describes items as they are listed, by type. */
const DESCRIBED: Readonly<Record<string, Described>> = {
  function_call: 'FunctionToolCall',
  function_call_output: 'FunctionToolCallOutputResource',
  reasoning: 'ReasoningItem',
};

function describedAs(item: { type: string; role?: string }): Described {
  if (item.type === 'message') return item.role === 'assistant' ? 'OutputMessage' : 'InputMessage';
  const schema = DESCRIBED[item.type];
  if (!schema) throw new Error(`Nothing describes ${item.type}`);
  return schema;
}

async function listed(id: string, order: 'asc' | 'desc' = 'asc') {
  const items: OpenAI.Responses.ResponseItem[] = [];
  for await (const item of client.responses.inputItems.list(id, { order, limit: 2 })) items.push(item);
  for (const item of items) {
    expect(item.id).toEqual(expect.any(String));
    expect(faults(item, describedAs(item as { type: string; role?: string })), JSON.stringify(item)).toEqual(
      [],
    );
  }
  return items;
}

describe.each(WIRES)('the openai SDK through the %s wire', (wire) => {
  const ask = { model: modelId(wire), tools: [TOOL] };

  test.each([false, true])(
    'goes through three turns by previous_response_id, streamed: %s',
    async (streamed) => {
      scriptLoop(wire);
      const create = (body: object) =>
        streamed
          ? client.responses.stream({ ...ask, ...body } as never).finalResponse()
          : client.responses.create({ ...ask, ...body });
      const first = await create({ input: 'The weather?', instructions: 'Be brief.' });
      const call = first.output.find(({ type }) => type === 'function_call') as
        | { call_id: string }
        | undefined;
      const output = { type: 'function_call_output', call_id: call?.call_id, output: '18 °C' };
      const second = await create({ input: [output], previous_response_id: first.id });
      expect(second.output_text).toBe('18 degrees in Zürich.');
      const third = await create({ input: 'And tomorrow?', previous_response_id: second.id });
      expect(third.output_text).toBe('Warmer.');
      expect(third.previous_response_id).toBe(second.id);

      // No turn was sent twice, and instructions are not carried over.
      const [sent] = world.upstream.received(wire).slice(-1);
      const text = JSON.stringify(sent?.json);
      expect(text).not.toContain('Be brief.');
      for (const said of ['The weather?', '18 °C', 'And tomorrow?']) expect(text.split(said)).toHaveLength(2);

      const kept = await client.responses.retrieve(third.id);
      expect(kept).toMatchObject({ id: third.id, status: 'completed', store: true, output_text: 'Warmer.' });
      const { output_text: _, ...read } = kept;
      expect(faults(read, 'Response')).toEqual([]);

      const items = await listed(third.id);
      expect(items.map(({ type }) => type)).toEqual([
        'message',
        'function_call',
        'function_call_output',
        'message',
        'message',
      ]);
      expect((await listed(third.id, 'desc')).map(({ id }) => id)).toEqual(
        items.map(({ id }) => id).reverse(),
      );

      await client.responses.delete(third.id);
      await expect(client.responses.retrieve(third.id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
      await expect(create({ input: 'Hi', previous_response_id: third.id })).rejects.toMatchObject({
        status: 400,
        code: 'previous_response_not_found',
        param: 'previous_response_id',
      });
    },
  );
});

test('reasoning goes back to its maker, though nobody has sent it', async () => {
  scriptLoop('anthropic', { thought: { text: 'Hm, weather.', signature: 'EqQBsig==' }, call: CALL });
  const ask = { model: modelId('anthropic'), tools: [TOOL], reasoning: { effort: 'low' } as const };
  const first = await client.responses.create({ ...ask, input: 'The weather?' });
  const output = { type: 'function_call_output', call_id: 'call_1', output: '18 °C' } as const;
  await client.responses.create({ ...ask, input: [output], previous_response_id: first.id });
  expect(world.upstream.received('anthropic').at(-1)?.json.messages).toMatchObject([
    { role: 'user' },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm, weather.', signature: 'EqQBsig==' },
        { type: 'tool_use', id: 'call_1' },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result' }] },
  ]);
});

test('what broke in reasoning that nobody may read is kept as failed, and costs nothing', async () => {
  const event = (data: object & { type: string }) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
  const block = { type: 'redacted_thinking', data: 'EmwKAhgB' };
  const usage = { input_tokens: 40, output_tokens: 1 };
  const hidden =
    event({
      type: 'message_start',
      message: { id: 'msg_1', model: 'm', role: 'assistant', usage },
    } as never) + event({ type: 'content_block_start', index: 0, content_block: block } as never);
  world.upstream.script('anthropic', streamThenReset(hidden));
  const ask = { model: modelId('anthropic'), input: 'Hi', stream: true };
  const response = await world.fetch('/v1/responses', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ask),
  });
  const events = responseEvents(await response.text());
  expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, at) => at));
  expect(events.slice(-2).map(({ type }) => type)).toEqual(['error', 'response.failed']);
  expect(events.flatMap((one) => faults(one, 'ResponseStreamEvent'))).toEqual([]);
  const id = response.headers.get('x-generation-id') ?? '';
  const { output_text: _, ...kept } = await client.responses.retrieve(id.replace('gen_', 'resp_'));
  expect(kept).toEqual(events.at(-1)?.response);
  expect(await receiptById(world, id)).toMatchObject({ status: 'failed', credits_used: 0 });
});

test('a conversation goes on at another provider', async () => {
  scriptLoop('anthropic', { thought: { text: 'Hm.', signature: 'EqQBsig==' }, call: CALL });
  scriptLoop('google');
  const first = await client.responses.create({
    model: modelId('anthropic'),
    tools: [TOOL],
    input: 'The weather?',
  });
  const second = await client.responses.create({
    model: modelId('google'),
    tools: [TOOL],
    input: [{ type: 'function_call_output', call_id: 'call_1', output: '18 °C' }],
    previous_response_id: first.id,
  });
  expect(second.output_text).toBe('18 degrees in Zürich.');
});

describe.each(WIRES)('the AI SDK as it is, through the %s wire', (wire) => {
  const model = () =>
    createOpenAI({ baseURL: `${world.gateway.origin}/v1`, apiKey: world.key }).responses(modelId(wire));
  const options = {
    tools: {
      get_weather: tool({
        description: 'The weather of a city',
        inputSchema: jsonSchema<{ city: string }>({ ...PARAMETERS, type: 'object' } as never),
        execute: ({ city }) => (city === 'Zürich' ? '18 °C' : 'unknown'),
      }),
    },
    stopWhen: stepCountIs(3),
    maxRetries: 0,
  };

  test.each([false, true])('runs a tool and goes on, streamed: %s', async (streamed) => {
    scriptLoop(wire);
    const messages: ModelMessage[] = [{ role: 'user', content: 'The weather?' }];
    for (const expected of ['18 degrees in Zürich.', 'Warmer.']) {
      const result = streamed
        ? streamText({ model: model(), ...options, messages })
        : await generateText({ model: model(), ...options, messages });
      expect(await result.text).toBe(expected);
      messages.push(...(await result.response).messages, { role: 'user', content: 'And tomorrow?' });
    }
    expect(world.upstream.received(wire)).toHaveLength(3);
    expect(JSON.stringify(world.upstream.received(wire).at(-1)?.json)).toContain('18 degrees in Zürich.');
  });
});

describe.each(WIRES)('agents of OpenAI through the %s wire', (wire) => {
  const agent = () =>
    new Agent({
      name: 'Weather',
      instructions: 'Be brief.',
      model: new OpenAIResponsesModel(client as never, modelId(wire)),
      tools: [
        agentTool({
          name: 'get_weather',
          description: 'The weather of a city',
          parameters: PARAMETERS as never,
          strict: true,
          execute: async () => '18 °C',
        }),
      ],
    });

  test.each([false, true])('run with a tool and a session, streamed: %s', async (streamed) => {
    scriptLoop(wire);
    const session = new MemorySession();
    for (const [asked, expected] of [
      ['The weather?', '18 degrees in Zürich.'],
      ['And tomorrow?', 'Warmer.'],
    ] as const) {
      const result = streamed
        ? await run(agent(), asked, { session, stream: true })
        : await run(agent(), asked, { session });
      if ('completed' in result) await result.completed;
      expect(result.finalOutput).toBe(expected);
    }
    expect(world.upstream.received(wire)).toHaveLength(3);
  });

  test('go on by previousResponseId', async () => {
    scriptLoop(wire);
    const first = await run(agent(), 'The weather?');
    const previousResponseId = first.lastResponseId;
    if (!previousResponseId) throw new Error('There is no response');
    const second = await run(agent(), 'And tomorrow?', { previousResponseId });
    expect(second.finalOutput).toBe('Warmer.');
    expect(JSON.stringify(world.upstream.received(wire).at(-1)?.json)).toContain('18 °C');
  });
});
