import type { ServerResponse } from 'node:http';
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faults } from '../../support/node/openai-schema.ts';
import { receiptById, receiptOf } from '../../support/node/receipts.ts';
import {
  COUNTED,
  events,
  failingFirst,
  fieldOf,
  recording,
  startSoundWorld,
  VERBOSE,
  verbose,
} from '../../support/node/sound.ts';
import type { Script } from '../../support/node/upstream.ts';
import { modelId, type World } from '../../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startSoundWorld();
});
afterAll(() => world.stop());

async function allOf<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of stream) all.push(item);
  return all;
}

describe('a transcript', () => {
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
    for (const event of seen) expect(faults(event, 'CreateTranscriptionResponseStreamEvent')).toEqual([]);
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
    const seen = await allOf(data);
    for (const event of seen) expect(faults(event, 'CreateTranscriptionResponseStreamEvent')).toEqual([]);
    expect(seen).toMatchObject([
      { type: 'transcript.text.delta', delta: VERBOSE.text },
      { type: 'transcript.text.done', text: VERBOSE.text },
    ]);
    const [asked] = world.upstream.received('sound');
    expect(asked && fieldOf(asked, 'stream')).toBeUndefined();
  });

  it('of Mistral is streamed in OpenAI’s words', async () => {
    world.upstream.script('sound-mistral', (response) => {
      const send = events(response);
      send({ type: 'transcription.language', audio_language: 'fr' });
      send({ type: 'transcription.text.delta', text: 'Bon' });
      send({ type: 'transcription.segment', text: 'Bon', start: 0, end: 1.5, speaker_id: null });
      send({
        type: 'transcription.done',
        model: 'voxtral-mini-2507',
        text: 'Bon',
        language: 'fr',
        segments: [],
        usage: { prompt_audio_seconds: 30, prompt_tokens: 4, completion_tokens: 21, total_tokens: 400 },
      });
      response.end();
    });
    const { data } = await stream('voxtral');
    const seen = await allOf(data);
    for (const event of seen) expect(faults(event, 'CreateTranscriptionResponseStreamEvent')).toEqual([]);
    expect(seen).toMatchObject([
      { type: 'transcript.text.delta', delta: 'Bon' },
      { type: 'transcript.text.segment', start: 0, end: 1.5 },
      { type: 'transcript.text.done', text: 'Bon', credits_used: 0.003 },
    ]);
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
    const model = await failingFirst(world, name, COUNTED, script, (response) => {
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
});
