import type { ServerResponse } from 'node:http';
import { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { untilBalance } from '../support/node/receipts.ts';
import { inPieces } from '../support/node/sound.ts';
import {
  addModel,
  addProvider,
  type Caller,
  type ModelOptions,
  modelId,
  newCaller,
  startWorld,
  type World,
} from '../support/node/world.ts';

const CENT = 0.01;

const MODELS: Readonly<Record<string, ModelOptions>> = {
  'by-character': { kind: 'speech', price: { characters: 15 } },
  'by-spoken-token': { kind: 'speech', price: { input: 0.6, output: 12 } },
  'by-minute': { kind: 'transcription', price: { audio_minute: 0.006 }, upstreamModel: 'whisper-1' },
  'by-heard-token': { kind: 'transcription', price: { input: 2.5, output: 10, input_audio: 2.5 } },
  'by-picture': { kind: 'image', price: { image: 0.002 } },
  'by-drawn-token': { kind: 'image', price: { input: 5, output: 30, input_image: 8 } },
  'by-given-picture': { kind: 'image', price: { input: 0, output: 0, input_image: 1 } },
  'by-search': { kind: 'rerank', price: { search: 0.002 } },
  'by-read-token': { kind: 'rerank', price: { input: 0.02, output: 0 } },
};

let world: World;
let poor: Caller;
beforeAll(async () => {
  world = await startWorld();
  await addProvider(world, 'till', 'openai');
  for (const [name, options] of Object.entries(MODELS)) await addModel(world, name, ['till'], options);
  poor = await newCaller(world, CENT);
});
afterAll(() => world.stop());

const json = (response: ServerResponse, body: object): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
const rank = (model: string, documents: string[]) =>
  poor.client.post('/rerank', { body: { model: modelId(model), query: 'what', documents } });
const speak = (model: string, input: string) =>
  poor.client.audio.speech.create({ model: modelId(model), voice: 'a', input });
const hear = async (model: string) =>
  poor.client.audio.transcriptions.create({
    model: modelId(model),
    file: await toFile(Buffer.alloc(30 * 1024 * 1024, 'RIFF'), 'a.mp3'),
  });

describe('a workspace with a cent', () => {
  const DATA_URL = 'data:image/png;base64,AAAA';
  it.each<[string, () => PromiseLike<unknown>]>([
    ['4,096 characters that are spoken', () => speak('by-character', 'x'.repeat(4096))],
    ['4,096 characters, by the tokens of their sound', () => speak('by-spoken-token', 'x'.repeat(4096))],
    ['30 MB that are transcribed', () => hear('by-minute')],
    ['30 MB, by the tokens of their sound', () => hear('by-heard-token')],
    ['10 pictures', () => poor.client.images.generate({ model: modelId('by-picture'), prompt: 'a', n: 10 })],
    [
      'one picture, by its tokens',
      () => poor.client.images.generate({ model: modelId('by-drawn-token'), prompt: 'a' }),
    ],
    [
      'pictures that are given, as JSON',
      () =>
        poor.client.post('/images/edits', {
          body: {
            model: modelId('by-given-picture'),
            prompt: 'a',
            images: [{ image_url: DATA_URL }, { image_url: 'https://example.com/a.png' }],
          },
        }),
    ],
    [
      'pictures that are given, as a form',
      async () =>
        poor.client.images.edit({
          model: modelId('by-given-picture'),
          prompt: 'a',
          image: [await toFile(Buffer.from('a'), 'a.png'), await toFile(Buffer.from('b'), 'b.png')],
        }),
    ],
    [
      '1,000 documents',
      () =>
        rank(
          'by-search',
          Array.from({ length: 1000 }, (_, at) => `document ${at}`),
        ),
    ],
    [
      '1,000 documents, by their tokens',
      () =>
        rank(
          'by-read-token',
          Array.from({ length: 1000 }, () => 'x'.repeat(2000)),
        ),
    ],
    [
      '1,000 documents in Chinese',
      () =>
        rank(
          'by-read-token',
          Array.from({ length: 1000 }, () => '文'.repeat(600)),
        ),
    ],
  ])('is not served %s', async (_, ask) => {
    world.upstream.script('till', (response) => void response.writeHead(500).end());
    await expect(ask()).rejects.toMatchObject({ status: 402 });
    expect(world.upstream.received('till')).toEqual([]);
  });

  it('is served what it can pay, however many ask at once', async () => {
    world.upstream.script('till', inPieces);
    const buyer = await newCaller(world, CENT);
    // 200 characters are 0.3 cents: three can be paid.
    const asked = await Promise.allSettled(
      Array.from({ length: 20 }, async () => {
        const body = { model: modelId('by-character'), voice: 'a', input: 'x'.repeat(200) };
        return await (await buyer.client.audio.speech.create(body)).arrayBuffer();
      }),
    );
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(await untilBalance(world, buyer, 0.001)).toBe(0.001);
  });

  it('is served a search', async () => {
    world.upstream.script('till', (response) =>
      json(response, {
        results: [{ index: 0, relevance_score: 1 }],
        meta: { billed_units: { search_units: 1 } },
      }),
    );
    await rank('by-search', ['a']);
    expect(await untilBalance(world, poor, 0.008)).toBe(0.008);
  });
});
