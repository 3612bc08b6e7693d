import { beforeAll, describe, expect, it } from 'vitest';
import { call, errorOf, newKey, newWorkspace, OPERATOR, send } from '../../support/gateway.ts';
import { soundOf } from '../../support/sound.ts';
import { eventsOf, receiptOf } from './audio-answers.ts';

const SPEECH = '/v1/audio/speech';

let key = '';
beforeAll(async () => {
  key = (await newKey((await newWorkspace()).id)).key;
});

const speak = (body: unknown) => call('POST', SPEECH, { key, body });

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
    const receipt = await receiptOf(key, response);
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
    expect(said.equals(Buffer.from(await soundOf(key, 'Hello there')))).toBe(true);
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
