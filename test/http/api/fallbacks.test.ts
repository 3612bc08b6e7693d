import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { call, errorOf, OPERATOR } from '../../support/gateway.ts';
import { newTenant, rule, type Tenant } from '../../support/routing.ts';

const { DB } = env as unknown as { DB: D1Database };

let one: Tenant;
let other: Tenant;

const endpoints = (capabilities?: object) => [
  { provider: 'demo', upstream_model: 'demo-echo', ...(capabilities ? { capabilities } : {}) },
];

beforeAll(async () => {
  one = await newTenant();
  other = await newTenant();
  const models: Record<string, object> = {
    'acme/large': {
      kind: 'chat',
      context_length: 100_000,
      input_modalities: ['text', 'image', 'audio', 'pdf'],
      endpoints: endpoints({ tools: true, structured_output: true }),
    },
    'acme/small': {
      kind: 'chat',
      context_length: 8000,
      slugs: ['acme-tiny'],
      endpoints: endpoints({ tools: false, structured_output: true }),
    },
    'acme/vectors': { kind: 'embedding', endpoints: endpoints() },
  };
  for (const [id, body] of Object.entries(models)) {
    const made = await rule('PUT', 'models', id, OPERATOR, body);
    expect(made.status, JSON.stringify(made.body)).toBe(200);
  }
});

const put = (key: string, model: string, chain: unknown, more: object = {}) =>
  rule('PUT', 'fallbacks', model, key, { chain, ...more });
const get = (key: string, model: string) => rule('GET', 'fallbacks', model, key);

describe('a fallback chain', () => {
  it('is kept by canonical ids, with the usual triggers where a step names none', async () => {
    const answer = await put(one.admin, 'ACME-Tiny', ['Acme/Large', { model: 'demo/echo', on: ['slo'] }]);
    expect(answer).toMatchObject({
      status: 200,
      body: {
        model: 'acme/small',
        chain: [
          { model: 'acme/large', on: ['error', 'rate_limit'] },
          { model: 'demo/echo', on: ['slo'] },
        ],
        workspace: one.id,
      },
    });
    expect((await get(one.admin, 'acme-tiny')).body).toEqual(answer.body);
    expect((await call('GET', '/api/fallbacks', { key: one.admin })).body.data).toEqual([answer.body]);
    expect(errorOf(await get(other.admin, 'acme/small'))).toEqual({
      status: 404,
      code: 'not_found',
      param: 'model',
    });
    expect((await rule('DELETE', 'fallbacks', 'acme/small', one.admin)).status).toBe(204);
    expect((await rule('DELETE', 'fallbacks', 'acme/small', one.admin)).status).toBe(404);
  });

  it('is told with what its steps lack of what the model has', async () => {
    const answer = await put(one.admin, 'acme/large', ['acme/small']);
    expect(answer.body.warnings).toEqual([
      'acme/small takes no images: image requests skip it',
      'acme/small takes no audio: audio requests skip it',
      'acme/small calls no tools: requests with tools skip it',
      'acme/small holds 8000 tokens, acme/large 100000: longer requests skip it',
    ]);
    expect((await put(one.admin, 'acme/small', ['acme/large'])).body.warnings).toEqual([]);
  });

  it('refuses what cannot stand in', async () => {
    const refused = async (chain: unknown) => {
      const answer = await put(one.admin, 'acme/small', chain);
      return { ...errorOf(answer), message: answer.body.error.message as string };
    };
    const wrong = { status: 400, code: 'invalid_value' };
    expect(await refused(['demo/ecko'])).toMatchObject({
      ...wrong,
      param: 'chain[0]',
      message: expect.stringContaining('demo/echo'),
    });
    expect(await refused([{ model: 'nothing-like-it' }])).toMatchObject({
      ...wrong,
      param: 'chain[0].model',
    });
    expect(await refused(['demo/echo', 'acme-tiny'])).toMatchObject({
      ...wrong,
      param: 'chain[1]',
      message: 'acme/small cannot stand in for itself.',
    });
    expect(await refused(['demo/echo', 'demo-echo'])).toMatchObject({ ...wrong, param: 'chain[1]' });
    expect(await refused(['acme/vectors'])).toMatchObject({
      ...wrong,
      param: 'chain[0]',
      message: 'acme/vectors is a model for embedding, acme/small one for chat.',
    });
    expect(await refused([{ model: 'demo/echo', on: ['never'] }])).toMatchObject({
      ...wrong,
      param: 'chain[0].on[0]',
    });
    expect(await refused([{ model: 'demo/echo', on: ['slo', 'slo'] }])).toMatchObject({
      ...wrong,
      param: 'chain[0].on',
    });
    expect(await refused([])).toMatchObject({ ...wrong, param: 'chain' });
    expect(await refused(undefined)).toMatchObject({ code: 'missing_parameter', param: 'chain' });
    expect(errorOf(await put(one.admin, 'no/such-model', ['demo/echo']))).toMatchObject({
      ...wrong,
      param: 'model',
    });
  });

  it('of the deployment holds for all who have none of their own, and is audited', async () => {
    const made = await put(OPERATOR, 'demo/json', ['demo/echo']);
    expect(made.body.workspace).toBeNull();
    expect((await get(other.admin, 'demo/json')).body).toEqual(made.body);
    await put(one.admin, 'demo/json', ['acme/small']);
    expect((await get(one.admin, 'demo/json')).body.chain[0].model).toBe('acme/small');
    expect((await get(other.admin, 'demo/json')).body.chain[0].model).toBe('demo/echo');
    expect((await rule('DELETE', 'fallbacks', 'demo/json', OPERATOR)).status).toBe(204);
    expect((await get(other.admin, 'demo/json')).status).toBe(404);
    const { results } = await DB.prepare(
      "select workspace_id, actor, action from audit_log where target = 'demo/json' order by id",
    ).all();
    expect(results).toEqual([
      { workspace_id: null, actor: 'operator', action: 'fallback.put' },
      { workspace_id: one.id, actor: expect.stringMatching(/^key_/), action: 'fallback.put' },
      { workspace_id: null, actor: 'operator', action: 'fallback.delete' },
    ]);
  });

  it('of a model that is gone can be taken away', async () => {
    await rule('PUT', 'models', 'acme/brief', OPERATOR, { kind: 'chat', endpoints: endpoints() });
    await put(one.admin, 'acme/brief', ['demo/echo']);
    await put(one.admin, 'demo/slow', ['acme/brief']);
    await rule('DELETE', 'models', 'acme/brief', OPERATOR);
    expect((await get(one.admin, 'demo/slow')).body.warnings).toEqual([
      'acme/brief is gone: all requests skip it',
    ]);
    expect((await rule('DELETE', 'fallbacks', 'Acme/Brief', one.admin)).status).toBe(204);
  });

  it('is one of two hundred at most', async () => {
    const { id, admin } = await newTenant();
    const row = DB.prepare("insert into fallbacks values (?, ?, '[]', 0)");
    await DB.batch(Array.from({ length: 200 }, (_, at) => row.bind(id, `acme/m${at}`)));
    expect(errorOf(await put(admin, 'demo/echo', ['demo/json']))).toMatchObject({ status: 409 });
  });
});
