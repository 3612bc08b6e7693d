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

  test.each([
    ['of a host with other ids', { id: '305ae5c3', content: [{ type: 'reasoning_text', text: 'Hm.' }] }, 1],
    ['that its client has taken the seal off', { id: 'rs_1', encrypted_content: null }, 2],
  ])('open reasoning %s does no harm', async (_, open, calls) => {
    world.upstream.script('one', sealingResponses('one', 'One.'));
    const text = { type: 'output_text', text: 'A', annotations: [] };
    const input = [
      { role: 'user', content: 'Hi' },
      { type: 'reasoning', summary: [], ...open },
      {
        type: 'message',
        id: open.id.replace('rs', 'msg'),
        role: 'assistant',
        status: 'completed',
        content: [text],
      },
      { role: 'user', content: 'Go on' },
    ] as Input;
    // An endpoint that failed so often would be passed over.
    const model = await modelAt(['one', 'two']);
    for (let turn = 0; turn < 8; turn++) expect((await ask(model, input)).data.output_text).toBe('One.');
    expect(sentTo('one')).toHaveLength(8 * calls);
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

  test('is counted without what the host cannot read', async () => {
    const claudes = sealingClaude(false);
    world.upstream.script('claude-a', (response, request) => {
      const refused = request.body.includes('"mk-');
      return (refused ? claudes : answer({ input_tokens: 7 }))(response, request);
    });
    const messages: Turns = [
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm.', signature: 'mk-1' },
          { type: 'text', text: 'A' },
        ],
      },
      { role: 'user', content: 'Go on' },
    ];
    const model = await modelAt(['claude-a']);
    const { data, response } = await claude.messages.countTokens({ model, messages }).withResponse();
    expect([data.input_tokens, response.headers.get('x-token-count')]).toEqual([7, 'provider']);
    expect(lastTo('claude-a').messages).toMatchObject([{}, { content: [{ type: 'text' }] }, {}]);
  });
});
