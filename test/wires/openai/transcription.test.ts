import { describe, expect, it } from 'vitest';
import { boundaryOf, readMultipart } from '../../../src/lib/multipart/read.ts';
import { type FormPart, isFile } from '../../../src/lib/multipart/types.ts';
import { openai } from '../../../src/wires/openai/index.ts';
import { srtOf, vttOf } from '../../../src/wires/openai/subtitles.ts';
import type { PlainRequest, Quirks, Target } from '../../../src/wires/types.ts';

const FILE: FormPart = {
  name: 'file',
  filename: 'dir/a b.mp3',
  type: 'audio/mpeg',
  bytes: Uint8Array.of(1, 2),
};

function request(fields: Record<string, string>, more: Partial<PlainRequest> = {}): PlainRequest {
  const form: FormPart[] = [
    FILE,
    ...Object.entries({ model: 'm', ...fields }).map(([name, value]) => ({ name, value })),
  ];
  const body = Object.fromEntries(Object.entries(fields));
  return {
    kind: 'transcription',
    bytes: new Uint8Array(),
    members: [],
    stream: fields.stream === 'true',
    includeUsage: false,
    body: () => ({ model: 'm', ...body }),
    extensions: [],
    form,
    ...more,
  };
}

const target = (upstreamModel: string, quirks: Quirks = {}): Target => ({
  upstreamModel,
  maxOutputTokens: null,
  capabilities: {},
  quirks,
});
const codec = openai.transcription;
if (!codec) throw new Error('No codec');

function sent(asked: PlainRequest, to: Target) {
  const [encoded] = codec?.encode(asked, to) ?? [];
  const parts = readMultipart(
    Buffer.concat(encoded?.body as Uint8Array[]),
    boundaryOf(encoded?.contentType ?? '') ?? '',
  );
  const fields = Object.fromEntries(parts.flatMap((part) => (isFile(part) ? [] : [[part.name, part.value]])));
  return {
    path: encoded?.path,
    dropped: encoded?.dropped,
    fields,
    files: parts.filter(isFile),
    order: parts.map(({ name }) => name),
  };
}

describe('a request for a transcript', () => {
  it.each<[string, string, string | undefined, Quirks, string | undefined]>([
    ['whisper-1', 'nothing', undefined, {}, 'verbose_json'],
    ['openai/whisper-large-v3', 'srt', 'srt', {}, 'verbose_json'],
    ['whisper-1', 'verbose_json', 'verbose_json', {}, 'verbose_json'],
    ['gpt-4o-transcribe', 'nothing', undefined, {}, 'json'],
    ['gpt-4o-transcribe', 'text', 'text', {}, 'json'],
    ['gpt-4o-transcribe', 'srt', 'srt', {}, 'srt'],
    ['gpt-4o-transcribe-diarize', 'diarized_json', 'diarized_json', {}, 'diarized_json'],
    ['parakeet', 'vtt', 'vtt', { transcription: { format: 'verbose_json' } }, 'verbose_json'],
    ['whisper-1', 'vtt', 'vtt', { transcription: { format: 'json' } }, 'vtt'],
    ['voxtral', 'text', 'text', { transcription: { format: 'none' } }, undefined],
  ])('to %s for %s', (model, _, wanted, quirks, asked) => {
    const { fields, path } = sent(
      request(wanted === undefined ? {} : { response_format: wanted }),
      target(model, quirks),
    );
    expect(path).toBe('/audio/transcriptions');
    expect(fields.response_format).toBe(asked);
    expect(fields.model).toBe(model);
  });

  it('has its fields in front of its file, whose name is no path', () => {
    const { order, files } = sent(request({ language: 'en' }), target('gpt-4o-transcribe'));
    expect(order).toEqual(['model', 'language', 'response_format', 'file']);
    expect(files).toEqual([{ ...FILE, filename: 'a b.mp3' }]);
  });

  it('names what has no effect', () => {
    const asked = { 'timestamp_granularities[]': 'word', prompt: 'x' };
    expect(sent(request(asked), target('whisper-1')).dropped).toEqual(['timestamp_granularities']);
    expect(sent(request({ ...asked, response_format: 'verbose_json' }), target('whisper-1')).dropped).toEqual(
      [],
    );
    const mistral: Quirks = {
      transcription: { format: 'none', drop: ['prompt'], rename: { language: 'lang' } },
    };
    const { dropped, fields } = sent(request({ ...asked, language: 'fr' }), target('voxtral', mistral));
    expect(dropped).toEqual(['prompt']);
    expect(fields).toEqual({ model: 'voxtral', 'timestamp_granularities[]': 'word', lang: 'fr' });
  });

  it('goes where the host has it, for either task', () => {
    const quirks: Quirks = {
      transcription: {
        path: '/d/{model}/audio/transcriptions',
        translationPath: '/d/{model}/audio/translations',
      },
    };
    expect(sent(request({}), target('w', quirks))).toMatchObject({ path: '/d/w/audio/transcriptions' });
    const translation = sent(request({}, { task: 'translation' }), target('w', quirks));
    expect(translation.path).toBe('/d/w/audio/translations');
    expect(translation.fields.model).toBeUndefined();
  });
});

describe('a stream of Mistral', () => {
  it('has the events that clients of OpenAI know', () => {
    const asked = request({ stream: 'true' });
    const meta = { id: 'gen_1', created: 1, model: 'voxtral', request: asked };
    const stream = codec.stream?.(target('voxtral'), meta, 'text/event-stream');
    if (!stream) throw new Error('No stream');
    const events = [
      { type: 'transcription.language', audio_language: 'fr' },
      { type: 'transcription.text.delta', text: 'Bon' },
      { type: 'transcription.segment', text: 'Bonjour', start: 0, end: 1.5, speaker_id: null },
      {
        type: 'transcription.done',
        model: 'voxtral-mini-2507',
        text: 'Bonjour',
        usage: { prompt_audio_seconds: 2, prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
      },
    ];
    const text = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
    const out = Buffer.concat([stream.push(Buffer.from(text)), stream.last({ credits_used: 1 })]).toString();
    const seen = [...out.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data));
    expect(seen).toEqual([
      { type: 'transcript.text.delta', delta: 'Bon' },
      { type: 'transcript.text.segment', id: 'seg_0', start: 0, end: 1.5, text: 'Bonjour', speaker: '' },
      {
        type: 'transcript.text.done',
        text: 'Bonjour',
        usage: { type: 'tokens', input_tokens: 5, output_tokens: 3, total_tokens: 8 },
        credits_used: 1,
      },
    ]);
    expect(stream.state).toMatchObject({ finished: true, error: null, upstreamModel: 'voxtral-mini-2507' });
    expect(stream.state.usage).toMatchObject({ inputTokens: 5, outputTokens: 3, audioMs: 2000 });
    // The names of the events are those that they have now.
    expect(out).not.toContain('transcription.');
    expect(out).toContain('event: transcript.text.done\n');
  });
});

describe('subtitles', () => {
  it('have times to the millisecond, rounded, with hours', () => {
    const segments = [
      { start: 0, end: 59.9996, text: ' a --> b\n\nc ' },
      { start: 36_000.5, end: 360_000, text: '' },
    ];
    expect(srtOf(segments)).toBe(
      '1\n00:00:00,000 --> 00:01:00,000\na -> b\nc\n\n2\n10:00:00,500 --> 100:00:00,000\n\n\n',
    );
    expect(vttOf([])).toBe('WEBVTT\n\n');
  });
});
