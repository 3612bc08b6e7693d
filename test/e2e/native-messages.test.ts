import { readFileSync } from 'node:fs';
import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS, streamText } from '../support/node/answers.ts';
import { ownModel } from '../support/node/own-model.ts';
import { receiptById } from '../support/node/receipts.ts';
import { answer, either, hangUp, stream, streamThenReset } from '../support/node/scripts.ts';
import { modelId, PRICE, startWorld, type World } from '../support/node/world.ts';

let world: World;
let client: Anthropic;
beforeAll(async () => {
  world = await startWorld();
  client = new Anthropic({
    baseURL: world.gateway.origin,
    apiKey: world.key,
    authToken: null,
    maxRetries: 0,
  });
});
afterAll(() => world.stop());

const modelAt = (...lanes: string[]): Promise<string> => ownModel(world, lanes);

const recorded = (name: string, file: string): string =>
  readFileSync(`test/fixtures/anthropic/${name}/${file}`, 'utf8');
const HI = { max_tokens: 500, messages: [{ role: 'user' as const, content: 'Hi' }] };
const post = (text: string, headers: Record<string, string> = {}): Promise<Response> =>
  world.fetch('/v1/messages', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: text,
  });
const sentTo = (lane: string) => world.upstream.received(lane).at(-1);

describe('at a host of the same API', () => {
  test('body, flags and answer pass as they are spelled', async () => {
    const whole = recorded('hand-j-everything', 'response.json');
    world.upstream.script('anthropic', answer(whole));
    const rest = `"max_tokens" : 1e2,"messages":[{"role":"user","content":[{"type":"text","text":"\\u0048i","cache_control":{"type":"ephemeral","ttl":"1h"}}]}],"mcp_servers":[],"tools":[{"type":"web_search_20250305","name":"web_search","max_uses":3.0}],"unheard_of":{"a":1.50}`;
    const response = await post(`{"model":"${modelId('anthropic')}",${rest},"workflow":"w"}`, {
      'anthropic-beta': 'one-2026-01-01,two-2026-01-01',
    });
    const text = await response.text();
    expect(response.status, text).toBe(200);
    expect(sentTo('anthropic')?.body).toBe(`{"model":"Up-anthropic",${rest}}`);
    expect(sentTo('anthropic')?.headers['anthropic-beta']).toBe('one-2026-01-01,two-2026-01-01');
    const own = (JSON.parse(whole) as { id: string }).id;
    expect(text).toBe(whole.replace(own, response.headers.get('x-generation-id') ?? ''));
    expect(response.headers.get('x-dropped-params')).toBeNull();
    expect(Number(response.headers.get('x-credits-used'))).toBeGreaterThan(0);
  });

  test('blocks of its own tools come through the helper of the SDK, and go back', async () => {
    world.upstream.script('anthropic', stream(recorded('hand-s-web-search', 'stream.txt'), 7));
    const search = { type: 'web_search_20250305', name: 'web_search' } as const;
    const ask = { ...HI, model: modelId('anthropic'), tools: [search] };
    const first = await client.messages.stream(ask).finalMessage();
    expect(first.content.map(({ type }) => type)).toEqual([
      'text',
      'server_tool_use',
      'web_search_tool_result',
      'text',
      'text',
    ]);
    expect(first.id).toMatch(/^gen_/);
    const receipt = await receiptById(world, first.id);
    expect(receipt).toMatchObject({
      status: 'completed',
      provider_used: expect.stringContaining('anthropic'),
    });
    const messages = [...HI.messages, { role: 'assistant' as const, content: first.content }, ...HI.messages];
    world.upstream.script('anthropic', answer(ANSWERS.anthropic.whole({ text: ['Good.'] })));
    await client.messages.create({ ...ask, messages });
    expect(sentTo('anthropic')?.json.messages).toEqual(messages);
  });

  test('the tool runner of the SDK sends thinking back with its signature', async () => {
    world.upstream.script('anthropic', (response, request) => {
      const says = request.body.includes('18 °C')
        ? { text: ['It is warm.'] }
        : {
            thought: { text: 'Hm, weather.', signature: 'EqQBsig==' },
            call: { id: 'toolu_1', name: 'get_weather', arguments: { city: 'Zürich' } },
          };
      return stream(streamText('anthropic', says), 11)(response, request);
    });
    const weather = betaTool({
      name: 'get_weather',
      description: 'The weather of a city',
      inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      run: ({ city }) => `18 °C in ${city}`,
    });
    const runner = client.beta.messages.toolRunner({
      ...HI,
      model: modelId('anthropic'),
      thinking: { type: 'enabled', budget_tokens: 100 },
      tools: [weather],
      stream: true,
      betas: ['interleaved-thinking-2025-05-14'],
    });
    const last = await runner.runUntilDone();
    expect(last.content).toEqual([{ type: 'text', text: 'It is warm.' }]);
    const [, again] = world.upstream.received('anthropic');
    expect(again?.json).toMatchObject({ thinking: { type: 'enabled', budget_tokens: 100 } });
    expect(again?.headers['anthropic-beta']).toContain('interleaved-thinking-2025-05-14');
    const [, turn] = (again?.json.messages ?? []) as unknown[];
    expect(turn).toEqual({
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm, weather.', signature: 'EqQBsig==' },
        { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Zürich' } },
      ],
    });
  });

  test('the last words say what it cost, beside the counts as they came', async () => {
    const text = recorded('hand-s-cache-usage', 'stream.txt');
    world.upstream.script('anthropic', stream(text));
    const response = await post(JSON.stringify({ ...HI, model: modelId('anthropic'), stream: true }));
    const events = (await response.text()).split('\n\n').filter((event) => event !== '');
    const delta = JSON.parse(events.at(-2)?.split('data: ')[1] ?? '') as Record<string, unknown>;
    // Of the 1500 tokens that were written to the cache, 1000 are to stay there for an hour.
    const usd =
      (21 * PRICE.input +
        500 * PRICE.cache_write +
        1000 * PRICE.cache_write_long +
        188086 * PRICE.cached_input +
        12 * PRICE.output) /
      1e6;
    expect(delta).toMatchObject({
      usage: { output_tokens: 12, input_tokens: 21, cache_read_input_tokens: 188086 },
      credits_used: expect.closeTo(usd, 8),
      fallback_from: [],
    });
    expect(events.at(-1)).toBe('event: message_stop\ndata: {"type":"message_stop"}');
  });
});

describe('what cannot be translated', () => {
  const search = { type: 'web_search_20250305', name: 'web_search' } as const;

  test.each([[['anthropic', 'openai']], [['openai', 'anthropic']]])(
    'goes to those who speak the API alone: %s',
    async (lanes) => {
      world.upstream.script('openai', answer({}, 500));
      world.upstream.script('anthropic', answer(ANSWERS.anthropic.whole({ text: ['Found.'] })));
      const found = await client.messages.create({ ...HI, model: await modelAt(...lanes), tools: [search] });
      expect(found.content).toMatchObject([{ type: 'text', text: 'Found.' }]);
      expect(world.upstream.received('openai')).toEqual([]);
    },
  );

  test('and to nobody else when they fail', async () => {
    world.upstream.script('openai', answer(ANSWERS.openai.whole({ text: ['No.'] })));
    world.upstream.script('anthropic', hangUp);
    const thrown = await client.messages
      .create({ ...HI, model: await modelAt('anthropic', 'openai'), tools: [search] })
      .catch((error: unknown) => error);
    expect(thrown).toMatchObject({ status: 502, error: { error: { code: 'upstream_unreachable' } } });
    expect(world.upstream.received('openai')).toEqual([]);
  });

  test('is refused by name where nobody does, also by a policy that decides', async () => {
    for (const policy of [undefined, { deny: ['none/*'] }]) {
      const response = await post(
        JSON.stringify({ ...HI, model: modelId('openai'), tools: [search], policy }),
      );
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        error: { code: 'unsupported_parameter', param: 'tools[0].type' },
      });
    }
  });

  test('is counted as it came', async () => {
    world.upstream.script('anthropic', answer({ input_tokens: 321 }));
    const { max_tokens: _, ...body } = HI;
    const count = { ...body, model: modelId('anthropic'), tools: [search] };
    expect(await client.messages.countTokens(count)).toEqual({ input_tokens: 321 });
    expect(sentTo('anthropic')?.json).toEqual({ ...count, model: 'Up-anthropic' });
  });
});

describe('when an endpoint fails', () => {
  const overloaded = answer({ type: 'error', error: { type: 'overloaded_error', message: 'Busy' } }, 529);
  const says = { text: ['18 degrees ', 'in Zürich.'] };

  test.each([
    ['anthropic', 'openai'],
    ['openai', 'anthropic'],
  ] as const)('before the first word the other answers: %s, %s', async (first, second) => {
    world.upstream.script(
      first,
      first === 'anthropic' ? overloaded : answer({ error: { message: 'No' } }, 503),
    );
    world.upstream.script(
      second,
      either(answer(ANSWERS[second].whole(says)), stream(streamText(second, says), 7)),
    );
    const body = { ...HI, model: await modelAt(first, second) };
    for (const message of [
      await client.messages.create(body),
      await client.messages.stream(body).finalMessage(),
    ]) {
      expect(message.content).toMatchObject([{ type: 'text', text: '18 degrees in Zürich.' }]);
      expect(await receiptById(world, message.id)).toMatchObject({
        provider_used: expect.stringContaining(second),
      });
    }
  });

  test('so it does when nothing but the opening of a message came', async () => {
    const text = recorded('anthropic-messages-s-anthropic-message-delta-input-tokens-0', 'stream.txt');
    const opening = text.slice(0, text.indexOf('event: content_block_delta'));
    expect(opening).toContain('content_block_start');
    world.upstream.script('anthropic', streamThenReset(opening));
    world.upstream.script('openai', stream(streamText('openai', says)));
    const message = await client.messages
      .stream({ ...HI, model: await modelAt('anthropic', 'openai') })
      .finalMessage();
    expect(message.content).toEqual([{ type: 'text', text: '18 degrees in Zürich.' }]);
  });

  test('in the middle of a text another goes on with it, behind its thinking', async () => {
    const thought = { text: 'Hm.', signature: 'EqQBsig==' };
    const { head } = ANSWERS.anthropic.stream({ thought, text: ['18 degrees '] });
    const open = head.filter((event) => !event.includes('content_block_stop","index":1'));
    expect(open).toHaveLength(head.length - 1);
    world.upstream.script('anthropic', streamThenReset(open.join('')));
    world.upstream.script('openai', stream(streamText('openai', { text: ['in Zürich.'] })));
    const message = await client.messages
      .stream({ ...HI, model: await modelAt('anthropic', 'openai') })
      .finalMessage();
    expect(message.content).toEqual([
      { type: 'thinking', thinking: 'Hm.', signature: 'EqQBsig==' },
      { type: 'text', text: '18 degrees in Zürich.' },
    ]);
    expect(message.stop_reason).toBe('end_turn');
    expect(await receiptById(world, message.id)).toMatchObject({
      routing_reason: 'continued',
      attempts: [{ outcome: 'cut' }, { outcome: 'served' }],
    });
  });

  test.each([
    ['a call', { call: { id: 't', name: 'n', arguments: { a: 1 } } }, 'tool_call_sent'],
    ['thinking', { thought: { text: 'Hm.', signature: 's' } }, 'no_text_sent'],
  ])('in the middle of %s the stream ends with an error', async (_, said, reason) => {
    const { head } = ANSWERS.anthropic.stream(said);
    world.upstream.script('anthropic', streamThenReset(head.join('')));
    world.upstream.script('openai', stream(streamText('openai', says)));
    const response = await post(
      JSON.stringify({ ...HI, model: await modelAt('anthropic', 'openai'), stream: true }),
    );
    const text = await response.text();
    expect(text).toContain('event: error\n');
    expect(text).not.toContain('message_stop');
    const id = response.headers.get('x-generation-id') ?? '';
    expect(await receiptById(world, id)).toMatchObject({ status: 'failed', not_continued: reason });
  });

  test('what only the API can say is not gone on with by others', async () => {
    const { head } = ANSWERS.anthropic.stream({ text: ['18 degrees '] });
    world.upstream.script('anthropic', streamThenReset(head.join('')));
    world.upstream.script('openai', stream(streamText('openai', says)));
    const tools = [{ type: 'web_search_20250305', name: 'web_search' }];
    const body = { ...HI, model: await modelAt('anthropic', 'openai'), stream: true, tools };
    const response = await post(JSON.stringify(body));
    expect(await response.text()).toContain('event: error\n');
    expect(world.upstream.received('openai')).toEqual([]);
  });
});
