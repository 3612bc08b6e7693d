import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import type { BaseLanguageModelInput } from '@langchain/core/language_models/base';
import type { AIMessageChunk } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import {
  Agent,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  Runner,
  setTracingDisabled,
  tool,
} from '@openai/agents';
import type { RunnableToolFunctionWithoutParse } from 'openai/lib/RunnableFunction';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ANSWERS, streamText } from '../support/node/answers.ts';
import { WIRES, type WireName } from '../support/node/fixtures.ts';
import { answer, either, stream } from '../support/node/scripts.ts';
import { modelId, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  setTracingDisabled(true);
  world = await startWorld();
});
afterAll(() => world.stop());

const CALL = { id: 'call_1', name: 'get_weather', arguments: { city: 'Zürich' } };
const WORDS = { text: ['18 degrees ', 'in Zürich.'], input: 30, output: 9 };
const SCHEMA = {
  type: 'object' as const,
  properties: { city: { type: 'string' as const } },
  required: ['city'],
  additionalProperties: false as const,
};

/** What the tool was called with. */
const asked: unknown[] = [];
beforeEach(() => {
  asked.length = 0;
});
function weather(input: unknown): string {
  asked.push(input);
  return '18 °C';
}

/** Calls the tool until its result stands in the request, then speaks. */
function scriptLoop(wire: WireName): void {
  world.upstream.script(wire, (response, request) => {
    const says = request.body.includes('18 °C') ? WORDS : { call: CALL, input: 40, output: 6 };
    return either(answer(ANSWERS[wire].whole(says)), stream(streamText(wire, says), 11))(response, request);
  });
}

describe.each(WIRES)('through the %s wire', (wire) => {
  describe.each([
    ['chat completions', OpenAIChatCompletionsModel],
    ['responses', OpenAIResponsesModel],
  ])("an agent of OpenAI's SDK for agents, by %s", (_, Model) => {
    const agent = () =>
      new Agent({
        name: 'Forecaster',
        instructions: 'Look before you speak.',
        model: new Model(world.client, modelId(wire)),
        tools: [
          tool({
            name: 'get_weather',
            description: 'The weather of a city',
            parameters: SCHEMA,
            strict: true,
            execute: weather,
          }),
        ],
      });

    test('runs a tool', async () => {
      scriptLoop(wire);
      const result = await new Runner().run(agent(), 'The weather?');
      expect(result.finalOutput).toBe('18 degrees in Zürich.');
      expect(asked).toEqual([{ city: 'Zürich' }]);
      expect(result.runContext.usage).toMatchObject({ inputTokens: 70, outputTokens: 15 });
    });

    test('runs a tool, streamed', async () => {
      scriptLoop(wire);
      const result = await new Runner().run(agent(), 'The weather?', { stream: true });
      let text = '';
      for await (const piece of result.toTextStream()) text += piece;
      await result.completed;
      expect(text).toBe('18 degrees in Zürich.');
      expect(result.finalOutput).toBe('18 degrees in Zürich.');
      expect(asked).toEqual([{ city: 'Zürich' }]);
    });
  });

  test("Anthropic's tool runner", async () => {
    scriptLoop(wire);
    const client = new Anthropic({
      baseURL: world.gateway.origin,
      authToken: world.key,
      apiKey: null,
      maxRetries: 0,
    });
    for (const streamed of [false, true]) {
      asked.length = 0;
      const runner = client.beta.messages.toolRunner({
        model: modelId(wire),
        max_tokens: 500,
        stream: streamed,
        messages: [{ role: 'user', content: 'The weather?' }],
        tools: [
          betaTool({
            name: 'get_weather',
            description: 'The weather of a city',
            inputSchema: SCHEMA,
            run: weather,
          }),
        ],
      });
      const message = await runner.runUntilDone();
      expect(message.content).toMatchObject([{ type: 'text', text: '18 degrees in Zürich.' }]);
      expect(asked).toEqual([{ city: 'Zürich' }]);
    }
  });

  test("OpenAI's tool runner", async () => {
    scriptLoop(wire);
    const look: RunnableToolFunctionWithoutParse = {
      type: 'function',
      function: {
        name: 'get_weather',
        description: 'The weather of a city',
        parameters: SCHEMA,
        function: (text: string) => weather(JSON.parse(text)),
      },
    };
    const request = {
      model: modelId(wire),
      messages: [{ role: 'user' as const, content: 'The weather?' }],
      tools: [look],
    };
    expect(await world.client.chat.completions.runTools(request).finalContent()).toBe(
      '18 degrees in Zürich.',
    );
    const streamed = world.client.chat.completions.runTools({ ...request, stream: true });
    expect(await streamed.finalContent()).toBe('18 degrees in Zürich.');
    expect(asked).toEqual([{ city: 'Zürich' }, { city: 'Zürich' }]);
  });

  test('LangChain by responses', async () => {
    scriptLoop(wire);
    const model = new ChatOpenAI({
      model: modelId(wire),
      apiKey: world.key,
      useResponsesApi: true,
      configuration: { baseURL: `${world.gateway.origin}/v1` },
      maxRetries: 0,
    }).bindTools([{ type: 'function', function: { name: 'get_weather', parameters: SCHEMA } }]);
    const ask = async (input: BaseLanguageModelInput, streamed: boolean): Promise<AIMessageChunk> => {
      if (!streamed) return model.invoke(input);
      let whole: AIMessageChunk | undefined;
      for await (const chunk of await model.stream(input)) whole = whole ? whole.concat(chunk) : chunk;
      if (!whole) throw new Error('Nothing was streamed');
      return whole;
    };
    for (const streamed of [false, true]) {
      const called = await ask('The weather?', streamed);
      expect(called.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Zürich' } }]);
      const [call] = called.tool_calls ?? [];
      const result = { role: 'tool', tool_call_id: call?.id ?? '', content: '18 °C' };
      const said = await ask([{ role: 'user', content: 'The weather?' }, called, result], streamed);
      expect(said.text).toBe('18 degrees in Zürich.');
    }
  });
});
