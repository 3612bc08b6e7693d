import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { ANSWERS } from '../support/node/answers.ts';
import { faults } from '../support/node/openai-schema.ts';
import { ownModel } from '../support/node/own-model.ts';
import { receiptById } from '../support/node/receipts.ts';
import { answer, either, stream, streamThenSilence } from '../support/node/scripts.ts';
import type { World } from '../support/node/world.ts';
import { responseEvents } from '../support/response-events.ts';
import { message, post, recorded, sentTo, spoken, whole, worldOfResponses } from './native-responses-host.ts';

let world: World;
beforeAll(async () => {
  world = await worldOfResponses();
});
afterAll(() => world.stop());

const modelAt = (...lanes: string[]): Promise<string> => ownModel(world, lanes);
const SEARCHED = recorded('recorded/openai-resp-s-openai-client-tool-search-streaming-1');
const DRAWN = recorded('native/openai-resp-s-openai-image-generation-tool-1-0');

describe('at a host of the same API', () => {
  test('body and answer pass as they are spelled', async () => {
    const text = `{ "id" : "resp_up1",${JSON.stringify(whole({ id: 'ws_1', type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'Hi', queries: ['Hi'] } }, message('Found.'))).slice(17)}`;
    world.upstream.script('speaks', answer(text));
    const rest = `"input" : "\\u0048i","tools":[{"type":"web_search"},{"type":"mcp","server_label":"s","server_url":"https://x.example"}],"reasoning":{"context":"all_turns"},"unheard_of":1.50`;
    const response = await post(
      world,
      `{"model":"${await modelAt('speaks')}",${rest},"store":false,"workflow":"w"}`,
    );
    const got = await response.text();
    expect(response.status, got).toBe(200);
    expect(sentTo(world, 'speaks')?.path).toBe('/responses');
    expect(sentTo(world, 'speaks')?.body).toBe(`{"model":"Up-speaks",${rest},"store":false}`);
    const id = (response.headers.get('x-generation-id') ?? '').replace('gen_', 'resp_');
    expect(got).toBe(text.replace('resp_up1', id));
    expect(faults(JSON.parse(got), 'Response')).toEqual([]);
    // 100 tokens at 2 USD per million, 20 at 10, and a search at 10 USD per thousand.
    expect(Number(response.headers.get('x-credits-used'))).toBeCloseTo(0.0104, 8);
  });

  test('streams of hosted tools come through the helper of the SDK', async () => {
    for (const [events, types] of [
      [SEARCHED, ['function_call']],
      [DRAWN, ['reasoning', 'image_generation_call', 'message']],
    ] as const) {
      world.upstream.script('speaks', stream(events, 7));
      const running = world.client.responses.stream({
        model: await modelAt('speaks'),
        input: 'Hi',
        store: false,
        tools: [{ type: 'image_generation' }],
      });
      const final = await running.finalResponse();
      expect(final.output.map(({ type }) => type)).toEqual(types);
      expect(final.id).toMatch(/^resp_01/);
      expect(final).toMatchObject({ credits_used: expect.any(Number), fallback_from: [] });
      const receipt = await receiptById(world, final.id.replace('resp_', 'gen_'));
      expect(receipt).toMatchObject({ status: 'completed' });
    }
  });

  test('what follows a schema is parsed', async () => {
    world.upstream.script('speaks', answer(whole(message('{"city":"Zürich"}'))));
    const parsed = await world.client.responses.parse({
      model: await modelAt('speaks'),
      input: 'Where?',
      text: { format: zodTextFormat(z.object({ city: z.string() }), 'place') },
    });
    expect(parsed.output_parsed).toEqual({ city: 'Zürich' });
    expect(sentTo(world, 'speaks')?.json).toMatchObject({
      text: { format: { type: 'json_schema', name: 'place' } },
    });
  });

  test('a conversation goes on from a kept answer, or by references to its items', async () => {
    const model = await modelAt('speaks');
    const items = [
      { id: 'rs_up', type: 'reasoning', summary: [], encrypted_content: 'gAAA' },
      message('One.', 'msg_up_one'),
    ];
    world.upstream.script('speaks', answer(whole(...items)));
    const first = await world.client.responses.create({ model, input: 'First' });
    expect(first).toMatchObject({ store: true });
    world.upstream.script('speaks', answer(whole(message('Two.', 'msg_up_two'))));
    const second = await world.client.responses.create({
      model,
      input: 'Second',
      previous_response_id: first.id,
    });
    expect(second).toMatchObject({ previous_response_id: first.id, store: true });
    expect(sentTo(world, 'speaks')?.json).toMatchObject({ store: false });
    expect(sentTo(world, 'speaks')?.json).not.toHaveProperty('previous_response_id');
    expect(sentTo(world, 'speaks')?.json.input).toMatchObject([{ role: 'user' }, ...items, { role: 'user' }]);
    await world.client.responses.create({
      model,
      input: [
        { role: 'user', content: 'First' },
        { type: 'item_reference', id: 'rs_up' },
        { type: 'item_reference', id: 'msg_up_one' },
        { role: 'user', content: 'Third' },
      ],
    });
    expect(sentTo(world, 'speaks')?.json.input).toEqual([
      { role: 'user', content: 'First' },
      ...items,
      { role: 'user', content: 'Third' },
    ]);
  });

  test('`store` says what is kept here, whatever the host says', async () => {
    const model = await modelAt('speaks');
    const spoke = { ...whole(message('One.')), store: true };
    const completed = { type: 'response.completed', sequence_number: 5, response: spoke };
    const said = `${spoken('One.').replaceAll('"store":false', '"store":true')}event: response.completed\ndata: ${JSON.stringify(completed)}\n\n`;
    world.upstream.script('speaks', either(answer(spoke), stream(said)));
    const create = (more: object) => post(world, JSON.stringify({ model, input: 'Hi', ...more }));
    expect(await (await create({ store: false })).json()).toMatchObject({ store: false });
    for (const store of [false, true]) {
      const events = responseEvents(await (await create({ store, stream: true })).text());
      const told = events.flatMap(
        ({ response }) => (response as { store?: boolean } | undefined)?.store ?? [],
      );
      expect(told).toEqual([store, store, store]);
    }
  });

  test('in the background it is told with one id and one time from its start', async () => {
    const spoke = { ...whole(message('One.')), created_at: 7 };
    const completed = { type: 'response.completed', sequence_number: 5, response: spoke };
    const said = `${spoken('One.')}event: response.completed\ndata: ${JSON.stringify(completed)}\n\n`;
    world.upstream.script('speaks', stream(said, 7));
    const ask = { model: await modelAt('speaks'), input: 'Hi', background: true } as const;
    const queued = await world.client.responses.create(ask);
    const events = await world.fetch(`/v1/responses/${queued.id}?stream=true`);
    const told = responseEvents(await events.text());
    expect(told.map(({ sequence_number: number }) => number)).toEqual([0, 1, 2, 3, 4, 5]);
    const { id, created_at } = queued;
    const kept = { id, created_at, background: true, store: true };
    for (const { response } of told) if (response) expect(response).toMatchObject(kept);
    const { output_text, ...read } = await world.client.responses.retrieve(id);
    expect(read).toEqual(told.at(-1)?.response);
    expect(output_text).toBe('One.');
    expect(sentTo(world, 'speaks')?.json).toMatchObject({ store: false, stream: true });
    expect(sentTo(world, 'speaks')?.json).not.toHaveProperty('background');
  });

  test('in the background it is cancelled in the middle of a text', async () => {
    world.upstream.script('speaks', streamThenSilence(spoken('One, ', 'two')));
    const ask = { model: await modelAt('speaks'), input: 'Hi', background: true } as const;
    const { id } = await world.client.responses.create(ask);
    for await (const event of await world.client.responses.retrieve(id, { stream: true })) {
      if (event.type === 'response.output_text.delta' && event.delta === 'two') break;
    }
    const cancelled = await world.client.responses.cancel(id);
    expect(cancelled).toMatchObject({
      status: 'cancelled',
      store: true,
      output: [{ id: 'msg_up1', status: 'incomplete', content: [{ text: 'One, two' }] }],
    });
    await sentTo(world, 'speaks')?.closed;
  });

  test('a response that failed is an error', async () => {
    const error = { code: 'rate_limit_exceeded', message: 'Slow down' };
    world.upstream.script('speaks', answer({ ...whole(), status: 'failed', error }));
    const thrown = await world.client.responses
      .create({ model: await modelAt('speaks'), input: 'Hi' })
      .catch((cause: unknown) => cause);
    expect(thrown).toBeInstanceOf(OpenAI.RateLimitError);
  });

  test('what only chat completions can say is translated', async () => {
    world.upstream.script('speaks', answer(ANSWERS.openai.whole({ text: ['Hello.'] })));
    const body = { model: await modelAt('speaks'), input: 'Hi', seed: 1 };
    const response = await post(world, JSON.stringify(body));
    expect(await response.json()).toMatchObject({ output: [{ content: [{ text: 'Hello.' }] }] });
    expect(sentTo(world, 'speaks')).toMatchObject({ path: '/chat/completions', json: { seed: 1 } });
  });
});

describe('what cannot be translated', () => {
  const body = { input: 'Hi', tools: [{ type: 'web_search' as const }] };

  test.each([[['speaks', 'anthropic']], [['anthropic', 'speaks']]])(
    'goes to those who speak the API alone: %s',
    async (lanes) => {
      world.upstream.script('anthropic', answer({}, 500));
      world.upstream.script('speaks', answer(whole(message('Found.'))));
      const found = await world.client.responses.create({ ...body, model: await modelAt(...lanes) });
      expect(found.output_text).toBe('Found.');
      expect(world.upstream.received('anthropic')).toEqual([]);
    },
  );

  test('is refused by name where nobody does', async () => {
    const thrown = await world.client.responses
      .create({ ...body, model: await modelAt('openai', 'anthropic') })
      .catch((cause: unknown) => cause);
    expect(thrown).toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'tools[0]' });
  });

  test.each([
    ['a conversation', { conversation: 'conv_1' }, 'conversation'],
    ['a prompt', { prompt: { id: 'pmpt_1' } }, 'prompt'],
  ])('and so is %s that a host would keep', async (_, more, param) => {
    const response = await post(
      world,
      JSON.stringify({ model: await modelAt('speaks'), input: 'Hi', ...more }),
    );
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param } });
  });
});
