import { describe, expect, it } from 'vitest';
import { generationIdOf, speechFileIdOf } from '../../src/batches/generation-id.ts';
import type { LineProps } from '../../src/batches/lines/props.ts';
import { workSlot } from '../../src/batches/lines/work.ts';
import { keepSpeech } from '../../src/batches/speech/keep.ts';
import { failBatch } from '../../src/batches/steps.ts';
import { findFile } from '../../src/files/find.ts';
import { readFile } from '../../src/files/read.ts';
import type { FileScope } from '../../src/files/types.ts';
import { workspaceClient } from '../../src/objects/workspace/client.ts';
import { callLine, end, linesOf } from '../support/batch-steps.ts';
import { call } from '../support/gateway.ts';
import { soundOf } from '../support/sound.ts';
import { begun, bindings, first, newOwner, type Owner, resultsOf, upload } from './lines.ts';

const bytesOf = async (scope: FileScope, id: string) =>
  await new Response(await readFile(bindings, await findFile(bindings, scope, id))).bytes();

const filesOf = async ({ key }: Owner) =>
  (await call('GET', '/v1/files?purpose=batch_output', { key })).body.data as {
    id: string;
    filename: string;
  }[];

describe('lines of /v1/audio/speech', () => {
  const body = { model: 'demo-speech', voice: 'alloy', input: 'Hello.' };

  it('are answered with files of their sound', async () => {
    const owner = await newOwner();
    const sound = await soundOf(owner.key, 'Hello.');
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
