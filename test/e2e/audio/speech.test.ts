import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faults } from '../../support/node/openai-schema.ts';
import { receiptById, receiptOf } from '../../support/node/receipts.ts';
import {
  events,
  failingFirst,
  inPieces,
  json,
  MP3,
  SPOKEN,
  startSoundWorld,
} from '../../support/node/sound.ts';
import type { Script } from '../../support/node/upstream.ts';
import { modelId, type World } from '../../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startSoundWorld();
});
afterAll(() => world.stop());

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
    const sent = world.upstream.received('sound-events')[0]?.json;
    expect(sent?.stream_format).toBe('sse');
    expect(faults(sent, 'CreateSpeechRequest')).toEqual([]);
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
    const model = await failingFirst(world, name, SPOKEN, script, inPieces);
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
    for (const event of seen) expect(faults(event, 'CreateSpeechResponseStreamEvent')).toEqual([]);
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
