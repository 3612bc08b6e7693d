import { describe, expect, it } from 'vitest';
import { generationIdOf } from '../../src/batches/generation-id.ts';
import { workspaceClient } from '../../src/objects/workspace/client.ts';
import { call } from '../support/gateway.ts';
import { soundOf } from '../support/sound.ts';
import { bindings, newOwner, resultsOf, upload } from './lines.ts';

describe('lines of /v1/messages/count_tokens', () => {
  it('are counted, and cost nothing', async () => {
    const owner = await newOwner();
    const messages = [{ role: 'user', content: 'How many?' }];
    const { output, errors } = await resultsOf(owner, '/v1/messages/count_tokens', [
      { model: 'demo-echo', messages },
      { model: 'demo-nothing', messages },
    ]);
    expect(output).toMatchObject([
      { custom_id: 'line-1', response: { status_code: 200, body: { input_tokens: expect.any(Number) } } },
    ]);
    expect(output[0].response.body.input_tokens).toBeGreaterThan(0);
    expect(errors).toMatchObject([{ response: { status_code: 404 } }]);
    expect(await workspaceClient(bindings, owner.workspaceId).balance()).toBe(10_000_000_000);
  });
});

describe('lines of /v1/audio/transcriptions', () => {
  it('name their sound by its id, and are answered in their format', async () => {
    const owner = await newOwner();
    const file = await upload(owner, await soundOf(owner.key, 'One. Two.'), 'a.wav', 'audio/wav');
    const before = await workspaceClient(bindings, owner.workspaceId).balance();
    const model = 'demo-transcribe';
    const { output, order, errors } = await resultsOf(owner, '/v1/audio/transcriptions', [
      { model, file },
      {
        model,
        file: { file_id: file },
        response_format: 'text',
        language: null,
        provider: { sort: 'price' },
      },
      { model, file, response_format: 'srt', temperature: 0.5, stream: false },
      { model, file, response_format: 'verbose_json', timestamp_granularities: ['segment', 'word'] },
    ]);
    expect(errors).toEqual([]);
    const bodies = output.map(({ response }) => response.body);
    expect(bodies[0]).toMatchObject({ text: 'One. Two.', usage: { type: 'duration' } });
    expect(bodies[1]).toBe('One. Two.\n');
    expect(bodies[2]).toMatch(/^1\n00:00:00,000 --> 00:00:\d\d,\d{3}\nOne\.\n\n2\n/);
    expect(bodies[3]).toMatchObject({ segments: [{ text: 'One.' }, { text: ' Two.' }] });
    const each = await Promise.all(
      [1, 2, 3, 4].map(async (line) => {
        const path = `/v1/generations/${generationIdOf(order, line, 1)}`;
        return (await call('GET', path, { key: owner.key })).body;
      }),
    );
    const [{ credits_used: credits, usage }] = each;
    // 0.006 USD a minute, to the nano-dollar.
    expect(credits).toBe(Math.round((usage.audioMs / 60_000) * 6_000_000) / 1e9);
    expect(each.map((receipt) => receipt.credits_used)).toEqual([credits, credits, credits, credits]);
    const after = await workspaceClient(bindings, owner.workspaceId).balance();
    expect(before - after).toBe(Math.round(4 * credits * 1e9));
  });

  it('fail alone where they are wrong', async () => {
    const owner = await newOwner();
    const stranger = await newOwner();
    const file = await upload(owner, await soundOf(owner.key, 'Hi.'), 'a.wav', 'audio/wav');
    const foreign = await upload(stranger, new Uint8Array([1]), 'a.wav', 'audio/wav');
    const model = 'demo-transcribe';
    const { output, errors } = await resultsOf(owner, '/v1/audio/transcriptions', [
      { model },
      { model, file: foreign },
      { model, file: { file_id: foreign } },
      { model, file: 'file-of-somebody-else' },
      { model, file: 7 },
      { model, file, stream: true },
      { model, file, stream: 'true' },
      { model, file, response_format: 'mp3' },
      { model, file },
    ]);
    expect(
      errors.map(({ custom_id, response, error }) => [
        custom_id,
        response?.status_code ?? null,
        (response?.body.error ?? error).code,
        (response?.body.error ?? error).param,
      ]),
    ).toEqual([
      ['line-1', 400, 'missing_parameter', 'file'],
      ['line-2', 404, 'not_found', 'file'],
      ['line-3', 404, 'not_found', 'file.file_id'],
      ['line-4', 400, 'invalid_value', 'file'],
      ['line-5', 400, 'invalid_type', 'file'],
      ['line-6', null, 'unsupported_parameter', 'body.stream'],
      ['line-7', 400, 'invalid_type', 'stream'],
      ['line-8', 400, 'invalid_value', 'response_format'],
    ]);
    expect(output).toMatchObject([{ custom_id: 'line-9', response: { body: { text: 'Hi.' } } }]);
  });

  it('are no larger with their sound than a request', async () => {
    const owner = await newOwner();
    const file = await upload(owner, new Uint8Array(33 * 1024 * 1024), 'a.wav', 'audio/wav');
    const { errors } = await resultsOf(owner, '/v1/audio/transcriptions', [
      { model: 'demo-transcribe', file },
    ]);
    expect(errors).toMatchObject([
      { response: { status_code: 413, body: { error: { code: 'request_too_large', param: 'file' } } } },
    ]);
  });

  it('are alone in being so: a client sends a form', async () => {
    const owner = await newOwner();
    const file = await upload(owner, await soundOf(owner.key, 'Hi.'), 'a.wav', 'audio/wav');
    const body = { model: 'demo-transcribe', file };
    const answer = await call('POST', '/v1/audio/transcriptions', { key: owner.key, body });
    expect(answer.body.error.code).toBe('unsupported_content_type');
  });
});

describe('lines of other endpoints that take files', () => {
  it('of /v1/audio/translations are heard', async () => {
    const owner = await newOwner();
    const file = await upload(owner, await soundOf(owner.key, 'Hi.'), 'a.wav', 'audio/wav');
    const body = { model: 'demo-transcribe', file, response_format: 'verbose_json' };
    const { output } = await resultsOf(owner, '/v1/audio/translations', [body]);
    expect(output).toMatchObject([{ response: { body: { task: 'translate', text: 'Hi.' } } }]);
  });

  it('of /v1/images/variations are drawn', async () => {
    const owner = await newOwner();
    const drawn = await call('POST', '/v1/images/generations', {
      key: owner.key,
      body: { model: 'demo-image', prompt: 'a cat', response_format: 'b64_json' },
    });
    const png = Buffer.from(drawn.body.data[0].b64_json, 'base64');
    const image = await upload(owner, png, 'a.png', 'image/png');
    const body = { model: 'demo-image', image, n: 2, response_format: 'b64_json' };
    const { output, errors } = await resultsOf(owner, '/v1/images/variations', [body, { ...body, n: '2' }]);
    expect(output[0].response.body.data).toHaveLength(2);
    expect(errors).toMatchObject([{ response: { body: { error: { code: 'invalid_type', param: 'n' } } } }]);
  });
});
