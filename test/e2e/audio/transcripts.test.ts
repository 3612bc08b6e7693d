import { createOpenAI } from '@ai-sdk/openai';
import { generateSpeech, transcribe } from 'ai';
import { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faults } from '../../support/node/openai-schema.ts';
import { receiptOf } from '../../support/node/receipts.ts';
import {
  fieldOf,
  inPieces,
  json,
  MP3,
  recording,
  startSoundWorld,
  VERBOSE,
  verbose,
} from '../../support/node/sound.ts';
import { modelId, type World } from '../../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startSoundWorld();
});
afterAll(() => world.stop());

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
    if (format === 'json') expect(faults(data, 'CreateTranscriptionResponseJson')).toEqual([]);
    if (format === 'verbose_json') expect(faults(data, 'CreateTranscriptionResponseVerboseJson')).toEqual([]);
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
    expect(faults(answer, 'CreateTranslationResponseJson')).toEqual([]);
    expect(world.upstream.received('sound')[0]?.path).toBe('/audio/translations');
    const whole = await world.client.audio.translations.create({
      model: modelId('whisper'),
      file: await recording(),
      response_format: 'verbose_json',
    });
    expect(faults(whole, 'CreateTranslationResponseVerboseJson')).toEqual([]);
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

  it('that tells who speaks is passed on as it came', async () => {
    const answer = {
      task: 'transcribe',
      duration: 4,
      text: 'Hi. Yes?',
      segments: [
        { type: 'transcript.text.segment', id: 'seg_1', start: 0, end: 1, text: 'Hi.', speaker: 'A' },
        { type: 'transcript.text.segment', id: 'seg_2', start: 1, end: 2, text: 'Yes?', speaker: 'B' },
      ],
      usage: { type: 'duration', seconds: 4 },
    };
    world.upstream.script('sound', (response) => json(response, answer));
    const data = await world.client.audio.transcriptions.create({
      model: modelId('transcribe'),
      file: await recording(),
      response_format: 'diarized_json',
      known_speaker_names: ['A', 'B'],
    });
    expect(data).toEqual(answer);
    expect(faults(data, 'CreateTranscriptionResponseDiarizedJson')).toEqual([]);
    const [asked] = world.upstream.received('sound');
    expect(asked && fieldOf(asked, 'response_format')).toBe('diarized_json');
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
    expect(faults(data, 'CreateTranscriptionResponseJson')).toEqual([]);
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
