import { createOpenAI } from '@ai-sdk/openai';
import { generateText, jsonSchema, stepCountIs, tool } from 'ai';
import type OpenAI from 'openai';
import type { ResponseInput, ResponseInputItem } from 'openai/resources/responses/responses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WireName } from '../support/node/fixtures.ts';
import { modelId, startWorld, type World } from '../support/node/world.ts';
import { CALL, PARAMETERS, scriptLoop, TOOL } from './responses-loop.ts';

let world: World;
let client: OpenAI;
beforeAll(async () => {
  world = await startWorld();
  client = world.client;
});
afterAll(() => world.stop());

describe('reasoning goes back to its maker', () => {
  const thought = { text: 'Hm, weather.', signature: 'EqQBsig==' };

  test.each([false, true])('signed thinking, streamed: %s', async (streamed) => {
    scriptLoop(world, 'anthropic', { thought, call: CALL });
    const ask = {
      model: modelId('anthropic'),
      tools: [TOOL],
      reasoning: { effort: 'low', summary: 'auto' } as const,
    };
    const input: ResponseInput = [{ role: 'user', content: 'The weather?' }];
    const response = streamed
      ? await client.responses.stream({ ...ask, input }).finalResponse()
      : await client.responses.create({ ...ask, input });
    expect(response.output).toMatchObject([
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm, weather.' }] },
      { type: 'function_call', call_id: 'call_1' },
    ]);
    const output = { type: 'function_call_output', call_id: 'call_1', output: '18 °C' } as const;
    await client.responses.create({
      ...ask,
      input: [...input, ...(response.output as ResponseInputItem[]), output],
    });
    expect(world.upstream.received('anthropic').at(-1)?.json.messages).toMatchObject([
      { role: 'user' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm, weather.', signature: 'EqQBsig==' },
          { type: 'tool_use', id: 'call_1', name: 'get_weather', input: { city: 'Zürich' } },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1' }] },
    ]);
  });

  /** A loop of two turns, as the AI SDK goes through it. */
  async function loop(wire: WireName): Promise<Record<string, unknown> | undefined> {
    const provider = createOpenAI({ baseURL: `${world.gateway.origin}/v1`, apiKey: world.key });
    const result = await generateText({
      model: provider.responses(modelId(wire)),
      prompt: 'The weather?',
      tools: {
        get_weather: tool({
          inputSchema: jsonSchema({ ...PARAMETERS, type: 'object' } as never),
          execute: () => '18 °C',
        }),
      },
      stopWhen: stepCountIs(3),
      maxRetries: 0,
      providerOptions: { openai: { store: false } },
    });
    expect(result.text).toBe('18 degrees in Zürich.');
    return world.upstream.received(wire).at(-1)?.json;
  }

  test('signed thinking, through the AI SDK', async () => {
    scriptLoop(world, 'anthropic', { thought, call: CALL });
    const sent = await loop('anthropic');
    expect(sent?.messages).toMatchObject([
      { role: 'user' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm, weather.', signature: 'EqQBsig==' },
          { type: 'tool_use', id: 'call_1' },
        ],
      },
      { role: 'user' },
    ]);
  });

  test('signed thinking of the bedrock wire, through the AI SDK', async () => {
    scriptLoop(world, 'bedrock', { thought, call: CALL });
    const sent = await loop('bedrock');
    expect(sent?.messages).toMatchObject([
      { role: 'user' },
      {
        role: 'assistant',
        content: [
          { reasoningContent: { reasoningText: { text: 'Hm, weather.', signature: 'EqQBsig==' } } },
          { toolUse: { toolUseId: 'call_1', name: 'get_weather', input: { city: 'Zürich' } } },
        ],
      },
      { role: 'user', content: [{ toolResult: { toolUseId: 'call_1', content: [{ text: '18 °C' }] } }] },
    ]);
  });

  test('the signature of a call, through the AI SDK', async () => {
    scriptLoop(world, 'google', { call: { ...CALL, signature: 'c2lnbmF0dXJl' } });
    const sent = await loop('google');
    expect(sent?.contents).toMatchObject([
      { role: 'user' },
      {
        role: 'model',
        parts: [{ functionCall: { name: 'get_weather' }, thoughtSignature: 'c2lnbmF0dXJl' }],
      },
      { role: 'user' },
    ]);
  });
});
