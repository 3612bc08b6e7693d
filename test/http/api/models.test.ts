import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bindings } from '../../../src/env.ts';
import { call, errorOf, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';

const { DB } = env as unknown as Bindings;
const put = (id: string, body: unknown) =>
  call('PUT', `/api/models/${encodeURIComponent(id)}`, { key: OPERATOR, body });
const endpoint = { provider: 'local', upstream_model: 'Acme-1' };

let key = '';
beforeAll(async () => {
  const body = { base_url: 'https://local.example', wire: 'openai', auth: 'none' };
  expect((await call('PUT', '/api/providers/local', { key: OPERATOR, body })).status).toBe(200);
  key = (await newKey((await newWorkspace()).id)).key;
});

describe('PUT /api/models/{id}', () => {
  it('declares a model that can be called by its id, its slugs and however they are spelled', async () => {
    const answer = await put('Acme/One-1.5', {
      name: 'One',
      kind: 'chat',
      context_length: 128_000,
      slugs: ['one-1.5', 'The-One'],
      endpoints: [
        {
          ...endpoint,
          price: {
            input: 1.25,
            output: 10,
            cached_input: 0.125,
            tiers: [{ above: 200_000, input: 2.5, output: 15 }],
          },
          capabilities: ['tools', 'structured_output'],
          regions: ['eu'],
        },
      ],
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      id: 'acme/one-1.5',
      vendor: 'acme',
      slugs: ['one-1.5', 'the-one'],
      endpoints: [
        {
          id: 'acme/one-1.5@local',
          upstream_model: 'Acme-1',
          price: {
            input: 1.25,
            output: 10,
            cached_input: 0.125,
            tiers: [{ above: 200_000, input: 2.5, output: 15 }],
          },
          capabilities: { tools: true, structured_output: true },
          regions: ['eu'],
          context_length: 128_000,
        },
      ],
    });
    for (const name of ['acme/one-1.5', 'ACME/One-1-5', 'one-1-5', 'THE-ONE']) {
      expect((await call('GET', `/v1/models/${name}`, { key })).body, name).toMatchObject({
        id: 'acme/one-1.5',
        object: 'model',
        owned_by: 'acme',
        name: 'One',
        context_length: 128_000,
        pricing: { prompt: '0.00000125', completion: '0.00001', input_cache_read: '0.000000125' },
        providers: [{ id: 'local' }],
      });
    }
  });

  it('has the one API that an endpoint answers at', async () => {
    const at = async (capabilities: unknown) => {
      const { status, body } = await put('acme/apart', {
        kind: 'chat',
        endpoints: [{ ...endpoint, capabilities }],
      });
      return status === 200 ? body.endpoints[0].capabilities : [status, body.error.param];
    };
    expect(await at({ api: 'responses', tools: true })).toEqual({ api: 'responses', tools: true });
    expect(await at({ api: 'completions' })).toEqual({ api: 'completions' });
    const { body } = await call('GET', '/v1/models/acme/apart/endpoints', { key });
    expect(body.data.endpoints[0].capabilities).toEqual({ api: 'completions' });
    expect(await at({ api: 'assistants' })).toEqual([
      400,
      expect.stringContaining('endpoints[0].capabilities'),
    ]);
    expect(await at({})).toEqual({});
  });

  it.each(['embedding', 'moderation', 'rerank'])('needs no price of output for the kind %s', async (kind) => {
    const price = { input: 0.02, tiers: [{ above: 1_000, input: 0.04 }] };
    const { status, body } = await put('acme/charged-by-input', {
      kind,
      endpoints: [{ ...endpoint, price }],
    });
    expect(status).toBe(200);
    expect(body.endpoints[0].price).toEqual({
      input: 0.02,
      output: 0,
      tiers: [{ above: 1_000, input: 0.04, output: 0 }],
    });
    const told = await put('acme/charged-by-input', {
      kind,
      endpoints: [{ ...endpoint, price: { input: 1, output: 2 } }],
    });
    expect(told.body.endpoints[0].price).toEqual({ input: 1, output: 2 });
  });

  it('keeps the version of a price that is as it was, and all versions there were', async () => {
    const version = async (price: unknown) =>
      (await put('acme/priced', { kind: 'chat', endpoints: [{ ...endpoint, price }] })).body.endpoints[0]
        .price_version;
    const first = await version({ input: 1, output: 2 });
    expect(await version({ input: 1, output: 2 })).toBe(first);
    const second = await version({ input: 1, output: 3 });
    expect(second).not.toBe(first);
    expect(await version(null)).toBeNull();
    expect(await version({ input: 1, output: 3 })).not.toBe(second);
    const rows = await DB.prepare('SELECT price FROM prices WHERE endpoint_id = ? ORDER BY rowid')
      .bind('acme/priced@local')
      .all<{ price: string | null }>();
    expect(rows.results.map(({ price }) => price && JSON.parse(price).output)).toEqual([2e9, 3e9, null, 3e9]);
  });

  it('replaces the endpoints of a shipped model until it is taken back', async () => {
    const before = (await call('GET', '/api/models/openai%2Fgpt-4o', { key: OPERATOR })).body;
    expect(before.endpoints.map((each: { provider: string }) => each.provider)).toContain('openai');
    const changed = await put('openai/gpt-4o', { kind: 'chat', endpoints: [endpoint] });
    expect(changed.body.endpoints).toHaveLength(1);
    expect((await call('DELETE', '/api/models/openai%2Fgpt-4o', { key: OPERATOR })).status).toBe(204);
    const after = (await call('GET', '/api/models/openai%2Fgpt-4o', { key: OPERATOR })).body;
    expect(after).toEqual(before);
  });

  it('takes several endpoints of one provider', async () => {
    const endpoints = [endpoint, { ...endpoint, upstream_model: 'Acme-1-fast' }];
    const answer = await put('acme/twice', { kind: 'chat', endpoints });
    expect(answer.body.endpoints.map((each: { id: string }) => each.id)).toEqual([
      'acme/twice@local',
      'acme/twice@local#2',
    ]);
  });

  it('does not take a name from another model', async () => {
    await put('acme/holder', { kind: 'chat', slugs: ['held'], endpoints: [endpoint] });
    for (const slug of ['held', 'HELD', 'acme/holder', 'gpt-4o']) {
      const answer = await put('acme/taker', {
        kind: 'chat',
        slugs: ['unclaimed', slug],
        endpoints: [endpoint],
      });
      expect(errorOf(answer), slug).toEqual({ status: 409, code: 'conflict', param: 'slugs[1]' });
    }
    expect((await call('GET', '/api/models/acme%2Ftaker', { key: OPERATOR })).status).toBe(404);
  });

  it.each([
    [{}, 'missing_parameter', 'kind'],
    [{ kind: 'chat' }, 'missing_parameter', 'endpoints'],
    [{ kind: 'poem', endpoints: [] }, 'invalid_value', 'kind'],
    [
      { kind: 'chat', endpoints: [{ provider: 'local' }] },
      'missing_parameter',
      'endpoints[0].upstream_model',
    ],
    [
      { kind: 'chat', endpoints: [{ ...endpoint, provider: 'nobody' }] },
      'invalid_value',
      'endpoints[0].provider',
    ],
    [
      { kind: 'chat', endpoints: [{ ...endpoint, price: { input: -1, output: 1 } }] },
      'invalid_value',
      'endpoints[0].price.input',
    ],
    [
      { kind: 'chat', endpoints: [{ ...endpoint, price: { input: 1 } }] },
      'missing_parameter',
      'endpoints[0].price.output',
    ],
    [
      { kind: 'embedding', endpoints: [{ ...endpoint, price: { output: 1 } }] },
      'missing_parameter',
      'endpoints[0].price.input',
    ],
    [
      {
        kind: 'chat',
        endpoints: [{ ...endpoint, price: { input: 1, output: 1, tiers: [{ above: 9, input: 1 }] } }],
      },
      'missing_parameter',
      'endpoints[0].price.tiers[0].output',
    ],
    [
      { kind: 'chat', endpoints: [{ ...endpoint, price: { input: 1, output: 1, thinking: 2 } }] },
      'unsupported_parameter',
      'endpoints[0].price.thinking',
    ],
    [
      {
        kind: 'chat',
        endpoints: [
          {
            ...endpoint,
            price: {
              input: 1,
              output: 1,
              tiers: [
                { above: 9, input: 1, output: 1 },
                { above: 9, input: 1, output: 1 },
              ],
            },
          },
        ],
      },
      'invalid_value',
      'endpoints[0].price.tiers[1].above',
    ],
    [{ kind: 'chat', context_length: 0, endpoints: [] }, 'invalid_value', 'context_length'],
  ])('refuses %j', async (body, code, param) => {
    expect(errorOf(await put('acme/refused', body))).toEqual({ status: 400, code, param });
  });

  it.each(['a b', '/x', 'x/', 'a//b'])('refuses the id %j', async (id) => {
    const answer = await put(id, { kind: 'chat', endpoints: [] });
    expect(errorOf(answer)).toEqual({ status: 400, code: 'invalid_value', param: 'id' });
  });
});

describe('a name that moves', () => {
  const release = (id: string, release_date: string, slugs: string[] = []) =>
    put(id, { kind: 'chat', family: 'big-oracle', release_date, slugs, endpoints: [endpoint] });
  const newest = async () => (await call('GET', '/v1/models/big-oracle-latest', { key })).body;

  it('is the newest model’s, until somebody gives it to another', async () => {
    await release('acme/big-oracle-1', '2026-01-01');
    expect((await newest()).slugs).toEqual(['big-oracle-latest', 'acme/big-oracle-latest']);
    await release('acme/big-oracle-2', '2026-02-01');
    expect(await newest()).toMatchObject({ id: 'acme/big-oracle-2' });
    const shown = (await call('GET', '/api/models/acme%2Fbig-oracle-2', { key: OPERATOR })).body;
    expect(shown).toMatchObject({
      slugs: [],
      moving_slugs: ['big-oracle-latest', 'acme/big-oracle-latest'],
    });
    expect((await release('acme/big-oracle-1', '2026-01-01', ['big-oracle-latest'])).status).toBe(200);
    expect(await newest()).toMatchObject({ id: 'acme/big-oracle-1', slugs: ['big-oracle-latest'] });
    expect(
      (await call('GET', '/api/models/acme%2Fbig-oracle-2', { key: OPERATOR })).body.moving_slugs,
    ).toEqual(['acme/big-oracle-latest']);
  });
});

describe('DELETE /api/models/{id}', () => {
  it('takes back what the operator declared, and nothing that is shipped', async () => {
    await put('acme/gone', { kind: 'chat', slugs: ['gone'], endpoints: [endpoint] });
    expect((await call('DELETE', '/api/models/acme%2Fgone', { key: OPERATOR })).status).toBe(204);
    expect(errorOf(await call('GET', '/v1/models/gone', { key }))).toMatchObject({ code: 'model_not_found' });
    const shipped = await call('DELETE', '/api/models/openai%2Fgpt-4o', { key: OPERATOR });
    expect(errorOf(shipped)).toEqual({ status: 409, code: 'conflict', param: 'id' });
    const missing = await call('DELETE', '/api/models/acme%2Fnever', { key: OPERATOR });
    expect(errorOf(missing)).toEqual({ status: 404, code: 'not_found', param: 'id' });
  });
});
