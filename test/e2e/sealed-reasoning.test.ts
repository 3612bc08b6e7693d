import Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS } from '../support/node/answers.ts';
import { receiptById } from '../support/node/receipts.ts';
import { answer, hangUp, inTurn } from '../support/node/scripts.ts';
import { sealingClaude, sealingOther, sealingResponses } from '../support/node/sealing.ts';
import type { Script } from '../support/node/upstream.ts';
import { addModel, addProvider, modelId, startWorld, type World } from '../support/node/world.ts';

let world: World;
let claude: Anthropic;
beforeAll(async () => {
  world = await startWorld();
  const responses = { quirks: { responses: { sealsReasoning: true } } };
  for (const lane of ['one', 'two']) await addProvider(world, lane, 'openai', responses);
  for (const lane of ['claude-a', 'claude-b', 'other']) await addProvider(world, lane, 'anthropic');
  await addProvider(world, 'strict', 'openai');
  claude = new Anthropic({
    baseURL: world.gateway.origin,
    apiKey: world.key,
    authToken: null,
    maxRetries: 0,
  });
});
afterAll(() => world.stop());

let models = 0;
async function modelAt(lanes: string[], upstreamModel = 'up-model'): Promise<string> {
  const name = `sealed-${models++}`;
  await addModel(world, name, lanes, { upstreamModel });
  return modelId(name);
}
const sentTo = (lane: string) => world.upstream.received(lane).map(({ json }) => json);
const lastTo = (lane: string) => sentTo(lane).at(-1) ?? {};
const typesOf = (items: unknown) =>
  (items as { type?: string; role?: string }[]).map(({ type, role }) => type ?? role);

describe('Responses at two hosts', () => {
  type Input = OpenAI.Responses.ResponseInputItem[];
  const outputOf = ({ output }: OpenAI.Responses.Response) => output as Input;
  const ask = (model: string, input: Input) =>
    world.client.responses
      .create({ model, input, store: false, include: ['reasoning.encrypted_content'] })
      .withResponse();

  test('reasoning goes back to who sealed it, and to nobody else', async () => {
    world.upstream.script('one', sealingResponses('one', 'One.'));
    world.upstream.script('two', sealingResponses('two', 'Two.'));
    const [one, two] = [await modelAt(['one']), await modelAt(['two'])];
    const input: Input = [{ role: 'user', content: 'Hi' }];
    const turns: (string | null)[] = [];
    for (const model of [one, one, two, two, one]) {
      const { data, response } = await ask(model, input);
      turns.push(response.headers.get('x-dropped-params'));
      input.push(...outputOf(data), { role: 'user', content: 'Go on' });
    }
    expect(turns).toEqual([
      null,
      null,
      'input.encrypted_content',
      'input.encrypted_content',
      'input.encrypted_content',
    ]);
    // None was refused: each was sent what it can open, as it had sealed it, and the words of all.
    expect(sentTo('one')).toHaveLength(3);
    expect(sentTo('two')).toHaveLength(2);
    const items = lastTo('one').input as { encrypted_content?: string }[];
    expect(typesOf(items)).toEqual([
      'user',
      'reasoning',
      'message',
      'user',
      'reasoning',
      'message',
      'user',
      'message',
      'user',
      'message',
      'user',
    ]);
    for (const { encrypted_content: sealed } of items)
      if (sealed) expect(sealed).toMatch(/^gAAAAAone.{8}\/w==$/);
  });

  test.each([
    [
      'when the first host fails within the turn',
      async (model: string, first: OpenAI.Responses.Response) => {
        world.upstream.script('one', hangUp);
        return ask(model, [
          { role: 'user', content: 'Hi' },
          ...outputOf(first),
          { role: 'user', content: 'Go on' },
        ]);
      },
    ],
    [
      'with `previous_response_id`',
      async (model: string, first: OpenAI.Responses.Response) => {
        world.upstream.script('one', hangUp);
        const asked = { model, input: 'Go on', previous_response_id: first.id };
        return world.client.responses.create(asked).withResponse();
      },
    ],
  ])('%s the other goes on without', async (_, goOn) => {
    world.upstream.script('one', sealingResponses('one', 'One.'));
    world.upstream.script('two', sealingResponses('two', 'Two.'));
    const model = await modelAt(['one', 'two']);
    const first = await world.client.responses
      .stream({ model, input: 'Hi', include: ['reasoning.encrypted_content'] })
      .finalResponse();
    const { data, response } = await goOn(model, first);
    expect(data.output_text).toBe('Two.');
    expect(response.headers.get('x-dropped-params')).toBe('input.encrypted_content');
    expect(sentTo('two')).toHaveLength(1);
    expect(typesOf(lastTo('two').input)).toHaveLength(3);
    expect(typesOf(lastTo('two').input)).not.toContain('reasoning');
  });

  test('what was sealed elsewhere is refused once, and the same host asked without it', async () => {
    world.upstream.script('one', sealingResponses('one', 'One.'));
    const model = await modelAt(['one', 'two']);
    const before: Input = [
      { role: 'user', content: 'Hi' },
      { id: 'rs_before', type: 'reasoning', summary: [], encrypted_content: 'gAAAAAdirectly' },
      { role: 'assistant', content: 'Hello.' },
      { role: 'user', content: 'Go on' },
    ];
    const { data, response } = await ask(model, before);
    expect(data.output_text).toBe('One.');
    expect(response.headers.get('x-dropped-params')).toBe('input.encrypted_content');
    expect(response.headers.get('x-fallback-from')).toBeNull();
    expect(sentTo('one')).toHaveLength(2);
    const receipt = await receiptById(world, data.id.replace('resp_', 'gen_'));
    expect(receipt.attempts).toMatchObject([
      { status: 400, outcome: 'failed', error: 'upstream_invalid_request', provider_cost: 0 },
      { status: 200, outcome: 'served' },
    ]);
  });

  test('a request that is refused without it too is refused', async () => {
    world.upstream.script(
      'one',
      answer({ error: { message: 'reasoning.effort is not valid', param: 'reasoning.effort' } }, 400),
    );
    const model = await modelAt(['one', 'two']);
    const input: Input = [
      { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'gAAAAA' },
      { role: 'user', content: 'Hi' },
    ];
    await expect(ask(model, input)).rejects.toMatchObject({ status: 400, param: 'reasoning.effort' });
    expect(sentTo('one')).toHaveLength(2);
    await expect(ask(model, input.slice(1))).rejects.toMatchObject({ status: 400 });
    expect(sentTo('one')).toHaveLength(3);
  });
});

describe('Messages at hosts of Claude and others', () => {
  const look = { name: 'look', input_schema: { type: 'object' as const } };
  type Turns = Anthropic.MessageParam[];
  const ask = (model: string, messages: Turns, more: object = {}) =>
    claude.messages.create({ model, max_tokens: 2000, messages, tools: [look], ...more }).withResponse();
  const result: Turns[number] = {
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'Seen' }],
  };
  const thinking = { type: 'enabled' as const, budget_tokens: 1024 };
  /** Asks for a call of a tool, and gives its result. */
  async function loop(model: string): Promise<Turns> {
    const { data } = await ask(model, [{ role: 'user', content: 'Hi' }], { thinking });
    return [{ role: 'user', content: 'Hi' }, { role: 'assistant', content: data.content }, result];
  }

  test('thinking goes from one host of Claude to another as it came', async () => {
    world.upstream.script('claude-a', inTurn(sealingClaude(true), hangUp));
    world.upstream.script('claude-b', sealingClaude(false));
    const model = await modelAt(['claude-a', 'claude-b'], 'claude-sonnet-4-5');
    const turns = await loop(model);
    const { response } = await ask(model, turns, { thinking });
    expect(response.headers.get('x-dropped-params')).toBeNull();
    expect(lastTo('claude-b')).toMatchObject({ messages: turns, thinking });
  });

  test.each([
    ['another host of the format', 'other', sealingOther(true)],
    [
      'a model behind another format',
      'openai',
      answer(ANSWERS.openai.whole({ call: { id: 'toolu_1', name: 'look', arguments: {} } })),
    ],
  ])('a tool loop that %s began is gone on with', async (_, lane, script) => {
    world.upstream.script(lane, script as Script);
    world.upstream.script('claude-a', sealingClaude(false));
    const turns = await loop(await modelAt([lane]));
    const { data, response } = await ask(await modelAt(['claude-a'], 'claude-sonnet-4-5'), turns, {
      thinking,
    });
    expect(data.content.at(-1)).toMatchObject({ text: 'Done.' });
    expect(response.headers.get('x-dropped-params')).toContain('thinking');
    expect(lastTo('claude-a')).not.toHaveProperty('thinking');
    // The next turn thinks again.
    const next: Turns = [
      ...turns,
      { role: 'assistant', content: data.content },
      { role: 'user', content: 'And?' },
    ];
    await ask(await modelAt(['claude-a'], 'claude-sonnet-4-5'), next, { thinking });
    expect(lastTo('claude-a')).toMatchObject({ thinking });
  });
});

describe('chat completions', () => {
  type Message = OpenAI.ChatCompletionMessageParam;
  const ask = (model: string, messages: Message[], more: object = {}) =>
    world.client.chat.completions
      .create({ model, messages, ...more } as OpenAI.ChatCompletionCreateParamsNonStreaming)
      .withResponse();

  test('a host that knows no reasoning_details goes on without, and its maker has it back', async () => {
    world.upstream.script('claude-a', sealingClaude(false));
    const plain = answer(ANSWERS.openai.whole({ text: ['Plain.'] }));
    const refuses = answer(
      {
        error: {
          message: "Unknown parameter: 'messages[1].reasoning_details'.",
          type: 'invalid_request_error',
          code: 'unknown_parameter',
        },
      },
      400,
    );
    world.upstream.script('strict', (response, request) =>
      (request.body.includes('reasoning') ? refuses : plain)(response, request),
    );
    const think = { reasoning: { max_tokens: 1024 }, max_tokens: 2000 };
    const sonnet = await modelAt(['claude-a'], 'claude-sonnet-4-5');
    const first = await ask(sonnet, [{ role: 'user', content: 'Hi' }], think);
    const said = first.data.choices[0]?.message as Message;
    const turns: Message[] = [{ role: 'user', content: 'Hi' }, said, { role: 'user', content: 'Go on' }];
    const second = await ask(await modelAt(['strict']), turns);
    expect(second.data.choices[0]?.message.content).toBe('Plain.');
    expect(second.response.headers.get('x-dropped-params')).toBe('messages.reasoning_details');
    expect(sentTo('strict')).toHaveLength(2);
    await ask(
      sonnet,
      [...turns, { role: 'assistant', content: 'Plain.' }, { role: 'user', content: 'And?' }],
      think,
    );
    expect(lastTo('claude-a').messages).toMatchObject([
      {},
      { content: [{ type: 'thinking', thinking: 'Hm.' }, {}] },
      {},
      {},
      {},
    ]);
  });

  test('calls that another account of Gemini signed get the stand-in', async () => {
    const whole = answer(ANSWERS.google.whole({ text: ['Done.'] }));
    const refuses = answer(
      { error: { code: 400, message: 'Corrupted thought signature.', status: 'INVALID_ARGUMENT' } },
      400,
    );
    const own = btoa('skip_thought_signature_validator');
    world.upstream.script('google', (response, request) =>
      (request.body.replaceAll(own, '').includes('"thoughtSignature":"c') ? refuses : whole)(
        response,
        request,
      ),
    );
    const model = await modelAt(['google'], 'gemini-3-pro-preview');
    const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } };
    const detail = {
      type: 'reasoning.encrypted',
      data: 'c2VhbA==',
      id: 'call_1',
      format: 'google-gemini-v1',
      index: 0,
    };
    const turns = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: null, tool_calls: [call], reasoning_details: [detail] },
      { role: 'tool', tool_call_id: 'call_1', content: 'Seen' },
    ] as unknown as Message[];
    const { data } = await ask(model, turns);
    expect(data.choices[0]?.message.content).toBe('Done.');
    expect(
      sentTo('google').map(
        (body) => JSON.stringify(body.contents).match(/"thoughtSignature":"([^"]*)"/)?.[1],
      ),
    ).toEqual(['c2VhbA==', own]);
  });
});
