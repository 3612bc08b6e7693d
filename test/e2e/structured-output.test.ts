import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { ChatOpenAI } from '@langchain/openai';
import {
  Agent,
  type Model,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  Runner,
  setTracingDisabled,
} from '@openai/agents';
import { generateText, type LanguageModel, Output, streamText as streamWithAiSdk } from 'ai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { asObject, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { ANSWERS, type Says, streamText } from '../support/node/answers.ts';
import { WIRES, type WireName } from '../support/node/fixtures.ts';
import { answer, either, stream } from '../support/node/scripts.ts';
import { addModel, modelId, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  setTracingDisabled(true);
  world = await startWorld();
  await addModel(world, 'tools-only', ['anthropic'], { capabilities: { structured_output: false } });
});
afterAll(() => world.stop());

const City = z.strictObject({ city: z.string(), population: z.int() });
const CITY = { city: 'Zürich', population: 436332 };
const TEXT: Says = { text: ['{"city":"Zürich",', '"population":436332}'] };
const prompt = 'Name a city.';
const messages = [{ role: 'user' as const, content: prompt }];
const response_format = zodResponseFormat(City, 'city');

/** How clients ask for an object, whole and streamed where they can. They answer what they made of it. */
type Ask = (model: string) => Promise<unknown[]>;
const base = () => ({ baseURL: `${world.gateway.origin}/v1`, apiKey: world.key });
const byAiSdk = async (model: LanguageModel): Promise<unknown[]> => {
  const output = Output.object({ schema: City });
  const request = { model, output, prompt, maxOutputTokens: 500, maxRetries: 0 };
  return [(await generateText(request)).output, await streamWithAiSdk(request).output];
};
const byLangChain = async (model: string, useResponsesApi: boolean): Promise<unknown[]> => {
  const { apiKey, baseURL } = base();
  const chat = new ChatOpenAI({ model, apiKey, useResponsesApi, maxRetries: 0, configuration: { baseURL } });
  return [await chat.withStructuredOutput(City, { method: 'jsonSchema', name: 'city' }).invoke(prompt)];
};
const byAgents = async (model: Model): Promise<unknown[]> => {
  const agent = new Agent({ name: 'Geographer', model, outputType: City });
  const streamed = await new Runner().run(agent, prompt, { stream: true });
  await streamed.completed;
  return [(await new Runner().run(agent, prompt)).finalOutput, streamed.finalOutput];
};

const CLIENTS: readonly (readonly [string, Ask])[] = [
  [
    'openai by chat completions',
    async (model) => {
      const request = { model, messages, response_format };
      const whole = await world.client.chat.completions.parse(request);
      const streamed = await world.client.chat.completions.stream(request).finalChatCompletion();
      expect(streamed.choices[0]?.finish_reason).toBe('stop');
      return [whole.choices[0]?.message.parsed, streamed.choices[0]?.message.parsed];
    },
  ],
  [
    'openai by responses',
    async (model) => {
      const request = { model, input: prompt, text: { format: zodTextFormat(City, 'city') } };
      const streamed = await world.client.responses.stream(request).finalResponse();
      return [(await world.client.responses.parse(request)).output_parsed, streamed.output_parsed];
    },
  ],
  [
    'Anthropic',
    async (model) => {
      const apiKey = world.key;
      const client = new Anthropic({ baseURL: world.gateway.origin, apiKey, authToken: null, maxRetries: 0 });
      const request = { model, messages, max_tokens: 500, output_config: { format: zodOutputFormat(City) } };
      const streamed = await client.messages.stream(request).finalMessage();
      return [(await client.messages.parse(request)).parsed_output, streamed.parsed_output];
    },
  ],
  ['the AI SDK by chat completions', (model) => byAiSdk(createOpenAI(base()).chat(model))],
  ['the AI SDK by responses', (model) => byAiSdk(createOpenAI(base()).responses(model))],
  ['LangChain by chat completions', (model) => byLangChain(model, false)],
  ['LangChain by responses', (model) => byLangChain(model, true)],
  [
    'agents by chat completions',
    (model) => byAgents(new OpenAIChatCompletionsModel(world.client as never, model)),
  ],
  ['agents by responses', (model) => byAgents(new OpenAIResponsesModel(world.client as never, model))],
];

function says(wire: WireName, what: Says): void {
  world.upstream.script(wire, either(answer(ANSWERS[wire].whole(what)), stream(streamText(wire, what), 9)));
}

/** The schema where each provider documents it. */
function schemaIn(wire: WireName, request: JsonObject): unknown {
  switch (wire) {
    case 'openai':
      return asObject(asObject(request.response_format)?.json_schema)?.schema;
    case 'anthropic':
      return asObject(asObject(request.output_config)?.format)?.schema;
    case 'google':
      return asObject(request.generationConfig)?.responseJsonSchema;
    case 'bedrock': {
      const structure = asObject(asObject(asObject(request.outputConfig)?.textFormat)?.structure);
      return parseJson(String(asObject(structure?.jsonSchema)?.schema));
    }
  }
}

describe.each(WIRES)('structured output through the %s wire', (wire) => {
  test.each(CLIENTS)('is parsed by %s, and the schema reaches the provider', async (_, ask) => {
    says(wire, TEXT);
    for (const object of await ask(modelId(wire))) expect(object).toEqual(CITY);
    const received = world.upstream.received(wire);
    expect(received.length).toBeGreaterThan(0);
    for (const { body } of received) {
      expect(schemaIn(wire, asObject(parseJson(body)) ?? {})).toMatchObject({
        type: 'object',
        properties: { city: { type: 'string' }, population: { type: 'integer' } },
        required: ['city', 'population'],
      });
    }
  });

  test("is made by a call in the AI SDK's client of the Messages API, which knows no such model", async () => {
    says(wire, { call: { id: 'toolu_1', name: 'json', arguments: CITY } });
    const model = createAnthropic(base())(modelId(wire));
    for (const object of await byAiSdk(model)) expect(object).toEqual(CITY);
  });
});

test('a model that only tools hold to a schema is made to call one, and the client sees text', async () => {
  says('anthropic', { call: { id: 'toolu_1', name: 'structured_output', arguments: CITY } });
  const request = { model: modelId('tools-only'), messages, response_format };
  const whole = await world.client.chat.completions.parse(request);
  const streamed = await world.client.chat.completions.stream(request).finalChatCompletion();
  for (const [choice] of [whole.choices, streamed.choices]) {
    expect(choice?.message.parsed).toEqual(CITY);
    expect(choice?.message.tool_calls ?? []).toEqual([]);
    expect(choice?.finish_reason).toBe('stop');
  }
  const { json } = world.upstream.received('anthropic')[0] ?? {};
  expect(json?.tool_choice).toMatchObject({ type: 'tool', name: 'structured_output' });
});
