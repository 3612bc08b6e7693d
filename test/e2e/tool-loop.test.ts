import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS, streamText } from '../support/node/answers.ts';
import { answer, either, inTurn, stream } from '../support/node/scripts.ts';
import { addModel, modelId, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await addModel(world, 'claude', ['anthropic'], { upstreamModel: 'claude-sonnet-4-5' });
  await addModel(world, 'claude-aws', ['bedrock'], {
    upstreamModel: 'global.anthropic.claude-sonnet-4-5-v1:0',
  });
  await addModel(world, 'gemini', ['google'], { upstreamModel: 'gemini-3-pro-preview' });
});
afterAll(() => world.stop());

const SIGNATURE = 'EqQBCgIYAhIM/1gbcDa9GJwZA2b+zürich==';
const CALL = { id: 'toolu_01A', name: 'get_weather', arguments: { city: 'Zürich', days: 2 } };
const TOOLS: OpenAI.ChatCompletionTool[] = [
  { type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: {} } } },
];

type Message = OpenAI.ChatCompletionMessageParam;
type Streamed = OpenAI.ChatCompletionChunk.Choice.Delta & { reasoning_details?: object[] };

/** One turn as a client takes it whole: what came is what goes back. */
async function wholeTurn(model: string, messages: Message[]): Promise<Message> {
  const completion = await world.client.chat.completions.create({
    model,
    messages,
    tools: TOOLS,
    reasoning_effort: 'low',
  });
  const message = completion.choices[0]?.message;
  if (!message) throw new Error('No message');
  return message as Message;
}

/** One turn as a client puts it together from a stream: reasoning details are collected, not merged. */
async function streamedTurn(model: string, messages: Message[]): Promise<Message> {
  const chunks = await world.client.chat.completions.create({
    model,
    messages,
    tools: TOOLS,
    reasoning_effort: 'low',
    stream: true,
  });
  const details: object[] = [];
  const calls: { id: string; type: 'function'; function: { name: string; arguments: string } }[] = [];
  let content = '';
  for await (const chunk of chunks) {
    const delta = chunk.choices[0]?.delta as Streamed | undefined;
    content += delta?.content ?? '';
    details.push(...(delta?.reasoning_details ?? []));
    for (const { index, id, function: piece } of delta?.tool_calls ?? []) {
      const call = calls[index] ?? { id: id ?? '', type: 'function', function: { name: '', arguments: '' } };
      calls[index] = call;
      call.function.name += piece?.name ?? '';
      call.function.arguments += piece?.arguments ?? '';
    }
  }
  const message: Message = { role: 'assistant', content: content === '' ? null : content };
  if (calls.length > 0) message.tool_calls = calls;
  return Object.assign(message, { reasoning_details: details });
}

/** Asks, runs the tool, and asks again with everything that came. Answers the last text. */
async function loop(model: string, turn: typeof wholeTurn): Promise<unknown> {
  const messages: Message[] = [{ role: 'user', content: 'How is the weather?' }];
  const first = await turn(model, messages);
  if (first.role !== 'assistant') throw new Error('Not the assistant');
  const [call] = first.tool_calls ?? [];
  if (call?.type !== 'function') throw new Error('No call');
  expect(JSON.parse(call.function.arguments)).toEqual(CALL.arguments);
  messages.push(first, { role: 'tool', tool_call_id: call.id, content: '18 degrees' });
  const last = await turn(model, messages);
  return last.content;
}

describe.each([
  ['whole', wholeTurn],
  ['streamed', streamedTurn],
] as const)('a tool loop with %s answers', (_, turn) => {
  test('returns thinking and its signature unchanged through the anthropic wire', async () => {
    const thinks = {
      thought: { text: 'They ask for «weather».\nI look.', signature: SIGNATURE },
      call: CALL,
    };
    const says = { text: ['18 degrees ', 'in Zürich.'] };
    const { whole } = ANSWERS.anthropic;
    world.upstream.script(
      'anthropic',
      inTurn(
        either(answer(whole(thinks)), stream(streamText('anthropic', thinks), 9)),
        either(answer(whole(says)), stream(streamText('anthropic', says), 9)),
      ),
    );
    expect(await loop(modelId('claude'), turn)).toBe('18 degrees in Zürich.');

    const [first, second] = world.upstream.received('anthropic');
    expect(first?.json.thinking).toMatchObject({ type: 'enabled' });
    expect(second?.json.messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'How is the weather?' }] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'They ask for «weather».\nI look.', signature: SIGNATURE },
          { type: 'tool_use', id: 'toolu_01A', name: 'get_weather', input: { city: 'Zürich', days: 2 } },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'toolu_01A',
            content: '18 degrees',
          },
        ],
      },
    ]);
  });

  test('returns thinking and its signature unchanged through the bedrock wire', async () => {
    const thinks = {
      thought: { text: 'They ask for «weather».\nI look.', signature: SIGNATURE },
      call: CALL,
    };
    const says = { text: ['18 degrees ', 'in Zürich.'] };
    const { whole } = ANSWERS.bedrock;
    world.upstream.script(
      'bedrock',
      inTurn(
        either(answer(whole(thinks)), stream(streamText('bedrock', thinks), 9)),
        either(answer(whole(says)), stream(streamText('bedrock', says), 9)),
      ),
    );
    expect(await loop(modelId('claude-aws'), turn)).toBe('18 degrees in Zürich.');

    const [first, second] = world.upstream.received('bedrock');
    // A fifth of the common limit is less than the least budget.
    const thinking = { type: 'enabled', budget_tokens: 1024 };
    for (const sent of [first, second]) {
      expect(sent?.json.additionalModelRequestFields).toEqual({ thinking });
      expect(sent?.json.inferenceConfig).toEqual({ maxTokens: 4096 });
    }
    expect(second?.json.messages).toEqual([
      { role: 'user', content: [{ text: 'How is the weather?' }] },
      {
        role: 'assistant',
        content: [
          { reasoningContent: { reasoningText: { text: thinks.thought.text, signature: SIGNATURE } } },
          { toolUse: { toolUseId: 'toolu_01A', name: 'get_weather', input: { city: 'Zürich', days: 2 } } },
        ],
      },
      {
        role: 'user',
        content: [{ toolResult: { toolUseId: 'toolu_01A', content: [{ text: '18 degrees' }] } }],
      },
    ]);
  });

  test('returns the signature of a call unchanged through the google wire', async () => {
    const thinks = {
      thought: { text: 'I look.', signature: '' },
      call: { ...CALL, signature: 'c2lnbmF0dXJlLzE+Kw==' },
    };
    const says = { text: ['18 degrees ', 'in Zürich.'] };
    const { whole } = ANSWERS.google;
    world.upstream.script(
      'google',
      inTurn(
        either(answer(whole(thinks)), stream(streamText('google', thinks), 9)),
        either(answer(whole(says)), stream(streamText('google', says), 9)),
      ),
    );
    expect(await loop(modelId('gemini'), turn)).toBe('18 degrees in Zürich.');

    const [first, second] = world.upstream.received('google');
    expect(first?.json.generationConfig).toMatchObject({ thinkingConfig: { thinkingLevel: 'low' } });
    const contents = second?.json.contents as { role: string; parts: object[] }[];
    expect(contents.map(({ role }) => role)).toEqual(['user', 'model', 'user']);
    expect(contents[1]?.parts.at(-1)).toEqual({
      functionCall: expect.objectContaining({ name: 'get_weather', args: CALL.arguments }),
      thoughtSignature: 'c2lnbmF0dXJlLzE+Kw==',
    });
    expect(contents[2]?.parts).toEqual([
      { functionResponse: expect.objectContaining({ name: 'get_weather', response: expect.anything() }) },
    ]);
    expect(JSON.stringify(contents[2])).toContain('18 degrees');
  });
});
