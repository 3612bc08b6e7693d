import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { receiptById, receiptOf, untilBalance } from '../support/node/receipts.ts';
import type { Received, Script } from '../support/node/upstream.ts';
import { addModel, addProvider, modelId, newCaller, startWorld, type World } from '../support/node/world.ts';

/** USD per 1M tokens. */
const PRICE = { input: 0.13, output: 0 };

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await addProvider(world, 'embed-openai', 'openai', { quirks: { embedding: { batch: 2048 } } });
  await addProvider(world, 'embed-backup', 'openai', { quirks: { embedding: { batch: 1000 } } });
  await addProvider(world, 'embed-google', 'google', { quirks: { embedding: { batch: 100 } } });
  await addProvider(world, 'embed-cohere', 'openai', {
    wire: 'cohere',
    quirks: { embedding: { batch: 96 } },
  });
  for (const lane of ['openai', 'google', 'cohere']) {
    await addModel(world, `embed-${lane}`, [`embed-${lane}`], { kind: 'embedding', price: PRICE });
  }
  await addModel(world, 'embed-pair', ['embed-openai', 'embed-backup'], { kind: 'embedding', price: PRICE });
});
afterAll(() => world.stop());

/** The number in `text 17`. */
const numberIn = (text: string): number => Number(/\d+/.exec(text)?.[0]);

/** A vector from which one can tell what it is of. */
const vectorOf = (text: string): number[] => [numberIn(text), -0.5];

const json = (response: ServerResponse, body: object): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

/** Answers as OpenAI does, with numbers whatever was asked for; three tokens an input. */
const openaiAnswers: Script = (response, { json: asked }) => {
  const inputs = [asked.input].flat() as string[];
  json(response, {
    object: 'list',
    data: inputs.map((text, index) => ({ object: 'embedding', index, embedding: vectorOf(text) })),
    model: 'up-embed',
    usage: { prompt_tokens: inputs.length * 3, total_tokens: inputs.length * 3 },
  });
};

const googleAnswers: Script = (response, { json: asked }) => {
  const requests = asked.requests as { content: { parts: { text: string }[] } }[];
  json(response, {
    embeddings: requests.map(({ content }) => ({ values: vectorOf(content.parts[0]?.text ?? '') })),
    usageMetadata: { promptTokenCount: requests.length * 3 },
  });
};

const cohereAnswers: Script = (response, { json: asked }) => {
  const texts = asked.texts as string[];
  json(response, {
    id: 'up',
    embeddings: { float: texts.map(vectorOf) },
    meta: { billed_units: { input_tokens: texts.length * 3 } },
  });
};

const TEXTS = Array.from({ length: 2500 }, (_, index) => `text ${index}`);

describe.each([
  ['openai', openaiAnswers, 2],
  ['google', googleAnswers, 25],
  ['cohere', cohereAnswers, 27],
] as const)('embeddings behind the %s wire', (lane, script, requests) => {
  beforeAll(() => world.upstream.script(`embed-${lane}`, script));

  it('are numbers in the SDK, which asks for base64 by itself', async () => {
    const answer = await world.client.embeddings.create({
      model: modelId(`embed-${lane}`),
      input: ['text 1', 'text 2'],
    });
    expect(answer.data.map(({ embedding }) => embedding)).toEqual([
      [1, -0.5],
      [2, -0.5],
    ]);
    expect(answer.usage).toEqual({ prompt_tokens: 6, total_tokens: 6 });
  });

  it('are numbers where numbers are asked for', async () => {
    const { data } = await world.client.embeddings.create({
      model: modelId(`embed-${lane}`),
      input: 'text 7',
      encoding_format: 'float',
    });
    expect(data).toEqual([{ object: 'embedding', index: 0, embedding: [7, -0.5] }]);
  });

  it('of 2,500 inputs are divided and come back in order, on one receipt', async () => {
    world.upstream.script(`embed-${lane}`, script);
    const { data: answer, response } = await world.client.embeddings
      .create({ model: modelId(`embed-${lane}`), input: TEXTS })
      .withResponse();
    expect(answer.data).toHaveLength(2500);
    expect(answer.data.every(({ index, embedding }, at) => index === at && embedding[0] === at)).toBe(true);
    expect(answer.usage.prompt_tokens).toBe(7500);
    expect(world.upstream.received(`embed-${lane}`)).toHaveLength(requests);
    // 7,500 tokens at 0.13 USD per 1M.
    const receipt = await receiptOf(world, response);
    expect(receipt).toMatchObject({ kind: 'embedding', status: 'completed', credits_used: 0.000975 });
    expect(receipt.attempts).toHaveLength(1);
  });
});

describe('all or nothing', () => {
  it('goes to the next endpoint when a part fails, and charges for what answered alone', async () => {
    let parts = 0;
    world.upstream.script('embed-openai', (response, request) => {
      if (++parts === 2) response.writeHead(503).end('{"error":{"message":"Busy"}}');
      else void openaiAnswers(response, request);
    });
    world.upstream.script('embed-backup', openaiAnswers);
    const caller = await newCaller(world);
    const { data: answer, response } = await caller.client.embeddings
      .create({ model: modelId('embed-pair'), input: TEXTS })
      .withResponse();
    expect(answer.data.every(({ embedding }, at) => embedding[0] === at)).toBe(true);
    expect(
      world.upstream
        .received('embed-backup')
        .map(({ json: { input } }) => (input as string[]).length)
        .sort(),
    ).toEqual([1000, 1000, 500]);
    expect(response.headers.get('x-fallback-from')).toMatch(/embed-pair@.*embed-openai$/);
    expect(response.headers.get('x-credits-used')).toBe('0.000975');
    expect(await untilBalance(world, caller, 100 - 0.000975)).toBe(100 - 0.000975);
    const receipt = await receiptOf(caller, response);
    expect(receipt.attempts.map(({ outcome, status }) => [outcome, status])).toEqual([
      ['failed', 503],
      ['served', 200],
    ]);
  });

  it('answers nothing, and charges nothing, where nobody answers it all', async () => {
    const short: Script = (response, request) => {
      const input = (request.json.input as string[]).slice(1);
      return openaiAnswers(response, { ...request, json: { ...request.json, input } });
    };
    for (const lane of ['embed-openai', 'embed-backup']) world.upstream.script(lane, short);
    const caller = await newCaller(world);
    const failure = await caller.client.embeddings
      .create({ model: modelId('embed-pair'), input: ['text 1', 'text 2'] })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ status: 502, code: 'upstream_invalid_response' });
    const id = (failure as { headers: Headers }).headers.get('x-generation-id') ?? '';
    expect(await receiptById(caller, id)).toMatchObject({
      status: 'failed',
      credits_used: 0,
      kind: 'embedding',
    });
  });
});

describe('metering', () => {
  it('takes from the balance what the providers counted, to the nano-dollar', async () => {
    world.upstream.script('embed-openai', openaiAnswers);
    const caller = await newCaller(world);
    let tokens = 0;
    for (const count of [1, 7, 64]) {
      await caller.client.embeddings.create({ model: modelId('embed-openai'), input: TEXTS.slice(0, count) });
      tokens += count * 3;
    }
    // 0.13 USD per 1M tokens are 130 nano-USD a token.
    const left = (100e9 - tokens * 130) / 1e9;
    expect(await untilBalance(world, caller, left)).toBe(left);
  });

  it('estimates what a provider did not count, and says so', async () => {
    world.upstream.script('embed-google', (response, { json: asked }: Received) => {
      const requests = asked.requests as object[];
      json(response, { embeddings: requests.map(() => ({ values: [1] })) });
    });
    const { response } = await world.client.embeddings
      .create({ model: modelId('embed-google'), input: ['12345678', 'abcd'] })
      .withResponse();
    const receipt = await receiptOf(world, response);
    expect(receipt.usage).toMatchObject({ estimated: true, outputTokens: 0 });
    expect(receipt.usage?.inputTokens).toBeGreaterThanOrEqual(3);
    expect(receipt.credits_used).toBe(((receipt.usage?.inputTokens ?? 0) * 130) / 1e9);
  });
});
