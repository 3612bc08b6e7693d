import { readFileSync } from 'node:fs';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asArray, asObject, isObject, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { ANSWERS, streamText } from '../support/node/answers.ts';
import { faults } from '../support/node/openai-schema.ts';
import { ownModel } from '../support/node/own-model.ts';
import { receiptById } from '../support/node/receipts.ts';
import { answer, stream, streamInTwo, streamThenReset } from '../support/node/scripts.ts';
import { addProvider, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  const quirks = { completions: { models: ['up-*'] } };
  await addProvider(world, 'completes', 'openai', { quirks });
  await addProvider(world, 'completes-too', 'openai', { quirks });
  await addProvider(world, 'inserts', 'openai', {
    quirks: { completions: { models: [], insert: ['*'], path: '/beta/completions' } },
  });
});
afterAll(() => world.stop());

const modelAt = (...lanes: string[]): Promise<string> => ownModel(world, lanes);

const post = (text: string): Promise<Response> =>
  world.fetch('/v1/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: text,
  });
const sentTo = (lane: string) => world.upstream.received(lane).at(-1);
const recorded = (name: string, file: string): string =>
  readFileSync(`test/fixtures/completions/native/${name}/${file}`, 'utf8');
const failing = answer({ error: { type: 'server_error', message: 'No' } }, 503);

/** A chunk of a host as OpenAI writes it. */
const chunk = (text: string, finish: string | null = null, index = 0): string =>
  `data: ${JSON.stringify({ id: 'cmpl-up', object: 'text_completion', created: 1_600_000_000, choices: [{ text, index, logprobs: null, finish_reason: finish }], model: 'up-model-1' })}\n\n`;
const usage = (input: number, output: number): string =>
  `data: ${JSON.stringify({ id: 'cmpl-up', object: 'text_completion', created: 1_600_000_000, choices: [], model: 'up-model-1', usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output } })}\n\ndata: [DONE]\n\n`;

/** The data of a stream's events, the last of which is `[DONE]`. */
function chunksOf(text: string): JsonObject[] {
  const events = text.split('\n\n').filter((one) => one.startsWith('data: '));
  expect(events.pop()).toBe('data: [DONE]');
  return events.map((one) => asObject(parseJson(one.slice(6))) ?? {});
}
const textOf = (chunks: JsonObject[]): string =>
  chunks
    .flatMap(({ choices }) => asArray(choices).filter(isObject))
    .map(({ text }) => text)
    .join('');

describe('at a host of the same API', () => {
  test('several prompts and their texts pass as they are spelled', async () => {
    const text = recorded('openai-hand-j-several', 'response.json');
    world.upstream.script('completes', answer(text));
    const rest = `"prompt" : ["Once \\u0075pon","A rose is a"],"n":2, "best_of":3,"max_tokens":8,"suffix":"!","top_k":1.50`;
    const response = await post(`{"model":"${await modelAt('completes')}",${rest},"workflow":"w"}`);
    const got = await response.text();
    expect(response.status, got).toBe(200);
    expect(sentTo('completes')?.path).toBe('/completions');
    expect(sentTo('completes')?.body).toBe(`{"model":"Up-completes",${rest}}`);
    const id = response.headers.get('x-generation-id') ?? '';
    expect(got).toBe(text.replace('cmpl-2prompts2', id));
    expect(faults(JSON.parse(got), 'CreateCompletionResponse')).toEqual([]);
    // 8 tokens at 2 USD per million, 12 at 10.
    expect(Number(response.headers.get('x-credits-used'))).toBeCloseTo(0.000136, 9);
    expect(await receiptById(world, id)).toMatchObject({
      status: 'completed',
      upstream_id: 'cmpl-2prompts2',
      usage: { inputTokens: 8, outputTokens: 12 },
    });
  });

  test('tokens are scored through the SDK', async () => {
    world.upstream.script('completes', answer(recorded('openai-hand-j-scored', 'response.json')));
    const asked = { prompt: [464, 6766, 318], echo: true, logprobs: 2, max_tokens: 0 };
    const { data, response } = await world.client.completions
      .create({ model: await modelAt('completes'), ...asked })
      .withResponse();
    expect(sentTo('completes')?.json).toEqual({ model: 'Up-completes', ...asked });
    expect(faults(sentTo('completes')?.json, 'CreateCompletionRequest')).toEqual([]);
    expect(data.id).toBe(response.headers.get('x-generation-id'));
    expect(data.choices[0]).toMatchObject({
      text: 'The sky is',
      logprobs: { token_logprobs: [null, -9.25, -1.5], text_offset: [0, 3, 7] },
    });
  });

  test.each([false, true])('a stream passes as it came, usage asked for: %s', async (include_usage) => {
    const given = recorded('openai-hand-s-one', 'stream.txt');
    world.upstream.script('completes', stream(given, 7));
    const body = { model: await modelAt('completes'), prompt: 'Once upon', stream: true };
    const response = await post(JSON.stringify({ ...body, stream_options: { include_usage } }));
    const got = await response.text();
    const id = response.headers.get('x-generation-id') ?? '';
    const events = given
      .split('\n\n')
      .slice(0, 5)
      .map((event) => event.replace('cmpl-s1', id));
    const expected = include_usage ? events : events.map((event) => event.replace(',"usage":null', ''));
    expect(got.slice(0, expected.join('\n\n').length)).toBe(expected.join('\n\n'));
    const chunks = chunksOf(got);
    expect(chunks).toHaveLength(6);
    expect(chunks.at(-1)).toEqual({
      id,
      object: 'text_completion',
      created: 1_700_000_000,
      model: 'gpt-3.5-turbo-instruct',
      system_fingerprint: 'fp_1',
      choices: include_usage ? [] : [{ text: '', index: 0, logprobs: null, finish_reason: null }],
      usage: { prompt_tokens: 2, completion_tokens: 6, total_tokens: 8 },
      credits_used: 0.000064,
      model_used: body.model,
      provider_used: expect.stringContaining('completes'),
      fallback_from: [],
    });
    expect(sentTo('completes')?.json).toMatchObject({ stream_options: { include_usage: true } });
    expect(await receiptById(world, id)).toMatchObject({ status: 'completed', finish_reason: 'stop' });
  });

  test('streamed texts of several prompts come through the SDK', async () => {
    world.upstream.script('completes', stream(recorded('openai-hand-s-several', 'stream.txt'), 7));
    const running = await world.client.completions.create({
      model: await modelAt('completes'),
      prompt: ['Once upon', 'A rose is a'],
      stream: true,
      stream_options: { include_usage: true },
    });
    const texts = ['', ''];
    let total: number | undefined;
    for await (const { choices, usage: used } of running) {
      for (const { index, text } of choices) texts[index] += text;
      total = used?.total_tokens ?? total;
    }
    expect(texts).toEqual([' a time', ' red rose']);
    expect(total).toBe(9);
  });

  test('where a suffix alone is for the host, only that goes there', async () => {
    world.upstream.script('inserts', answer(recorded('deepseek-hand-j-insert', 'response.json')));
    const model = await modelAt('inserts');
    const inserted = await world.client.completions.create({ model, prompt: 'def fib(a):', suffix: '#' });
    expect(inserted.choices[0]?.text).toContain('return a');
    expect(sentTo('inserts')?.path).toBe('/beta/completions');
    world.upstream.script('inserts', answer(ANSWERS.openai.whole({ text: ['Hi'] })));
    await world.client.completions.create({ model, prompt: 'def fib(a):' });
    expect(sentTo('inserts')?.path).toBe('/chat/completions');
  });

  test.each([
    ['a stream that ends without a finish reason', 'openai-hand-s-cut', 'upstream_incomplete'],
    ['an error in the stream', 'openai-hand-s-failed', 'upstream_error'],
  ])('%s is an error', async (_, name, code) => {
    const [first = '', ...others] = recorded(name, 'stream.txt').split(/(?<=\n\n)/);
    world.upstream.script('completes', streamInTwo(first, others.join('')));
    const model = await modelAt('completes');
    const response = await post(JSON.stringify({ model, prompt: 'Once upon', stream: true }));
    expect(response.status).toBe(200);
    const chunks = chunksOf(await response.text());
    expect(chunks[0]).toMatchObject({ choices: [{ text: ' a' }] });
    expect(chunks.at(-1)).toMatchObject({
      object: 'text_completion',
      choices: [{ text: '', finish_reason: 'error' }],
      error: { code },
    });
  });

  test('the worst that several prompts may come to is reserved', async () => {
    world.upstream.script('completes', answer(recorded('openai-hand-j-several', 'response.json')));
    const model = await modelAt('completes');
    // 4 million tokens of output are 40 USD of the 100 there are; 20 million are 200.
    const asked = { model, best_of: 4, max_tokens: 1_000_000 };
    expect((await post(JSON.stringify({ ...asked, prompt: ['a'] }))).status).toBe(200);
    const refused = await post(JSON.stringify({ ...asked, prompt: ['a', 'b', 'c', 'd', 'e'] }));
    expect(refused.status).toBe(402);
  });
});

describe('what no translation can say', () => {
  test('goes to no endpoint that would need one', async () => {
    world.upstream.script('completes', failing);
    const model = await modelAt('openai', 'completes');
    const before = world.upstream.received('openai').length;
    const thrown = await world.client.completions
      .create({ model, prompt: ['a', 'b'] })
      .catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(OpenAI.APIError);
    expect(thrown).toMatchObject({ code: 'upstream_overloaded' });
    expect(world.upstream.received('openai')).toHaveLength(before);
  });

  test('is refused by name where nobody completes texts', async () => {
    const thrown = await world.client.completions
      .create({ model: await modelAt('openai'), prompt: [1, 2] })
      .catch((error: unknown) => error);
    expect(thrown).toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'prompt' });
  });
});

describe('when an endpoint fails', () => {
  test.each([
    ['completes', 'anthropic'],
    ['anthropic', 'completes'],
  ])('before the first word the other answers: %s, %s', async (first, second) => {
    world.upstream.script(first, failing);
    const says = stream(chunk(' a') + chunk(' time', 'stop') + usage(2, 2), 7);
    const translated = stream(streamText('anthropic', { text: [' a', ' time'] }), 7);
    world.upstream.script(second, second === 'completes' ? says : translated);
    const body = { model: await modelAt(first, second), prompt: 'Once upon', stream: true, echo: true };
    const response = await post(JSON.stringify(body));
    const chunks = chunksOf(await response.text());
    // The scripted host gives no echo back.
    expect(textOf(chunks)).toBe(second === 'completes' ? ' a time' : 'Once upon a time');
    expect(chunks.at(-1)).toMatchObject({ provider_used: expect.stringContaining(second) });
    expect(sentTo('completes')?.path).toBe('/completions');
  });

  test('in the middle of a text another host goes on right behind it', async () => {
    world.upstream.script('completes', streamThenReset(chunk('Once upon') + chunk(' a ti')));
    world.upstream.script(
      'completes-too',
      stream(chunk('me in ') + chunk('Zürich.', 'stop') + usage(6, 3), 7),
    );
    const model = await modelAt('completes', 'completes-too');
    const response = await post(
      JSON.stringify({ model, prompt: 'Once upon', echo: true, max_tokens: 50, stream: true }),
    );
    const chunks = chunksOf(await response.text());
    expect(textOf(chunks)).toBe('Once upon a time in Zürich.');
    expect(sentTo('completes-too')?.path).toBe('/completions');
    // Two tokens at four characters each have been said.
    expect(sentTo('completes-too')?.json).toEqual({
      model: 'Up-completes-too',
      prompt: 'Once upon a ti',
      max_tokens: 48,
      stream: true,
      stream_options: { include_usage: true },
    });
    const id = response.headers.get('x-generation-id');
    expect(new Set(chunks.map((one) => one.id))).toEqual(new Set([id]));
    expect(new Set(chunks.map(({ created }) => created)).size).toBe(1);
    expect(chunks.at(-1)).toMatchObject({ usage: { completion_tokens: 5 } });
    const receipt = await receiptById(world, id ?? '');
    expect(receipt).toMatchObject({ status: 'completed', routing_reason: 'continued' });
    expect(receipt.parts).toHaveLength(2);
  });

  test('and a model of chat does by translation', async () => {
    world.upstream.script('completes', streamThenReset(chunk('Once upon') + chunk(' a time')));
    world.upstream.script('anthropic', stream(streamText('anthropic', { text: [' in Zürich.'] })));
    const model = await modelAt('completes', 'anthropic');
    const body = { model, prompt: 'Once upon', echo: true, max_tokens: 50, stream: true };
    const chunks = chunksOf(await (await post(JSON.stringify(body))).text());
    expect(textOf(chunks)).toBe('Once upon a time in Zürich.');
    expect(JSON.stringify(sentTo('anthropic')?.json)).toContain('"text":" a time"');
  });

  test('and a host of the API behind a model of chat', async () => {
    const { head } = ANSWERS.anthropic.stream({ text: [' a ti'] });
    world.upstream.script('anthropic', streamThenReset(head.join('')));
    world.upstream.script('completes', stream(chunk('me', 'stop') + usage(3, 1)));
    const model = await modelAt('anthropic', 'completes');
    const body = { model, prompt: 'Once upon', max_tokens: 50, stream: true };
    const chunks = chunksOf(await (await post(JSON.stringify(body))).text());
    expect(textOf(chunks)).toBe(' a time');
    expect(sentTo('completes')?.json).toMatchObject({ prompt: 'Once upon a ti' });
  });

  test('of several prompts the stream ends with an error', async () => {
    world.upstream.script('completes', streamThenReset(chunk(' a') + chunk(' red', null, 1)));
    const before = world.upstream.received('completes-too').length;
    const model = await modelAt('completes', 'completes-too');
    const response = await post(
      JSON.stringify({ model, prompt: ['Once upon', 'A rose is a'], stream: true }),
    );
    expect(chunksOf(await response.text()).at(-1)).toMatchObject({ error: { code: 'upstream_unreachable' } });
    expect(world.upstream.received('completes-too')).toHaveLength(before);
    const id = response.headers.get('x-generation-id') ?? '';
    expect(await receiptById(world, id)).toMatchObject({ status: 'failed', not_continued: 'native_only' });
  });
});
