import { beforeAll, describe, expect, it } from 'vitest';
import { call, errorOf, newKey, newWorkspace } from '../../support/gateway.ts';

let key = '';
beforeAll(async () => {
  key = (await newKey((await newWorkspace()).id)).key;
});

describe('GET /v1/models', () => {
  it('lists what can be called now, in OpenAI’s shape and more', async () => {
    const { status, body } = await call('GET', '/v1/models', { key });
    expect(status).toBe(200);
    expect(body.object).toBe('list');
    const ids = body.data.map((model: { id: string }) => model.id);
    // No provider key is configured here: the models of the Worker itself are all there are.
    expect(ids).toContain('demo/echo');
    expect(ids).not.toContain('openai/gpt-4o');
    expect(body.data.find((model: { id: string }) => model.id === 'demo/echo')).toMatchObject({
      object: 'model',
      created: expect.any(Number),
      owned_by: 'demo',
      context_length: 1_000_000,
      architecture: { input_modalities: ['text'], output_modalities: ['text'] },
      pricing: { prompt: '0.0000001', completion: '0.0000004' },
      providers: [{ id: 'demo' }],
      slugs: ['demo-echo'],
    });
  });

  it('answers one model by any of its names', async () => {
    for (const name of ['demo/echo', 'demo%2Fecho', 'demo-echo', 'Demo-Echo']) {
      expect((await call('GET', `/v1/models/${name}`, { key })).body.id).toBe('demo/echo');
    }
  });

  it('tells what is unknown from what nobody can serve', async () => {
    const unknown = await call('GET', '/v1/models/nope', { key });
    expect(errorOf(unknown)).toEqual({ status: 404, code: 'model_not_found', param: 'id' });
    const unserved = await call('GET', '/v1/models/openai/gpt-4o', { key });
    expect(errorOf(unserved)).toEqual({ status: 404, code: 'model_not_available', param: 'id' });
  });

  it('needs a key, and takes no other method', async () => {
    for (const path of ['/v1/models', '/v1/models/demo-echo']) {
      expect(errorOf(await call('GET', path))).toMatchObject({ status: 401, code: 'missing_api_key' });
      expect(errorOf(await call('POST', path, { key, body: {} }))).toMatchObject({ status: 405 });
    }
  });
});

describe('everything else', () => {
  it('is 404 in the same envelope, and health needs no key', async () => {
    expect((await call('GET', '/health')).body).toEqual({ status: 'ok' });
    expect(errorOf(await call('GET', '/nothing'))).toEqual({ status: 404, code: 'not_found', param: null });
    expect(errorOf(await call('GET', '/v1/nothing', { key }))).toMatchObject({ status: 404 });
    expect(errorOf(await call('GET', '/v1/nothing'))).toMatchObject({ status: 401 });
  });
});
