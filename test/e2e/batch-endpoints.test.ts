import type OpenAI from 'openai';
import { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS } from '../support/node/answers.ts';
import { ended, resultsOf, submit } from '../support/node/batches.ts';
import { balance, receiptById } from '../support/node/receipts.ts';
import { answer } from '../support/node/scripts.ts';
import { fieldOf, inPieces, MP3, VERBOSE } from '../support/node/sound.ts';
import type { Received, Script } from '../support/node/upstream.ts';
import {
  addModel,
  addProvider,
  type Caller,
  type ModelOptions,
  modelId,
  newCaller,
  PRICE,
  startWorld,
  type World,
} from '../support/node/world.ts';

type Endpoint = OpenAI.BatchCreateParams['endpoint'];

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await addProvider(world, 'all', 'openai');
  const models: Record<string, ModelOptions> = {
    chat: { price: { ...PRICE, batch_discount: 0.5 } },
    embedding: { kind: 'embedding', price: { input: 2, output: 0, batch_discount: 0.5 } },
    image: { kind: 'image', price: { image: 0.04, batch_discount: 0.5 } },
    speech: { kind: 'speech', price: { characters: 15, batch_discount: 0.5 } },
    transcription: {
      kind: 'transcription',
      price: { audio_minute: 0.006, batch_discount: 0.5 },
      upstreamModel: 'whisper-1',
    },
    moderation: { kind: 'moderation', price: { input: 2, output: 0, batch_discount: 0.5 } },
    rerank: { kind: 'rerank', price: { input: 2, output: 0, batch_discount: 0.5 } },
  };
  for (const [name, options] of Object.entries(models)) await addModel(world, name, ['all'], options);
});
afterAll(() => world.stop());

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

/** A provider of everything. Speech of the word `break` breaks off. */
const provider: Script = (response, request) => {
  const { path, json } = request;
  if (path === '/audio/speech' && json.input === 'break') {
    response.writeHead(200, { 'content-type': 'audio/mpeg' }).write(MP3.subarray(0, 50_000));
    setTimeout(() => response.socket?.resetAndDestroy(), 50);
    return;
  }
  if (path === '/audio/speech') return inPieces(response, request);
  return answer(answerOf(path))(response, request);
};

function answerOf(path: string): object {
  if (path.startsWith('/images/')) return { created: 1, data: [{ b64_json: PNG.toString('base64') }] };
  if (path.startsWith('/audio/')) return VERBOSE;
  const usage = { prompt_tokens: 100, total_tokens: 100 };
  if (path === '/embeddings') {
    const data = [{ object: 'embedding', index: 0, embedding: [0.5, 0.25] }];
    return { object: 'list', model: 'e', data, usage };
  }
  if (path === '/moderations') {
    const results = [{ flagged: false, categories: {}, category_scores: {} }];
    return { id: 'modr-1', model: 'm', results, usage };
  }
  if (path === '/rerank') {
    return { object: 'list', data: [{ index: 0, relevance_score: 0.5 }], model: 'r', usage };
  }
  return ANSWERS.openai.whole({ text: ['Hello.'], input: 100, output: 20 });
}

/** What is expected of one endpoint. */
interface Row {
  endpoint: string;
  model: string;
  /** @param sound, picture ids of files. */
  body(files: { sound: string; picture: string }): object;
  /** What its answer's body is like. */
  like: object | string;
  /** USD, at half of the price. */
  cost: number;
}

const messages = [{ role: 'user', content: 'Hi' }];
const TABLE: Row[] = [
  {
    endpoint: '/v1/chat/completions',
    model: 'chat',
    body: () => ({ messages }),
    like: { object: 'chat.completion' },
    cost: 0.0002,
  },
  {
    endpoint: '/v1/responses',
    model: 'chat',
    body: () => ({ input: 'Hi' }),
    like: { object: 'response' },
    cost: 0.0002,
  },
  {
    endpoint: '/v1/completions',
    model: 'chat',
    body: () => ({ prompt: 'Hi' }),
    like: { object: 'text_completion' },
    cost: 0.0002,
  },
  {
    endpoint: '/v1/messages',
    model: 'chat',
    body: () => ({ max_tokens: 50, messages }),
    like: { type: 'message' },
    cost: 0.0002,
  },
  {
    endpoint: '/v1/messages/count_tokens',
    model: 'chat',
    body: () => ({ messages }),
    like: { input_tokens: expect.any(Number) },
    cost: 0,
  },
  {
    endpoint: '/v1/embeddings',
    model: 'embedding',
    body: () => ({ input: 'Hi' }),
    like: { data: [{ embedding: [0.5, 0.25] }] },
    cost: 0.0001,
  },
  {
    endpoint: '/v1/images/generations',
    model: 'image',
    body: () => ({ prompt: 'a cat', response_format: 'b64_json' }),
    like: { data: [{ b64_json: PNG.toString('base64') }] },
    cost: 0.02,
  },
  {
    endpoint: '/v1/images/edits',
    model: 'image',
    body: ({ picture }) => ({ prompt: 'a hat', images: [{ file_id: picture }] }),
    like: { data: [{ b64_json: expect.any(String) }] },
    cost: 0.02,
  },
  {
    endpoint: '/v1/images/variations',
    model: 'image',
    body: ({ picture }) => ({ image: picture }),
    like: { data: [{ b64_json: expect.any(String) }] },
    cost: 0.02,
  },
  {
    endpoint: '/v1/audio/speech',
    model: 'speech',
    body: () => ({ input: 'Good morning', voice: 'alloy' }),
    like: { object: 'audio.speech', content_type: 'audio/mpeg', bytes: MP3.length },
    cost: 0.00009,
  },
  // 8.47 seconds of a minute at 0.003 USD.
  {
    endpoint: '/v1/audio/transcriptions',
    model: 'transcription',
    body: ({ sound }) => ({ file: sound, response_format: 'srt' }),
    like: '1\n00:00:00,000 --> 00:00:03,320\nThe beach.\n\n2\n00:00:03,320 --> 01:01:11,500\nThe sea.\n\n',
    cost: 0.0004235,
  },
  {
    endpoint: '/v1/audio/translations',
    model: 'transcription',
    body: ({ sound }) => ({ file: { file_id: sound } }),
    like: { text: 'The beach. The sea.' },
    cost: 0.0004235,
  },
  {
    endpoint: '/v1/moderations',
    model: 'moderation',
    body: () => ({ input: 'Hi' }),
    like: { results: [{ flagged: false }] },
    cost: 0.0001,
  },
  {
    endpoint: '/v1/rerank',
    model: 'rerank',
    body: () => ({ query: 'q', documents: ['a'] }),
    like: { results: [{ index: 0 }] },
    cost: 0.0001,
  },
];

let caller: Caller;
/** Batches of an endpoint: one line of the table, and one that asks for a model that there is not. */
const made = new Map<string, string>();
beforeAll(async () => {
  caller = await newCaller(world);
  world.upstream.script('all', provider);
  const upload = async (bytes: Buffer, name: string) => {
    const file = await toFile(bytes, name);
    return (await caller.client.files.create({ file, purpose: 'user_data' })).id;
  };
  const files = { sound: await upload(MP3, 'speech.mp3'), picture: await upload(PNG, 'cat.png') };
  for (const { endpoint, model, body } of TABLE) {
    const lines = [model, 'nowhere'].map((name) => ({
      custom_id: name,
      method: 'POST',
      url: endpoint,
      body: { model: modelId(name), ...body(files) },
    }));
    made.set(endpoint, (await submit(caller, lines, { endpoint: endpoint as Endpoint })).id);
  }
});

describe('batches by OpenAI’s SDK', () => {
  test.each(TABLE)('of $endpoint are answered, at the price of batches', async ({ endpoint, like, cost }) => {
    const batch = await ended(caller, made.get(endpoint) ?? '');
    expect(batch).toMatchObject({
      status: 'completed',
      request_counts: { total: 2, completed: 1, failed: 1 },
    });
    const [result] = await resultsOf(caller, batch.output_file_id);
    const { status_code: status, body } = result?.response ?? {};
    expect(status).toBe(200);
    if (typeof like === 'string') expect(body).toBe(like);
    else expect(body).toMatchObject(like);
    if (cost > 0) {
      const receipt = await receiptById(caller, String(result?.id.replace('batch_req_', 'gen_')));
      expect([receipt.credits_used, receipt.batch_discount]).toEqual([cost, 0.5]);
    }
    const [error] = await resultsOf(caller, batch.error_file_id);
    expect(error?.response?.body).toMatchObject({ error: { code: 'model_not_found' } });
    if (endpoint !== '/v1/audio/speech') return;
    const kept = await caller.client.files.content(String(body?.file_id));
    expect(kept.headers.get('content-type')).toBe('audio/mpeg');
    expect(Buffer.from(await kept.arrayBuffer()).equals(MP3)).toBe(true);
  });

  test('ask the provider once for each line, and bill it once', async () => {
    const paid = TABLE.reduce((nano, { cost }) => nano + Math.round(cost * 1e9), 0);
    expect(Math.round((100 - (await balance(world, caller))) * 1e9)).toBe(paid);
    const received = world.upstream.received('all');
    // Tokens are counted by nobody here.
    expect(received).toHaveLength(TABLE.length - 1);
    expect(
      received
        .filter(({ path }) => path.startsWith('/audio/tr'))
        .map(formOf)
        .toSorted(),
    ).toEqual([
      ['/audio/transcriptions', 'whisper-1', 'verbose_json', true],
      ['/audio/translations', 'whisper-1', 'verbose_json', true],
    ]);
  });
});

/** What of a form the provider of speech was sent. */
function formOf(request: Received): unknown[] {
  return [
    request.path,
    fieldOf(request, 'model'),
    fieldOf(request, 'response_format'),
    request.bytes.includes(MP3),
  ];
}

test('speech that breaks off is an error with its own code, costs nothing and leaves no file', async () => {
  const caller = await newCaller(world);
  world.upstream.script('all', provider);
  const lines = ['break', 'Good morning'].map((input) => ({
    custom_id: input,
    method: 'POST',
    url: '/v1/audio/speech',
    body: { model: modelId('speech'), voice: 'alloy', input },
  }));
  const endpoint = '/v1/audio/speech' as Endpoint;
  const batch = await ended(caller, (await submit(caller, lines, { endpoint })).id);
  expect(batch.request_counts).toEqual({ total: 2, completed: 1, failed: 1 });
  const [broken] = await resultsOf(caller, batch.error_file_id);
  expect(broken).toMatchObject({
    custom_id: 'break',
    response: { status_code: 502, body: { error: { code: 'upstream_unreachable' } } },
  });
  const { data } = await caller.client.files.list({ purpose: 'batch_output' });
  expect(data.map(({ filename }) => filename).toSorted()).toEqual(
    [`${batch.id}_2.mp3`, `${batch.id}_error.jsonl`, `${batch.id}_output.jsonl`].toSorted(),
  );
  expect(await balance(world, caller)).toBe(100 - 0.00009);
});
