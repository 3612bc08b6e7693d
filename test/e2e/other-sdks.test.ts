import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS, streamText as sse } from '../support/node/answers.ts';
import { WIRES, type WireName } from '../support/node/fixtures.ts';
import { answer, either, stream } from '../support/node/scripts.ts';
import { modelId, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const CALL = { id: 'call_1', name: 'get_weather', arguments: { city: 'Zürich' } };
const WORDS = { text: ['18 degrees ', 'in Zürich.'], input: 30, output: 9 };

/** Calls the tool until its result stands in the request, then speaks. */
function scriptLoop(wire: WireName): void {
  const say = (says: object) => either(answer(ANSWERS[wire].whole(says)), stream(sse(wire, says), 13));
  world.upstream.script(wire, (response, request) =>
    say(request.body.includes('18 °C') ? WORDS : { call: CALL, input: 40, output: 6 })(response, request),
  );
}

/** The AI SDK's clients of chat completions: that of OpenAI, and that of all who are like it. */
const AI_SDK = {
  'as of OpenAI': (model: string) =>
    createOpenAI({ baseURL: `${world.gateway.origin}/v1`, apiKey: world.key }).chat(model),
  'as of its like': (model: string) =>
    createOpenAICompatible({
      name: 'interline',
      baseURL: `${world.gateway.origin}/v1`,
      apiKey: world.key,
      includeUsage: true,
    })(model),
};
const FLAVOURS = Object.keys(AI_SDK) as (keyof typeof AI_SDK)[];

describe.each(WIRES)('the AI SDK through the %s wire', (wire) => {
  const asked: unknown[] = [];
  const tools = {
    get_weather: tool({
      description: 'The weather of a city',
      inputSchema: jsonSchema<{ city: string }>({
        type: 'object',
        properties: { city: { type: 'string' } },
        required: ['city'],
      }),
      execute: (input) => {
        asked.push(input);
        return '18 °C';
      },
    }),
  };

  test.each(FLAVOURS)('generateText runs a tool, %s', async (flavour) => {
    asked.length = 0;
    scriptLoop(wire);
    const result = await generateText({
      model: AI_SDK[flavour](modelId(wire)),
      prompt: 'The weather?',
      tools,
      stopWhen: stepCountIs(3),
      maxRetries: 0,
    });
    expect(result.text).toBe('18 degrees in Zürich.');
    expect(asked).toEqual([{ city: 'Zürich' }]);
    expect(result.finishReason).toBe('stop');
    // Of both steps.
    expect(result.usage).toMatchObject({ inputTokens: 40 + 30, outputTokens: 6 + 9 });
  });

  test.each(FLAVOURS)('streamText runs a tool, %s', async (flavour) => {
    asked.length = 0;
    scriptLoop(wire);
    const result = streamText({
      model: AI_SDK[flavour](modelId(wire)),
      prompt: 'The weather?',
      tools,
      stopWhen: stepCountIs(3),
      maxRetries: 0,
      onError: ({ error }) => {
        throw error;
      },
    });
    const deltas: string[] = [];
    for await (const delta of result.textStream) deltas.push(delta);
    expect(deltas.filter((delta) => delta !== '')).toEqual(['18 degrees ', 'in Zürich.']);
    expect(asked).toEqual([{ city: 'Zürich' }]);
    expect(await result.finishReason).toBe('stop');
    expect(await result.usage).toMatchObject({ inputTokens: 40 + 30, outputTokens: 6 + 9 });
  });
});

describe.each(WIRES)('LangChain through the %s wire', (wire) => {
  const model = () =>
    new ChatOpenAI({
      model: modelId(wire),
      apiKey: world.key,
      configuration: { baseURL: `${world.gateway.origin}/v1` },
      maxRetries: 0,
    });
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
  const weather = { type: 'function', function: { name: 'get_weather', parameters: schema } } as const;

  test('invoke', async () => {
    world.upstream.script(wire, answer(ANSWERS[wire].whole(WORDS)));
    const message = await model().invoke('The weather?');
    expect(message.content).toBe('18 degrees in Zürich.');
    expect(message.usage_metadata).toMatchObject({ input_tokens: 30, output_tokens: 9 });
  });

  test('stream', async () => {
    world.upstream.script(wire, stream(sse(wire, WORDS), 13));
    let text = '';
    const usages: unknown[] = [];
    for await (const chunk of await model().stream('The weather?')) {
      text += String(chunk.content);
      if (chunk.usage_metadata) usages.push(chunk.usage_metadata);
    }
    expect(text).toBe('18 degrees in Zürich.');
    expect(usages).toEqual([expect.objectContaining({ input_tokens: 30, output_tokens: 9 })]);
  });

  test('tools, whole and streamed', async () => {
    scriptLoop(wire);
    const bound = model().bindTools([weather]);
    const message = await bound.invoke('The weather?');
    expect(message.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Zürich' } }]);
    const chunks = await bound.stream('The weather?');
    let whole: Awaited<ReturnType<typeof bound.invoke>> | undefined;
    for await (const chunk of chunks) whole = whole ? whole.concat(chunk) : chunk;
    expect(whole?.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Zürich' } }]);
  });
});
