import { beforeAll, describe, expect, it } from 'vitest';
import type { FormPart } from '../../../src/lib/multipart/types.ts';
import { writeMultipart } from '../../../src/lib/multipart/write.ts';
import { type Answer, call, errorOf, newKey, newWorkspace } from '../../support/gateway.ts';
import { soundOf } from '../../support/sound.ts';
import { eventsOf, receiptOf } from './audio-answers.ts';

const TRANSCRIPTIONS = '/v1/audio/transcriptions';
const TRANSLATIONS = '/v1/audio/translations';

let key = '';
beforeAll(async () => {
  key = (await newKey((await newWorkspace()).id)).key;
});

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
    const parts = [field('model', 'demo-transcribe'), file(await soundOf(key, 'One. Two!'))];
    const answer = await upload(format === undefined ? parts : [...parts, field('response_format', format)]);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe(contentType);
    check(answer.body);
    // 0.36 s at 0.006 USD a minute.
    expect(answer.headers.get('x-credits-used')).toBe('0.000036');
    const receipt = await receiptOf(key, answer);
    expect(receipt).toMatchObject({ kind: 'transcription', status: 'completed', credits_used: 0.000036 });
    expect(receipt.cost_lines).toEqual([
      { unit: 'audioMs', quantity: 360, rate: 360_000_000, amount: 36_000 },
    ]);
  });

  it('streams events to who asks for them', async () => {
    const answer = await upload([
      field('stream', 'true'),
      field('model', 'demo-transcribe'),
      file(await soundOf(key, 'Hello')),
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
    expect(await receiptOf(key, answer)).toMatchObject({ credits_used: null, credits_unknown: 'no_usage' });
  });

  it('takes the gateway’s own members as fields, and files of odd names', async () => {
    const answer = await upload([
      field('model', 'demo-nobody'),
      field('models', '["demo-transcribe"]'),
      file(await soundOf(key, 'a'), 'C:\\Aufnahmen\\"Über" 语音.wav'),
    ]);
    expect(errorOf(answer)).toMatchObject({ code: 'model_not_found' });
    const told = await upload([
      field('model', 'demo-transcribe'),
      field('provider[only][]', 'elsewhere'),
      file(await soundOf(key, 'a')),
    ]);
    expect(errorOf(told)).toMatchObject({ status: 404 });
    const odd = await upload([field('model', 'demo-transcribe'), file(await soundOf(key, 'b'), '语音 "x"')]);
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
    const parts = [field('model', 'demo-transcribe'), file(await soundOf(key, 'once'))];
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
      [field('model', 'demo-transcribe'), file(await soundOf(key, 'twice'))],
      TRANSCRIPTIONS,
      headers,
    );
    expect(errorOf(other)).toMatchObject({ status: 409, code: 'idempotency_key_conflict' });
  });
});

describe('POST /v1/audio/translations', () => {
  it('asks for a translation', async () => {
    const answer = await upload(
      [
        field('model', 'demo-transcribe'),
        file(await soundOf(key, 'Hi.')),
        field('response_format', 'verbose_json'),
      ],
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
