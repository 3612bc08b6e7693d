import type Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answer } from '../../support/node/scripts.ts';
import { addModel, modelId, startWorld, type World } from '../../support/node/world.ts';
import { ask, CALL, clientOf, script, TOOL, WORDS } from './client.ts';

let world: World;
let client: Anthropic;
beforeAll(async () => {
  world = await startWorld();
  client = clientOf(world);
});
afterAll(() => world.stop());

test('thinking with its signature goes to the client and back', async () => {
  const says = { thought: { text: 'Hm, weather.', signature: 'EqQBsig==' }, call: CALL };
  script(world, 'anthropic', says);
  const first = await client.messages.stream({ ...ask('anthropic'), tools: [TOOL] }).finalMessage();
  expect(first.content).toEqual([
    { type: 'thinking', thinking: 'Hm, weather.', signature: 'EqQBsig==' },
    { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Zürich' } },
  ]);
  await client.messages.create({
    ...ask('anthropic'),
    tools: [TOOL],
    messages: [
      { role: 'user', content: 'The weather?' },
      { role: 'assistant', content: first.content },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: '18 °C', is_error: false }],
      },
    ],
  });
  const sent = world.upstream.received('anthropic').at(-1)?.json;
  expect(sent?.messages).toEqual([
    { role: 'user', content: 'The weather?' },
    { role: 'assistant', content: first.content },
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: '18 °C', is_error: false }],
    },
  ]);
});

test.each([false, true])(
  'thinking with its signature goes back to the bedrock wire, streamed: %s',
  async (streamed) => {
    script(world, 'bedrock', { thought: { text: 'Hm, weather.', signature: 'EqQBsig==' }, call: CALL });
    const body = { ...ask('bedrock'), tools: [TOOL] };
    const first = await (streamed
      ? client.messages.stream(body).finalMessage()
      : client.messages.create(body));
    const [thinking, use] = first.content;
    expect(thinking).toMatchObject({ type: 'thinking', thinking: 'Hm, weather.' });
    expect(use).toEqual({ type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Zürich' } });
    script(world, 'bedrock', WORDS);
    await client.messages.create({
      ...body,
      messages: [
        ...body.messages,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: '18 °C' }] },
      ],
    });
    expect(world.upstream.received('bedrock')[0]?.json.messages).toEqual([
      { role: 'user', content: [{ text: 'The weather?' }] },
      {
        role: 'assistant',
        content: [
          { reasoningContent: { reasoningText: { text: 'Hm, weather.', signature: 'EqQBsig==' } } },
          { toolUse: { toolUseId: 'toolu_1', name: 'get_weather', input: { city: 'Zürich' } } },
        ],
      },
      { role: 'user', content: [{ toolResult: { toolUseId: 'toolu_1', content: [{ text: '18 °C' }] } }] },
    ]);
  },
);

test.each([false, true])(
  'Claude thinks at the next host as it did at the first, streamed: %s',
  async (streamed) => {
    await addModel(world, 'twice', ['anthropic', 'bedrock'], {
      upstreamModel: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
    });
    world.upstream.script('anthropic', answer({ type: 'error', error: { type: 'overloaded_error' } }, 529));
    script(world, 'bedrock', { thought: { text: 'Hm, weather.', signature: 'EqQBsig==' }, call: CALL });
    const interleaved = 'interleaved-thinking-2025-05-14';
    const thinking = { type: 'enabled' as const, budget_tokens: 2000 };
    const body = { ...ask('bedrock'), model: modelId('twice'), max_tokens: 3000, thinking, tools: [TOOL] };
    const turn = async (messages: Anthropic.MessageParam[]) => {
      const options = { headers: { 'anthropic-beta': interleaved } };
      if (streamed) return client.messages.stream({ ...body, messages }, options).finalMessage();
      const { data, response } = await client.messages.create({ ...body, messages }, options).withResponse();
      expect(response.headers.get('x-dropped-params')).toBeNull();
      return data;
    };
    const first = await turn(body.messages);
    expect(first.content).toMatchObject([
      { type: 'thinking', thinking: 'Hm, weather.', signature: 'EqQBsig==' },
      { type: 'tool_use' },
    ]);
    const result = { type: 'tool_result' as const, tool_use_id: 'toolu_1', content: '18 °C' };
    await turn([
      ...body.messages,
      { role: 'assistant', content: first.content },
      { role: 'user', content: [result, { type: 'text', text: 'Well?' }] },
    ]);
    expect(world.upstream.received('bedrock')).toHaveLength(2);
    for (const { json } of world.upstream.received('bedrock')) {
      expect(json.additionalModelRequestFields).toEqual({ thinking, anthropic_beta: [interleaved] });
      expect(json.inferenceConfig).toEqual({ maxTokens: 3000 });
    }
  },
);

test.each([false, true])(
  'the signature of a call goes back to the google wire, streamed: %s',
  async (streamed) => {
    script(world, 'google', {
      thought: { text: 'Hm.', signature: '' },
      call: { ...CALL, signature: 'c2lnbmVk' },
    });
    const body = { ...ask('google'), tools: [TOOL] };
    const first = await (streamed
      ? client.messages.stream(body).finalMessage()
      : client.messages.create(body));
    const [use] = first.content.filter((block) => block.type === 'tool_use');
    if (!use) throw new Error('No call');
    script(world, 'google', WORDS);
    await client.messages.create({
      ...body,
      messages: [
        ...body.messages,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: '18 °C' }] },
      ],
    });
    const sent = world.upstream.received('google')[0]?.json;
    expect(sent?.contents).toMatchObject([
      { role: 'user' },
      {
        role: 'model',
        parts: expect.arrayContaining([
          expect.objectContaining({
            functionCall: expect.objectContaining({ name: 'get_weather' }),
            thoughtSignature: 'c2lnbmVk',
          }),
        ]),
      },
      { role: 'user' },
    ]);
  },
);
