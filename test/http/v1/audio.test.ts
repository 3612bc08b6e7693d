import { beforeAll, describe, expect, it } from 'vitest';
import type { FormPart } from '../../../src/lib/multipart/types.ts';
import { writeMultipart } from '../../../src/lib/multipart/write.ts';
import { type Answer, call, errorOf, newKey, newWorkspace, OPERATOR, send } from '../../support/gateway.ts';

const SPEECH = '/v1/audio/speech';
const TRANSCRIPTIONS = '/v1/audio/transcriptions';
const TRANSLATIONS = '/v1/audio/translations';

let workspace = '';
let key = '';
beforeAll(async () => {
  workspace = (await newWorkspace()).id;
  key = (await newKey(workspace)).key;
});

const speak = (body: unknown) => call('POST', SPEECH, { key, body });

/** What a text sounds like: WAV. */
async function sound(input: string): Promise<Uint8Array> {
  const response = await send('POST', SPEECH, { key, body: { model: 'demo-speech', voice: 'alloy', input } });
  expect(response.status).toBe(200);
  return await response.bytes();
}

const field = (name: string, value: string): FormPart => ({ name, value });
const file = (bytes: Uint8Array, filename = 'a.wav'): FormPart => ({
  name: 'file',
  filename,
  type: 'audio/wav',
  bytes,
});

/** A form, sent as it is written. */
async function upload(
  parts: FormPart[],
  path = TRANSCRIPTIONS,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { body, contentType } = writeMultipart(parts);
  return await call('POST', path, {
    key,
    body: Buffer.concat(body),
    headers: { 'content-type': contentType, ...headers },
  });
}

const receiptOf = async (answer: { headers: Headers }) =>
  (await call('GET', `/v1/generations/${answer.headers.get('x-generation-id')}`, { key })).body;

const eventsOf = (text: string) =>
  text
    .split('\n\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)));

describe('POST /v1/audio/speech', () => {
  it('answers sound, and charges for each character', async () => {
    const response = await send('POST', SPEECH, {
      key,
      body: { model: 'demo-speech', voice: { id: 'mine' }, input: 'naïve 😀' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('audio/wav');
    expect(response.headers.get('x-model-used')).toBe('demo/speech');
    const bytes = await response.bytes();
    expect(Buffer.from(bytes.subarray(0, 4)).toString()).toBe('RIFF');
    // Eleven bytes of UTF-8, each two tones of 20 ms at 16,000 bytes a second.
    expect(bytes.byteLength).toBe(44 + 11 * 640);
    const receipt = await receiptOf(response);
    expect(receipt).toMatchObject({
      kind: 'speech',
      status: 'completed',
      stream: true,
      credits_unknown: null,
    });
    // Seven characters, as code points.
    expect(receipt.cost_lines).toEqual([
      { unit: 'character', quantity: 7, rate: 15_000_000_000, amount: 105_000 },
    ]);
    expect(receipt.credits_used).toBe(0.000105);
  });

  it('answers events to who asks for them, and says in the last what they cost', async () => {
    const answer = await speak({ model: 'demo-speech', input: 'Hello there', stream_format: 'sse' });
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const events = eventsOf(answer.body);
    const said = Buffer.concat(events.slice(0, -1).map(({ audio }) => Buffer.from(audio, 'base64')));
    expect(said.equals(Buffer.from(await sound('Hello there')))).toBe(true);
    expect(events.at(-1)).toMatchObject({
      type: 'speech.audio.done',
      usage: { output_tokens: 9 },
      credits_used: 0.000165,
      model_used: 'demo/speech',
      provider_used: 'demo',
      generation_id: answer.headers.get('x-generation-id'),
    });
  });

  it.each([
    ['', 400, 'invalid_json', null],
    ['{"input":"a"}', 400, 'missing_parameter', 'model'],
    ['{"model":"demo-speech"}', 400, 'missing_parameter', 'input'],
    ['{"model":"demo-speech","input":["a"]}', 400, 'invalid_type', 'input'],
    ['{"model":"demo-speech","input":""}', 400, 'invalid_value', 'input'],
    ['{"model":"demo-speech","input":"a","stream_format":"mp3"}', 400, 'invalid_value', 'stream_format'],
    ['{"model":"demo-speech","input":"a","response_format":1}', 400, 'invalid_type', 'response_format'],
    ['{"model":"demo-echo","input":"a"}', 400, 'model_not_supported', 'model'],
    ['{"model":"demo-transcribe","input":"a"}', 400, 'model_not_supported', 'model'],
    ['{"model":"auto","input":"a"}', 400, 'model_not_supported', 'model'],
    ['{"model":"nobody","input":"a"}', 404, 'model_not_found', 'model'],
    [`{"model":"demo-speech","input":"${'a'.repeat(4097)}"}`, 400, 'upstream_invalid_request', 'input'],
  ])('refuses %.60s', async (body, status, code, param) => {
    expect(errorOf(await speak(body))).toEqual({ status, code, param });
  });

  it('reserves what the text may cost', async () => {
    const poor = await call('POST', '/api/workspaces', {
      key: OPERATOR,
      body: { name: 'Poor', credits: 0.001 },
    });
    const own = await newKey(poor.body.id);
    const ask = (input: string) =>
      call('POST', SPEECH, { key: own.key, body: { model: 'demo-speech', input } });
    // 15 USD per 1M characters: a thousandth buys 66.
    expect(errorOf(await ask('a'.repeat(67)))).toMatchObject({ status: 402, code: 'insufficient_credits' });
    expect((await ask('a'.repeat(66))).status).toBe(200);
  });
});

describe('POST /v1/audio/transcriptions', () => {
  it.each([
    [
      undefined,
      'application/json',
      (body: unknown) =>
        expect(body).toEqual({ text: 'One. Two!', usage: { type: 'duration', seconds: 0.36 } }),
    ],
    ['json', 'application/json', (body: unknown) => expect(body).toMatchObject({ text: 'One. Two!' })],
    ['text', 'text/plain; charset=utf-8', (body: unknown) => expect(body).toBe('One. Two!\n')],
    [
      'srt',
      'application/x-subrip; charset=utf-8',
      (body: unknown) =>
        expect(body).toBe(
          '1\n00:00:00,000 --> 00:00:00,160\nOne.\n\n2\n00:00:00,160 --> 00:00:00,360\nTwo!\n\n',
        ),
    ],
    [
      'vtt',
      'text/vtt; charset=utf-8',
      (body: unknown) =>
        expect(body).toBe(
          'WEBVTT\n\n00:00:00.000 --> 00:00:00.160\nOne.\n\n00:00:00.160 --> 00:00:00.360\nTwo!\n\n',
        ),
    ],
    [
      'verbose_json',
      'application/json',
      (body: unknown) =>
        expect(body).toMatchObject({
          task: 'transcribe',
          duration: 0.36,
          segments: [{ text: 'One.' }, { text: ' Two!' }],
        }),
    ],
  ])('answers %s, and charges for the time', async (format, contentType, check) => {
    const parts = [field('model', 'demo-transcribe'), file(await sound('One. Two!'))];
    const answer = await upload(format === undefined ? parts : [...parts, field('response_format', format)]);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe(contentType);
    check(answer.body);
    // 0.36 s at 0.006 USD a minute.
    expect(answer.headers.get('x-credits-used')).toBe('0.000036');
    const receipt = await receiptOf(answer);
    expect(receipt).toMatchObject({ kind: 'transcription', status: 'completed', credits_used: 0.000036 });
    expect(receipt.cost_lines).toEqual([
      { unit: 'audioMs', quantity: 360, rate: 360_000_000, amount: 36_000 },
    ]);
  });

  it('streams events to who asks for them', async () => {
    const answer = await upload([
      field('stream', 'true'),
      field('model', 'demo-transcribe'),
      file(await sound('Hello')),
    ]);
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(eventsOf(answer.body)).toMatchObject([
      { type: 'transcript.text.delta', delta: 'Hello' },
      {
        type: 'transcript.text.done',
        text: 'Hello',
        credits_used: 0.00002,
      },
    ]);
  });

  it('does not know what sound costs whose length nobody knows, and says so', async () => {
    const answer = await upload([field('model', 'demo-transcribe'), file(new Uint8Array(500), 'a.webm')]);
    expect(answer.body).toEqual({ text: 'Sound of 500 bytes.' });
    expect(answer.headers.get('x-credits-used')).toBe('null');
    expect(await receiptOf(answer)).toMatchObject({ credits_used: null, credits_unknown: 'no_usage' });
  });

  it('takes the gateway’s own members as fields, and files of odd names', async () => {
    const answer = await upload([
      field('model', 'demo-nobody'),
      field('models', '["demo-transcribe"]'),
      file(await sound('a'), 'C:\\Aufnahmen\\"Über" 语音.wav'),
    ]);
    expect(errorOf(answer)).toMatchObject({ code: 'model_not_found' });
    const told = await upload([
      field('model', 'demo-transcribe'),
      field('provider[only][]', 'elsewhere'),
      file(await sound('a')),
    ]);
    expect(errorOf(told)).toMatchObject({ status: 404 });
    const odd = await upload([field('model', 'demo-transcribe'), file(await sound('b'), '语音 "x"')]);
    expect(odd.body).toMatchObject({ text: 'b' });
  });

  it.each<[string, FormPart[], number, string, string | null]>([
    ['no file', [field('model', 'demo-transcribe')], 400, 'missing_parameter', 'file'],
    ['no model', [file(Uint8Array.of(1))], 400, 'missing_parameter', 'model'],
    [
      'an empty file',
      [field('model', 'demo-transcribe'), file(new Uint8Array())],
      400,
      'invalid_value',
      'file',
    ],
    [
      'an unknown format',
      [field('model', 'demo-transcribe'), file(Uint8Array.of(1)), field('response_format', 'docx')],
      400,
      'invalid_value',
      'response_format',
    ],
    [
      'a chat model',
      [field('model', 'demo-echo'), file(Uint8Array.of(1))],
      400,
      'model_not_supported',
      'model',
    ],
    [
      'a speech model',
      [field('model', 'demo-speech'), file(Uint8Array.of(1))],
      400,
      'model_not_supported',
      'model',
    ],
  ])('refuses %s', async (_, parts, status, code, param) => {
    expect(errorOf(await upload(parts))).toEqual({ status, code, param });
  });

  it.each([
    [
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhi',
      400,
      'invalid_form',
    ],
    ['multipart/form-data; boundary=y', '--x--', 400, 'invalid_form'],
    ['multipart/form-data', '--x--', 400, 'invalid_form'],
    ['application/json', '{"model":"demo-transcribe"}', 415, 'unsupported_content_type'],
  ])('refuses %s with a body that does not fit', async (type, body, status, code) => {
    const answer = await call('POST', TRANSCRIPTIONS, { key, body, headers: { 'content-type': type } });
    expect(errorOf(answer)).toEqual({ status, code, param: null });
  });

  it('answers once for an idempotency key, whatever the boundary is', async () => {
    const headers = { 'idempotency-key': 'a-recording' };
    const parts = [field('model', 'demo-transcribe'), file(await sound('once'))];
    const first = await upload(parts, TRANSCRIPTIONS, headers);
    expect(first.body).toMatchObject({ text: 'once' });
    const { body } = writeMultipart(parts);
    const again = await call('POST', TRANSCRIPTIONS, {
      key,
      body: Buffer.from(
        Buffer.concat(body).toString('latin1').replaceAll('interline-form-boundary-0', 'zzz'),
        'latin1',
      ),
      headers: { 'content-type': 'multipart/form-data; boundary="zzz"', ...headers },
    });
    expect(again.headers.get('x-idempotent-replay')).toBe('true');
    expect(again.body).toEqual(first.body);
    const other = await upload(
      [field('model', 'demo-transcribe'), file(await sound('twice'))],
      TRANSCRIPTIONS,
      headers,
    );
    expect(errorOf(other)).toMatchObject({ status: 409, code: 'idempotency_key_conflict' });
  });
});

describe('POST /v1/audio/translations', () => {
  it('asks for a translation', async () => {
    const answer = await upload(
      [field('model', 'demo-transcribe'), file(await sound('Hi.')), field('response_format', 'verbose_json')],
      TRANSLATIONS,
    );
    expect(answer.body).toMatchObject({ task: 'translate', text: 'Hi.' });
  });

  it('has no streams', async () => {
    const answer = await upload(
      [field('model', 'demo-transcribe'), file(Uint8Array.of(1)), field('stream', 'true')],
      TRANSLATIONS,
    );
    expect(errorOf(answer)).toEqual({ status: 400, code: 'unsupported_parameter', param: 'stream' });
  });
});
