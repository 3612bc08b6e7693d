import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createOpenAI } from '@ai-sdk/openai';
import { generateSpeech, transcribe } from 'ai';
import type OpenAI from 'openai';
import { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { receiptById, receiptOf } from '../support/node/receipts.ts';
import type { Received, Script } from '../support/node/upstream.ts';
import {
  addModel,
  addProvider,
  type ModelOptions,
  modelId,
  startWorld,
  type World,
} from '../support/node/world.ts';

let world: World;
const LANES = ['sound', 'sound-backup', 'sound-events', 'sound-mistral'];
beforeAll(async () => {
  world = await startWorld();
  for (const lane of LANES.slice(0, 2)) await addProvider(world, lane, 'openai');
  await addProvider(world, 'sound-events', 'openai', { quirks: { speech: { events: true } } });
  await addProvider(world, 'sound-mistral', 'openai', { quirks: { transcription: { format: 'none' } } });
  await addModel(world, 'tts', ['sound'], SPOKEN);
  await addModel(world, 'tts-tokens', ['sound-events'], {
    kind: 'speech',
    price: { input: 0.6, output: 12 },
  });
  await addModel(world, 'tts-unknown', ['sound'], { kind: 'speech', price: { input: 0.6, output: 12 } });
  const heard = {
    kind: 'transcription',
    price: { audio_minute: 0.006 },
    upstreamModel: 'whisper-1',
  } as const;
  await addModel(world, 'whisper', ['sound'], heard);
  await addModel(world, 'whisper-pair', ['sound', 'sound-backup'], heard);
  await addModel(world, 'transcribe', ['sound'], COUNTED);
  await addModel(world, 'voxtral', ['sound-mistral'], { ...heard, upstreamModel: 'voxtral-mini-latest' });
});
afterAll(() => world.stop());

const MP3 = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 31 + (index >> 8)) & 255));

const json = (response: ServerResponse, body: object): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
const events = (response: ServerResponse): ((value: object) => void) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  return (value) => void response.write(`data: ${JSON.stringify(value)}\n\n`);
};
const inPieces: Script = (response) => {
  response.writeHead(200, { 'content-type': 'audio/mpeg' });
  for (let at = 0; at < MP3.length; at += 10_000) response.write(MP3.subarray(at, at + 10_000));
  response.end();
};

/** A field of a form that an upstream was sent. */
const fieldOf = ({ body }: Received, name: string): string | undefined =>
  new RegExp(`name="${name.replace(/[[\]]/g, '\\$&')}"\r\n\r\n([^\r]*)\r\n`).exec(body)?.[1];

const recording = (size = 8_000): Promise<File> =>
  toFile(Buffer.alloc(size, 'RIFF'), 'speech.mp3') as Promise<File>;

const VERBOSE = {
  task: 'transcribe',
  language: 'english',
  duration: 8.47,
  text: 'The beach. The sea.',
  segments: [
    { id: 0, start: 0, end: 3.3199, text: ' The beach.' },
    { id: 1, start: 3.3199, end: 3671.5, text: ' The sea.' },
  ],
};
const verbose: Script = (response) => json(response, VERBOSE);

/** A model whose first endpoint does this, and whose second answers. Endpoints that failed before are not asked first. */
async function failingFirst(
  name: string,
  options: ModelOptions,
  script: Script,
  backup: Script,
): Promise<string> {
  await addProvider(world, name, 'openai');
  await addModel(world, name, [name, 'sound-backup'], options);
  world.upstream.script(name, script);
  world.upstream.script('sound-backup', backup);
  return modelId(name);
}

const SPOKEN: ModelOptions = { kind: 'speech', price: { characters: 15 } };
const COUNTED: ModelOptions = {
  kind: 'transcription',
  price: { input: 2.5, output: 10 },
  upstreamModel: 'gpt-4o-transcribe',
};

async function allOf<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of stream) all.push(item);
  return all;
}

describe('speech', () => {
  it('comes to a file byte for byte', async () => {
    world.upstream.script('sound', inPieces);
    const answer = await world.client.audio.speech.create({
      model: modelId('tts'),
      voice: 'alloy',
      input: 'Hello',
      instructions: 'Slowly.',
    });
    expect(answer.headers.get('content-type')).toBe('audio/mpeg');
    const folder = await mkdtemp(join(tmpdir(), 'interline-'));
    const path = join(folder, 'speech.mp3');
    await pipeline(Readable.fromWeb(answer.body as never), createWriteStream(path));
    expect((await readFile(path)).equals(MP3)).toBe(true);
    await rm(folder, { recursive: true });
    expect(world.upstream.received('sound')[0]).toMatchObject({
      path: '/audio/speech',
      json: { model: 'Up-sound', voice: 'alloy', input: 'Hello', instructions: 'Slowly.' },
    });
    expect(await receiptOf(world, answer)).toMatchObject({
      kind: 'speech',
      status: 'completed',
      credits_used: 0.000075,
      cost_lines: [{ unit: 'character', quantity: 5, amount: 75_000 }],
    });
  });

  it('that is priced by tokens is asked for as events, which count them', async () => {
    world.upstream.script('sound-events', (response) => {
      const send = events(response);
      for (let at = 0; at < MP3.length; at += 50_000)
        send({ type: 'speech.audio.delta', audio: MP3.subarray(at, at + 50_000).toString('base64') });
      send({ type: 'speech.audio.done', usage: { input_tokens: 14, output_tokens: 101, total_tokens: 115 } });
      response.end();
    });
    const answer = await world.client.audio.speech.create({
      model: modelId('tts-tokens'),
      voice: 'alloy',
      input: 'Hi',
    });
    expect(answer.headers.get('content-type')).toBe('audio/mpeg');
    expect(Buffer.from(await answer.arrayBuffer()).equals(MP3)).toBe(true);
    expect(world.upstream.received('sound-events')[0]?.json.stream_format).toBe('sse');
    // 14 × 0.60 and 101 × 12 USD per 1M.
    expect(await receiptOf(world, answer)).toMatchObject({ credits_used: 0.0012204 });
  });

  it('whose tokens nobody counted costs what is not known, and says so', async () => {
    world.upstream.script('sound', inPieces);
    const answer = await world.client.audio.speech.create({
      model: modelId('tts-unknown'),
      voice: 'a',
      input: 'Hi',
    });
    await answer.arrayBuffer();
    expect(await receiptOf(world, answer)).toMatchObject({ credits_used: null, credits_unknown: 'no_usage' });
  });

  it.each<[string, Script]>([
    ['answers 503', (response) => void response.writeHead(503).end('{}')],
    ['answers nothing', (response) => void response.writeHead(200, { 'content-type': 'audio/mpeg' }).end()],
    [
      'breaks off before its first byte',
      (response) => {
        response.writeHead(200, { 'content-type': 'audio/mpeg' }).flushHeaders();
        response.destroy();
      },
    ],
    [
      'answers an error as a success',
      (response) => json(response, { error: { message: 'no', type: 'server_error' } }),
    ],
  ])('comes from the next endpoint when the first %s', async (what, script) => {
    const name = what.replaceAll(' ', '-');
    const model = await failingFirst(name, SPOKEN, script, inPieces);
    const answer = await world.client.audio.speech.create({ model, voice: 'a', input: 'Hi' });
    expect(Buffer.from(await answer.arrayBuffer()).equals(MP3)).toBe(true);
    expect(answer.headers.get('x-fallback-from')).toMatch(new RegExp(`${name}$`));
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['without a length', () => {}],
    ['before its length', (response) => void response.setHeader('content-length', MP3.length)],
  ])(
    'that breaks off in the middle, %s, is no file for the client, and costs nothing',
    async (_, prepare) => {
      world.upstream.script('sound', (response) => {
        prepare(response);
        response.writeHead(200, { 'content-type': 'audio/mpeg' });
        response.write(MP3.subarray(0, 50_000), () => setImmediate(() => response.destroy()));
      });
      const answer = await world.client.audio.speech.create({
        model: modelId('tts'),
        voice: 'a',
        input: 'Hi',
      });
      expect(answer.status).toBe(200);
      await expect(answer.arrayBuffer()).rejects.toThrow();
      expect(await receiptOf(world, answer)).toMatchObject({ status: 'failed', credits_used: 0 });
    },
  );

  it('that its client leaves is cancelled at the provider, and charged', async () => {
    let closed: Promise<void> | undefined;
    world.upstream.script('sound', (response, request) => {
      closed = request.closed;
      response.writeHead(200, { 'content-type': 'audio/mpeg' });
      const speaking = setInterval(() => response.write(MP3.subarray(0, 1000)), 10);
      void request.closed.then(() => clearInterval(speaking));
    });
    const leaving = new AbortController();
    const answer = await world.client.audio.speech.create(
      { model: modelId('tts'), voice: 'a', input: 'Hello' },
      { signal: leaving.signal },
    );
    const reader = answer.body?.getReader();
    await reader?.read();
    leaving.abort();
    await closed;
    const receipt = await receiptById(world, answer.headers.get('x-generation-id') ?? '');
    expect(receipt).toMatchObject({ status: 'client_closed_request', credits_used: 0.000075 });
  });

  it('as events is passed on, with what it cost in the last', async () => {
    const delta = { type: 'speech.audio.delta', audio: 'AAAA' };
    world.upstream.script('sound', (response) => {
      const send = events(response);
      send(delta);
      send({ type: 'speech.audio.done', usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 } });
      response.end();
    });
    const answer = await world.client.audio.speech.create({
      model: modelId('tts'),
      voice: 'a',
      input: 'Hi',
      stream_format: 'sse',
    });
    const seen = (await answer.text())
      .split('\n\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line.slice(6)));
    expect(seen).toMatchObject([
      delta,
      { type: 'speech.audio.done', usage: { total_tokens: 3 }, credits_used: 0.00003 },
    ]);
  });

  it('as events that break off ends in an error event', async () => {
    world.upstream.script('sound', (response) => {
      events(response)({ type: 'speech.audio.delta', audio: 'AAAA' });
      response.end();
    });
    const answer = await world.client.audio.speech.create({
      model: modelId('tts'),
      voice: 'a',
      input: 'Hi',
      stream_format: 'sse',
    });
    const seen = (await answer.text())
      .split('\n\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line.slice(6)));
    expect(seen.at(-1)).toMatchObject({ type: 'error', error: { code: 'upstream_incomplete' } });
    expect(await receiptOf(world, answer)).toMatchObject({ status: 'failed', credits_used: 0 });
  });
});

describe('a transcript', () => {
  const SRT =
    '1\n00:00:00,000 --> 00:00:03,320\nThe beach.\n\n2\n00:00:03,320 --> 01:01:11,500\nThe sea.\n\n';
  it.each([
    ['json', { text: VERBOSE.text, usage: { type: 'duration', seconds: 8.47 } }],
    ['verbose_json', VERBOSE],
    ['text', `${VERBOSE.text}\n`],
    ['srt', SRT],
    ['vtt', `WEBVTT\n\n${SRT.replace(/^\d\n/gm, '').replaceAll(',', '.')}`],
  ] as const)('of Whisper is written as %s, and its time is known', async (format, expected) => {
    world.upstream.script('sound', verbose);
    const { data, response } = await world.client.audio.transcriptions
      .create({ model: modelId('whisper'), file: await recording(), response_format: format, language: 'en' })
      .withResponse();
    expect(data).toEqual(expected);
    const [asked] = world.upstream.received('sound');
    expect(asked?.path).toBe('/audio/transcriptions');
    expect(asked && fieldOf(asked, 'response_format')).toBe('verbose_json');
    expect(asked && fieldOf(asked, 'model')).toBe('whisper-1');
    expect(asked && fieldOf(asked, 'language')).toBe('en');
    // 8.47 s at 0.006 USD a minute.
    expect(await receiptOf(world, response)).toMatchObject({ credits_used: 0.000847 });
  });

  it('is translated', async () => {
    world.upstream.script('sound', verbose);
    const answer = await world.client.audio.translations.create({
      model: modelId('whisper'),
      file: await recording(),
    });
    expect(answer.text).toBe(VERBOSE.text);
    expect(world.upstream.received('sound')[0]?.path).toBe('/audio/translations');
  });

  it('of a model that counts tokens is charged by them', async () => {
    world.upstream.script('sound', (response) =>
      json(response, {
        text: 'Hi.',
        usage: {
          type: 'tokens',
          input_tokens: 14,
          output_tokens: 45,
          total_tokens: 59,
          input_token_details: { text_tokens: 4, audio_tokens: 10 },
        },
      }),
    );
    const { data, response } = await world.client.audio.transcriptions
      .create({
        model: modelId('transcribe'),
        file: await recording(),
        response_format: 'text',
        include: ['logprobs'],
        chunking_strategy: { type: 'server_vad' },
      })
      .withResponse();
    expect(data).toBe('Hi.\n');
    const [asked] = world.upstream.received('sound');
    expect(asked && fieldOf(asked, 'response_format')).toBe('json');
    expect(asked && fieldOf(asked, 'include[]')).toBe('logprobs');
    expect(asked && fieldOf(asked, 'chunking_strategy[type]')).toBe('server_vad');
    expect(await receiptOf(world, response)).toMatchObject({ credits_used: 0.000485 });
  });

  it('of Mistral is asked for in its words', async () => {
    world.upstream.script('sound-mistral', (response) =>
      json(response, {
        model: 'voxtral-mini-2507',
        text: 'Bonjour.',
        language: 'fr',
        segments: [],
        usage: { prompt_audio_seconds: 30, prompt_tokens: 4, total_tokens: 400, completion_tokens: 21 },
      }),
    );
    const { data, response } = await world.client.audio.transcriptions
      .create({ model: modelId('voxtral'), file: await recording() })
      .withResponse();
    expect(data.text).toBe('Bonjour.');
    expect(world.upstream.received('sound-mistral')[0]?.body).not.toContain('response_format');
    expect(await receiptOf(world, response)).toMatchObject({ credits_used: 0.003 });
    await expect(
      world.client.audio.transcriptions.create({
        model: modelId('voxtral'),
        file: await recording(),
        response_format: 'srt',
      }),
    ).rejects.toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'response_format' });
  });

  const stream = async (model: string, client: OpenAI = world.client) =>
    await client.audio.transcriptions
      .create({ model: modelId(model), file: await recording(), stream: true })
      .withResponse();

  it('is streamed', async () => {
    world.upstream.script('sound', (response) => {
      const send = events(response);
      send({ type: 'transcript.text.delta', delta: 'Hel' });
      send({ type: 'transcript.text.delta', delta: 'lo' });
      send({
        type: 'transcript.text.done',
        text: 'Hello',
        usage: { type: 'tokens', input_tokens: 10, output_tokens: 2, total_tokens: 12 },
      });
      response.end();
    });
    const { data, response } = await stream('transcribe');
    const seen = await allOf(data);
    expect(seen).toMatchObject([
      { delta: 'Hel' },
      { delta: 'lo' },
      { type: 'transcript.text.done', text: 'Hello', credits_used: 0.000045 },
    ]);
    expect(await receiptOf(world, response)).toMatchObject({
      status: 'completed',
      stream: true,
      credits_used: 0.000045,
    });
  });

  it('of Whisper, which has no streams, is streamed at its end', async () => {
    world.upstream.script('sound', verbose);
    const { data } = await stream('whisper');
    expect(await allOf(data)).toMatchObject([
      { type: 'transcript.text.delta', delta: VERBOSE.text },
      { type: 'transcript.text.done', text: VERBOSE.text },
    ]);
    const [asked] = world.upstream.received('sound');
    expect(asked && fieldOf(asked, 'stream')).toBeUndefined();
  });

  it.each<[string, Script]>([
    [
      'an error event',
      (response) => {
        events(response)({ error: { message: 'overloaded', code: 503 } });
        response.end();
      },
    ],
    [
      'nothing',
      (response) => {
        events(response);
        response.end();
      },
    ],
  ])('that begins with %s comes from the next endpoint', async (what, script) => {
    const name = what.replaceAll(' ', '-');
    const model = await failingFirst(name, COUNTED, script, (response) => {
      const done = {
        type: 'transcript.text.done',
        text: 'Here.',
        usage: { input_tokens: 1, output_tokens: 1 },
      };
      events(response)(done);
      response.end();
    });
    const { data, response } = await world.client.audio.transcriptions
      .create({ model, file: await recording(), stream: true })
      .withResponse();
    expect(await allOf(data)).toMatchObject([{ text: 'Here.' }]);
    expect(response.headers.get('x-fallback-from')).toMatch(new RegExp(`${name}$`));
  });

  it.each<[string, (response: ServerResponse) => void, string]>([
    ['ends', (response) => void response.end(), 'upstream_incomplete'],
    ['is reset', (response) => void response.destroy(), 'upstream_unreachable'],
    [
      'tells of an error',
      (response) => void response.end('data: {"error":{"message":"no","code":"server_error"}}\n\n'),
      'upstream_error',
    ],
    ['is garbled', (response) => void response.end('data: {"type\n\n'), 'upstream_invalid_response'],
  ])(
    'whose stream %s in the middle is an error for the client, and costs nothing',
    async (_, finish, code) => {
      world.upstream.script('sound', (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: {"type":"transcript.text.delta","delta":"Hel"}\n\n', () =>
          setImmediate(() => finish(response)),
        );
      });
      const { data, response } = await stream('transcribe');
      const seen: unknown[] = [];
      const failure = await (async () => {
        for await (const event of data) seen.push(event);
      })().catch((error: unknown) => error);
      expect(failure).toMatchObject({ code });
      expect(seen).toMatchObject([{ delta: 'Hel' }]);
      expect(await receiptOf(world, response)).toMatchObject({ status: 'failed', credits_used: 0 });
    },
  );

  it('that its client leaves is cancelled at the provider', async () => {
    let closed: Promise<void> | undefined;
    world.upstream.script('sound', (response, request) => {
      closed = request.closed;
      events(response)({ type: 'transcript.text.delta', delta: 'Hel' });
    });
    const { data, response } = await stream('transcribe');
    for await (const _ of data) break;
    await closed;
    const receipt = await receiptById(world, response.headers.get('x-generation-id') ?? '');
    expect(receipt).toMatchObject({ status: 'client_closed_request' });
  });

  it('is asked for fifty times at once, a megabyte each', async () => {
    world.upstream.script('sound', (response, { body }) =>
      json(response, { ...VERBOSE, text: /mark-\d+/.exec(body)?.[0] ?? '' }),
    );
    const said = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const bytes = Buffer.alloc(1024 * 1024, `mark-${index} `);
        const file = await toFile(bytes, `${index}.mp3`);
        return (await world.client.audio.transcriptions.create({ model: modelId('whisper'), file })).text;
      }),
    );
    expect(said).toEqual(Array.from({ length: 50 }, (_, index) => `mark-${index}`));
  });

  it('comes from the next endpoint when the first fails, with the same file', async () => {
    world.upstream.script('sound', (response) => void response.writeHead(429).end('{}'));
    world.upstream.script('sound-backup', verbose);
    const { data, response } = await world.client.audio.transcriptions
      .create({ model: modelId('whisper-pair'), file: await recording() })
      .withResponse();
    expect(data.text).toBe(VERBOSE.text);
    expect(response.headers.get('x-fallback-from')).toMatch(/sound$/);
    const [first] = world.upstream.received('sound');
    expect(world.upstream.received('sound-backup')[0]?.body).toBe(first?.body);
  });
});

describe('the AI SDK', () => {
  it('speaks and listens', async () => {
    const provider = createOpenAI({ baseURL: `${world.gateway.origin}/v1`, apiKey: world.key });
    world.upstream.script('sound', inPieces);
    const { audio } = await generateSpeech({ model: provider.speech(modelId('tts')), text: 'Hello' });
    expect(Buffer.from(audio.uint8Array).equals(MP3)).toBe(true);
    world.upstream.script('sound', verbose);
    const heard = await transcribe({ model: provider.transcription(modelId('whisper')), audio: MP3 });
    expect(heard.text).toBe(VERBOSE.text);
  });
});
