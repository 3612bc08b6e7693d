import OpenAI from 'openai';
import type { CompletionUsage } from 'openai/resources/completions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asArray, asObject, isObject, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { ANSWERS, joined, streamText } from '../support/node/answers.ts';
import { WIRES, type WireName } from '../support/node/fixtures.ts';
import { faults } from '../support/node/openai-schema.ts';
import { receiptById } from '../support/node/receipts.ts';
import { answer, either, stream, streamThenReset } from '../support/node/scripts.ts';
import { addModel, modelId, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const WORDS = { text: [' a time', ' in Zürich.'], input: 30, cached: 10, output: 9 };
const SAID = ' a time in Zürich.';
const USAGE = { prompt_tokens: 30, completion_tokens: 9, total_tokens: 39 };
/** What it costs at the price of the tests: 20 tokens at 2, 10 at 0.5 and 9 at 10 USD per 1M. */
const COST = 0.000135;

const ask = (wire: string) => ({ model: modelId(wire), prompt: 'Once upon', max_tokens: 50 });
const script = (wire: WireName, says: object) =>
  world.upstream.script(wire, either(answer(ANSWERS[wire].whole(says)), stream(streamText(wire, says), 7)));
const post = (body: object, headers: Record<string, string> = {}) =>
  world.fetch('/v1/completions', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });

/** The data of a stream's events, the last of which is `[DONE]`. */
async function chunksOf(response: Response): Promise<JsonObject[]> {
  const events = (await response.text()).split('\n\n').filter((one) => one.startsWith('data: '));
  expect(events.pop()).toBe('data: [DONE]');
  return events.map((one) => {
    const value = parseJson(one.slice(6));
    if (!isObject(value)) throw new Error(`Not a chunk: ${one}`);
    return value;
  });
}

/**
 * What is wrong with a chunk by OpenAI's description, which has one shape for both: before the end the API itself says
 * null for the finish reason, and for the usage that was asked for.
 */
function faultsOfChunk(chunk: JsonObject): string[] {
  const { usage, ...rest } = chunk;
  const choices = asArray(chunk.choices).map((one) => {
    const choice = asObject(one) ?? {};
    return choice.finish_reason === null ? { ...choice, finish_reason: 'stop' } : choice;
  });
  return faults({ ...rest, choices, ...(usage === null ? {} : { usage }) }, 'CreateCompletionResponse');
}

describe.each(WIRES)('through the %s wire', (wire) => {
  test('a completion', async () => {
    script(wire, WORDS);
    const { data, response } = await world.client.completions.create(ask(wire)).withResponse();
    expect(faults(data, 'CreateCompletionResponse')).toEqual([]);
    expect(data).toMatchObject({
      object: 'text_completion',
      model: modelId(wire),
      choices: [{ text: SAID, index: 0, logprobs: null, finish_reason: 'stop' }],
      usage: USAGE,
    });
    expect(data.id).toBe(response.headers.get('x-generation-id'));
    expect(Number(response.headers.get('x-credits-used'))).toBe(COST);
    expect(await receiptById(world, data.id)).toMatchObject({ status: 'completed' });
  });

  test('a streamed completion, with the prompt in front and usage at the end', async () => {
    script(wire, WORDS);
    const running = await world.client.completions.create({
      ...ask(wire),
      echo: true,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let finish: string | null = null;
    let usage: CompletionUsage | undefined;
    for await (const chunk of running) {
      text += chunk.choices[0]?.text ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
      if (chunk.choices.length === 0) usage = chunk.usage;
    }
    expect(text).toBe(`Once upon${SAID}`);
    expect(finish).toBe('stop');
    expect(usage).toMatchObject(USAGE);
  });

  test.each([false, true])('chunks are as described, usage asked for: %s', async (include_usage) => {
    script(wire, WORDS);
    const chunks = await chunksOf(
      await post({ ...ask(wire), stream: true, stream_options: { include_usage } }),
    );
    expect(chunks.flatMap(faultsOfChunk)).toEqual([]);
    expect(
      chunks.slice(0, -1).every((chunk) => ('usage' in chunk ? chunk.usage === null : !include_usage)),
    ).toBe(true);
    expect(chunks.at(-1)).toMatchObject({
      choices: include_usage ? [] : [{ text: '', index: 0 }],
      usage: USAGE,
      credits_used: COST,
      model_used: modelId(wire),
      fallback_from: [],
    });
  });

  test('a stream that breaks is an error', async () => {
    const { head } = ANSWERS[wire].stream(WORDS);
    world.upstream.script(wire, streamThenReset(joined(head)));
    const running = await world.client.completions.create({ ...ask(wire), stream: true });
    let text = '';
    const reading = (async () => {
      for await (const chunk of running) text += chunk.choices[0]?.text ?? '';
    })();
    const thrown = await reading.catch((error: unknown) => error);
    expect(text).toBe(SAID);
    expect(thrown).toBeInstanceOf(OpenAI.APIError);
    expect(thrown).toMatchObject({ code: 'upstream_unreachable' });
  });
});

test('the end of a stream that broke is an error, then [DONE]', async () => {
  const { head } = ANSWERS.openai.stream(WORDS);
  world.upstream.script('openai', streamThenReset(head.join('')));
  const chunks = await chunksOf(await post({ ...ask('openai'), stream: true }));
  expect(chunks.at(-1)).toMatchObject({
    object: 'text_completion',
    choices: [{ text: '', finish_reason: 'error' }],
    error: {
      code: 'upstream_unreachable',
      message: 'The connection to the provider broke off in the middle of the answer.',
    },
  });
});

test('a stream that breaks is continued by another endpoint', async () => {
  await addModel(world, 'completing-pair', ['openai', 'anthropic']);
  const { head } = ANSWERS.openai.stream({ text: [' a time'] });
  world.upstream.script('openai', streamThenReset(head.join('')));
  world.upstream.script('anthropic', stream(streamText('anthropic', { text: [' in Zürich.'] })));
  const running = await world.client.completions.create({ ...ask('completing-pair'), stream: true });
  let text = '';
  for await (const chunk of running) text += chunk.choices[0]?.text ?? '';
  expect(text).toBe(SAID);
});

test('a host gets a chat completion as OpenAI describes it', async () => {
  script('openai', WORDS);
  const sampling = {
    temperature: 0.2,
    top_p: 0.5,
    n: 1,
    stop: ['\n'],
    presence_penalty: 1,
    frequency_penalty: -1,
    logit_bias: { '50256': -100 },
    seed: 4,
    user: 'u',
  };
  const asked = { ...ask('openai'), ...sampling, best_of: 1, logprobs: 2, workflow: 'tales' };
  const { response } = await world.client.completions.create(asked).withResponse();
  expect(response.headers.get('x-dropped-params')).toBeNull();
  const [received] = world.upstream.received('openai');
  expect(received?.path).toBe('/chat/completions');
  expect(received?.json).toEqual({
    ...sampling,
    model: 'Up-openai',
    messages: [{ role: 'user', content: 'Once upon' }],
    max_completion_tokens: 50,
    logprobs: true,
    top_logprobs: 2,
  });
  expect(faults(received?.json, 'CreateChatCompletionRequest')).toEqual([]);
  const { workflow: _, ...body } = asked;
  expect(faults(body, 'CreateCompletionRequest')).toEqual([]);
});

test('log probabilities and several answers come in the shape of completions', async () => {
  const token = (text: string, logprob: number) => ({ token: text, logprob, bytes: null });
  const content = [
    { ...token(' a', -0.5), top_logprobs: [token(' the', -0.25), token(' a', -0.5)] },
    { ...token(' time', -1), top_logprobs: [token(' time', -1)] },
  ];
  const choice = (index: number) => ({
    index,
    message: { role: 'assistant', content: ' a time', refusal: null },
    logprobs: { content, refusal: null },
    finish_reason: 'length',
  });
  const up = ANSWERS.openai.whole(WORDS);
  world.upstream.script('openai', answer({ ...up, choices: [choice(0), choice(1)] }));
  const data = await world.client.completions.create({ ...ask('openai'), logprobs: 2, n: 2 });
  expect(faults(data, 'CreateCompletionResponse')).toEqual([]);
  const logprobs = {
    tokens: [' a', ' time'],
    token_logprobs: [-0.5, -1],
    top_logprobs: [{ ' the': -0.25, ' a': -0.5 }, { ' time': -1 }],
    text_offset: [0, 2],
  };
  expect(data.choices).toEqual([
    { text: ' a time', index: 0, logprobs, finish_reason: 'length' },
    { text: ' a time', index: 1, logprobs, finish_reason: 'length' },
  ]);
});

test('what a host cannot take is said', async () => {
  script('anthropic', WORDS);
  const { response } = await world.client.completions
    .create({ ...ask('anthropic'), logprobs: 0, seed: 4 })
    .withResponse();
  expect(
    response.headers
      .get('x-dropped-params')
      ?.split(',')
      .map((name) => name.trim()),
  ).toEqual(expect.arrayContaining(['logprobs', 'seed']));
});

test('the description refuses what is wrong', () => {
  const good = { text: 'a', index: 0, logprobs: null, finish_reason: 'stop' };
  const body = { id: 'gen_1', object: 'text_completion', created: 1, model: 'm', choices: [good] };
  expect(faults(body, 'CreateCompletionResponse')).toEqual([]);
  expect(faults({ ...body, object: 'chat.completion' }, 'CreateCompletionResponse')).not.toEqual([]);
  expect(faultsOfChunk({ ...body, choices: [{ ...good, text: null }] })).not.toEqual([]);
});

describe('refusals', () => {
  test.each<[string, object, string, string | null]>([
    ['no prompt', { prompt: null }, 'missing_parameter', 'prompt'],
    ['several prompts', { prompt: ['a', 'b'] }, 'unsupported_parameter', 'prompt'],
    ['tokens', { prompt: [1, 2] }, 'unsupported_parameter', 'prompt'],
    ['a suffix', { suffix: 'end' }, 'unsupported_parameter', 'suffix'],
    ['the best of several', { best_of: 3 }, 'unsupported_parameter', 'best_of'],
    ['no model', { model: undefined }, 'missing_parameter', 'model'],
    ['a wrong stream', { stream: 'yes' }, 'invalid_type', 'stream'],
    ['no answers', { n: 0 }, 'invalid_value', 'n'],
    ['wrong options', { stream_options: 'all' }, 'invalid_type', 'stream_options'],
  ])('%s', async (_, body, code, param) => {
    const response = await post({ ...ask('openai'), ...body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', code, param } });
  });

  test.each([
    ['{"model":', 'invalid_json'],
    ['[]', 'invalid_type'],
    ['', 'invalid_json'],
  ])('the body %s', async (body, code) => {
    const headers = { 'content-type': 'application/json' };
    const response = await world.fetch('/v1/completions', { method: 'POST', body, headers });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code } });
  });

  test('of a stranger', async () => {
    const response = await post(ask('openai'), { authorization: 'Bearer inf_no' });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_api_key' } });
  });

  test.each(['read', 'operator'])('of who may not call models: %s', async (who) => {
    script('openai', WORDS);
    const reader = { name: 'reader', workspace: world.workspace, role: 'read' };
    const key =
      who === 'operator'
        ? world.gateway.adminKey
        : (await world.api<{ key: string }>('POST', '/api/keys', reader)).key;
    const response = await post(ask('openai'), { authorization: `Bearer ${key}` });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { code: 'permission_denied' } });
    expect(world.upstream.received('openai')).toEqual([]);
  });

  test('of a model that nobody knows', async () => {
    const thrown = await world.client.completions
      .create({ ...ask('openai'), model: 'no/such-model' })
      .catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(OpenAI.NotFoundError);
    expect(thrown).toMatchObject({ code: 'model_not_found' });
  });

  test('of another method', async () => {
    const response = await world.fetch('/v1/completions');
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
  });
});
