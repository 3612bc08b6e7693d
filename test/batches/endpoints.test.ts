import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { BatchEndpoint } from '../../src/batches/endpoints.ts';
import { generationIdOf, speechFileIdOf } from '../../src/batches/generation-id.ts';
import { planLines } from '../../src/batches/lines/plan.ts';
import type { LineProps } from '../../src/batches/lines/props.ts';
import { workSlot } from '../../src/batches/lines/work.ts';
import { keepSpeech } from '../../src/batches/speech/keep.ts';
import { beginRun, failBatch } from '../../src/batches/steps.ts';
import type { Env } from '../../src/env.ts';
import { createFile } from '../../src/files/create.ts';
import { findFile } from '../../src/files/find.ts';
import { readFile } from '../../src/files/read.ts';
import type { FileScope } from '../../src/files/types.ts';
import type { BatchOrder } from '../../src/objects/batch/types.ts';
import { workspaceClient } from '../../src/objects/workspace/client.ts';
import { callLine, end, linesOf } from '../support/batch-steps.ts';
import { stillBatch } from '../support/batches.ts';
import { call, newKey, newWorkspace, send } from '../support/gateway.ts';

const bindings = env as unknown as Env;

/** Whose batches, and the secret of the key. */
interface Owner extends FileScope {
  keyId: string;
  key: string;
}

async function newOwner(): Promise<Owner> {
  const { id: workspaceId } = await newWorkspace();
  const { id: keyId, project: projectId, key } = await newKey(workspaceId);
  return { workspaceId, projectId, keyId, key };
}

/** A file of a project. */
async function upload(scope: FileScope, bytes: Uint8Array, filename: string, contentType: string) {
  async function* body() {
    yield bytes;
  }
  const file = { purpose: 'user_data', filename, contentType } as const;
  const { workspaceId, projectId } = scope;
  return (await createFile(bindings, { workspaceId, projectId, actor: 'tests' }, file, body())).id;
}

/** What a text sounds like: WAV. */
async function soundOf({ key }: Owner, input: string): Promise<Uint8Array> {
  const body = { model: 'demo-speech', voice: 'alloy', input };
  return await (await send('POST', '/v1/audio/speech', { key, body })).bytes();
}

/** A batch whose lines may be run. */
async function begun({ workspaceId, projectId, keyId }: Owner, endpoint: BatchEndpoint, bodies: object[]) {
  const lines = bodies.map((body, index) => ({
    custom_id: `line-${index + 1}`,
    method: 'POST',
    url: endpoint,
    body,
  }));
  const { order } = await stillBatch(lines, { workspaceId, projectId, keyId, endpoint });
  expect(await planLines(bindings, order)).toBeNull();
  await beginRun(bindings, order);
  return order;
}

const first = ({ batchId }: BatchOrder) => ({ batchId, slot: 0, turn: 1 });

/** Runs lines, and answers what became of each. */
async function resultsOf(owner: Owner, endpoint: BatchEndpoint, bodies: object[]) {
  const order = await begun(owner, endpoint, bodies);
  await workSlot(bindings, first(order), callLine);
  const row = await end(order);
  const output = await linesOf(order, row.outputFileId);
  const errors = await linesOf(order, row.errorFileId);
  return { order, output, errors };
}

const bytesOf = async (scope: FileScope, id: string) =>
  await new Response(await readFile(bindings, await findFile(bindings, scope, id))).bytes();

const filesOf = async ({ key }: Owner) =>
  (await call('GET', '/v1/files?purpose=batch_output', { key })).body.data as {
    id: string;
    filename: string;
  }[];

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
    const file = await upload(owner, await soundOf(owner, 'One. Two.'), 'a.wav', 'audio/wav');
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
    const file = await upload(owner, await soundOf(owner, 'Hi.'), 'a.wav', 'audio/wav');
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
    const file = await upload(owner, await soundOf(owner, 'Hi.'), 'a.wav', 'audio/wav');
    const body = { model: 'demo-transcribe', file };
    const answer = await call('POST', '/v1/audio/transcriptions', { key: owner.key, body });
    expect(answer.body.error.code).toBe('unsupported_content_type');
  });
});

describe('lines of other endpoints that take files', () => {
  it('of /v1/audio/translations are heard', async () => {
    const owner = await newOwner();
    const file = await upload(owner, await soundOf(owner, 'Hi.'), 'a.wav', 'audio/wav');
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

describe('lines of /v1/audio/speech', () => {
  const body = { model: 'demo-speech', voice: 'alloy', input: 'Hello.' };

  it('are answered with files of their sound', async () => {
    const owner = await newOwner();
    const sound = await soundOf(owner, 'Hello.');
    const before = await workspaceClient(bindings, owner.workspaceId).balance();
    const { order, output, errors } = await resultsOf(owner, '/v1/audio/speech', [
      body,
      { ...body, input: 'ÄÖ' },
      { ...body, stream_format: 'sse' },
      { ...body, input: '' },
    ]);
    const id = speechFileIdOf(generationIdOf(order, 1, 1));
    expect(output[0].response.body).toEqual({
      object: 'audio.speech',
      file_id: id,
      content_type: 'audio/wav',
      bytes: sound.byteLength,
    });
    expect(await bytesOf(owner, id)).toEqual(sound);
    const file = await call('GET', `/v1/files/${id}`, { key: owner.key });
    expect(file.body).toMatchObject({ purpose: 'batch_output', filename: `${order.batchId}_1.wav` });
    expect(file.body.expires_at).toBeNull();
    expect(errors.map(({ response, error }) => (response?.body.error ?? error).code)).toEqual([
      'unsupported_parameter',
      'invalid_value',
    ]);
    // 15 USD per 1M characters.
    const after = await workspaceClient(bindings, owner.workspaceId).balance();
    expect(before - after).toBe(8 * 15_000);
  });

  it('expire with the other files of their batch', async () => {
    const owner = await newOwner();
    const bystander = await upload(owner, new Uint8Array([1]), 'mine.wav', 'audio/wav');
    const order = await begun(owner, '/v1/audio/speech', [body]);
    await bindings.DB.prepare('update batches set output_expires_after_s = 7200 where id = ?')
      .bind(order.batchId)
      .run();
    await workSlot(bindings, first(order), callLine);
    const { outputFileId } = await end(order);
    const expiryOf = async (id: string) => (await findFile(bindings, owner, id)).expiresAt ?? 0;
    const sound = await expiryOf(speechFileIdOf(generationIdOf(order, 1, 1)));
    expect(sound).toBeGreaterThanOrEqual(await expiryOf(outputFileId ?? ''));
    expect(sound).toBeLessThanOrEqual(Date.now() + 7_200_000);
    expect(await expiryOf(bystander)).toBe(0);
  });

  it('leave nothing of attempts that were lost', async () => {
    const owner = await newOwner();
    const order = await begun(owner, '/v1/audio/speech', [body]);
    let calls = 0;
    const forgetful = (props: LineProps): Fetcher => {
      const fetch = async (url: string, init: RequestInit) => {
        const answer = await callLine(props).fetch(url, init);
        if (calls++ > 0) return answer;
        await answer.text();
        throw new Error('The consumer was killed');
      };
      return { fetch } as unknown as Fetcher;
    };
    await workSlot(bindings, first(order), forgetful);
    expect(calls).toBe(2);
    const [lost, kept] = [1, 2].map((attempt) => speechFileIdOf(generationIdOf(order, 1, attempt)));
    expect((await filesOf(owner)).map(({ id }) => id).toSorted()).toEqual([lost, kept].toSorted());
    const { outputFileId } = await end(order);
    expect(await linesOf(order, outputFileId)).toMatchObject([{ response: { body: { file_id: kept } } }]);
    expect((await filesOf(owner)).map(({ id }) => id).toSorted()).toEqual([kept, outputFileId].toSorted());
    expect(await bindings.FILES.head(`${owner.workspaceId}/files/${lost}`)).toBeNull();
  });

  it('leave nothing where their batch comes to nothing, or has ended', async () => {
    const owner = await newOwner();
    const order = await begun(owner, '/v1/audio/speech', [body]);
    await workSlot(bindings, first(order), callLine);
    expect(await filesOf(owner)).toHaveLength(1);
    await failBatch(bindings, order, []);
    expect(await filesOf(owner)).toEqual([]);
    async function* sound() {
      yield new Uint8Array([1]);
    }
    const late = { ...order, line: 1, generationId: generationIdOf(order, 1, 9) };
    await expect(keepSpeech(bindings, late, 'audio/wav', sound())).rejects.toThrow(/ended/);
    const { objects } = await bindings.FILES.list({ prefix: `${owner.workspaceId}/files/` });
    expect(objects.map(({ key }) => key)).toEqual([`${owner.workspaceId}/files/${order.inputFileId}`]);
  });

  it('are refused, free of charge, where the workspace may store no more', async () => {
    const owner = await newOwner();
    await bindings.DB.prepare('update files set bytes = 1e12 where id = ?')
      .bind(await upload(owner, new Uint8Array([1]), 'huge', 'audio/wav'))
      .run();
    const { output, errors } = await resultsOf(owner, '/v1/audio/speech', [body]);
    expect(output).toEqual([]);
    expect(errors).toMatchObject([{ response: null, error: { code: 'storage_quota_exceeded', line: 1 } }]);
    expect(await workspaceClient(bindings, owner.workspaceId).balance()).toBe(10_000_000_000);
  });
});
