import { describe, expect, it } from 'vitest';
import { call, errorOf, OPERATOR } from '../../support/gateway.ts';

const put = (id: string, body: unknown) => call('PUT', `/api/providers/${id}`, { key: OPERATOR, body });
const get = async (id: string) => (await call('GET', `/api/providers/${id}`, { key: OPERATOR })).body;

describe('PUT /api/providers/{id}', () => {
  it('declares a provider with the defaults of its wire, and never shows its secret', async () => {
    const secret = 'sk-canary-0123456789';
    const answer = await put('acme', { base_url: 'https://api.acme.example/v1/', wire: 'anthropic', secret });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      id: 'acme',
      name: 'acme',
      base_url: 'https://api.acme.example/v1',
      wire: 'anthropic',
      auth: { kind: 'header', name: 'x-api-key' },
      headers: { 'anthropic-version': '2023-06-01' },
      quirks: {},
      source: 'operator',
      secret: { last_four: '6789' },
      environment: [],
      servable: true,
      data_policy: null,
      docs: null,
    });
    expect(await get('acme')).toEqual(answer.body);
    const list = await call('GET', '/api/providers', { key: OPERATOR });
    const audit = await call('GET', '/api/audit', { key: OPERATOR });
    expect(audit.body.data[0]).toMatchObject({
      action: 'provider.put',
      target: 'acme',
      after: { secret: 'set' },
    });
    expect(JSON.stringify([list.body, audit.body])).not.toContain('canary');
  });

  it('takes a secret alone for a shipped provider, which is as shipped again when taken back', async () => {
    const before = await get('openai');
    expect(before).toMatchObject({ source: 'shipped', secret: null, servable: false });
    const answer = await put('openai', { secret: 'sk-0123456789abcdef' });
    expect(answer.body).toMatchObject({
      base_url: before.base_url,
      wire: 'openai',
      source: 'operator',
      secret: { last_four: 'cdef' },
      servable: true,
    });
    expect((await call('DELETE', '/api/providers/openai', { key: OPERATOR })).status).toBe(204);
    expect(await get('openai')).toEqual(before);
  });

  it('keeps the secret when it is not given again, and forgets it for null', async () => {
    const declared = { base_url: 'https://keep.example', wire: 'openai' };
    await put('keeper', { ...declared, secret: 'sk-0123456789abcdef' });
    expect((await put('keeper', { ...declared, name: 'Keeper' })).body.secret).toEqual({ last_four: 'cdef' });
    expect((await put('keeper', { ...declared, secret: null })).body).toMatchObject({
      secret: null,
      servable: false,
    });
  });

  it('does not carry a secret to another host', async () => {
    await put('mover', { base_url: 'https://one.example', wire: 'openai', secret: 'sk-0123456789abcdef' });
    const moved = await put('mover', { base_url: 'https://two.example', wire: 'openai' });
    expect(errorOf(moved)).toEqual({ status: 400, code: 'missing_parameter', param: 'secret' });
    expect((await get('mover')).base_url).toBe('https://one.example');
  });

  it.each([
    [{ wire: 'openai' }, 'missing_parameter', 'base_url'],
    [{ base_url: 'https://a.example' }, 'missing_parameter', 'wire'],
    [{ base_url: 'https://a.example', wire: 'smoke' }, 'invalid_value', 'wire'],
    [{ base_url: 'not a url', wire: 'openai' }, 'invalid_value', 'base_url'],
    [{ base_url: 'ftp://a.example', wire: 'openai' }, 'invalid_value', 'base_url'],
    [{ base_url: 'http://a.example', wire: 'openai' }, 'invalid_value', 'base_url'],
    [{ base_url: 'https://u:p@a.example', wire: 'openai' }, 'invalid_value', 'base_url'],
    [{ base_url: 'https://a.example?k=1', wire: 'openai' }, 'invalid_value', 'base_url'],
    [{ base_url: 'https://a.example', wire: 'openai', secret: '' }, 'invalid_value', 'secret'],
    [{ base_url: 'https://a.example', wire: 'openai', secret: 'a b\nc' }, 'invalid_value', 'secret'],
    [
      { base_url: 'https://a.example', wire: 'openai', headers: { Authorization: 'x' } },
      'invalid_value',
      'headers.Authorization',
    ],
    [
      { base_url: 'https://a.example', wire: 'openai', headers: { 'x-api-key': 'x' } },
      'invalid_value',
      'headers.x-api-key',
    ],
    [
      { base_url: 'https://a.example', wire: 'openai', quirks: { odd: 1 } },
      'unsupported_parameter',
      'quirks.odd',
    ],
  ])('refuses %j', async (body, code, param) => {
    expect(errorOf(await put('refused', body))).toEqual({ status: 400, code, param });
    expect((await call('GET', '/api/providers/refused', { key: OPERATOR })).status).toBe(404);
  });

  it('does not say what a refused secret was', async () => {
    const answer = await put('refused', {
      base_url: 'https://a.example',
      wire: 'openai',
      secret: 'canary with spaces',
    });
    expect(JSON.stringify(answer.body)).not.toContain('canary');
  });

  it.each(['Upper', 'a b', 'a/b', '-x', 'x'.repeat(65)])('refuses the id %j', async (id) => {
    const answer = await put(encodeURIComponent(id), { base_url: 'https://a.example', wire: 'openai' });
    expect(errorOf(answer)).toEqual({ status: 400, code: 'invalid_value', param: 'id' });
  });
});

describe('DELETE /api/providers/{id}', () => {
  it('refuses while a model is served by it', async () => {
    await put('busy', { base_url: 'https://busy.example', wire: 'openai' });
    const endpoints = [{ provider: 'busy', upstream_model: 'm' }];
    await call('PUT', '/api/models/busy%2Fm', { key: OPERATOR, body: { kind: 'chat', endpoints } });
    const refused = await call('DELETE', '/api/providers/busy', { key: OPERATOR });
    expect(errorOf(refused)).toEqual({ status: 409, code: 'conflict', param: 'id' });
    expect(refused.body.error.message).toContain('busy/m');
    await call('DELETE', '/api/models/busy%2Fm', { key: OPERATOR });
    expect((await call('DELETE', '/api/providers/busy', { key: OPERATOR })).status).toBe(204);
    expect((await call('GET', '/api/providers/busy', { key: OPERATOR })).status).toBe(404);
  });

  it('knows nothing of what was not declared', async () => {
    for (const id of ['openai', 'nobody']) {
      const answer = await call('DELETE', `/api/providers/${id}`, { key: OPERATOR });
      expect(errorOf(answer)).toEqual({ status: 404, code: 'not_found', param: 'id' });
    }
  });
});
