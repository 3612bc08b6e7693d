import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { call, errorOf, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';

const { DB } = env as unknown as { DB: D1Database };

interface Tenant {
  id: string;
  admin: string;
  key: string;
}

let one: Tenant;
let other: Tenant;

async function newTenant(): Promise<Tenant> {
  const { id } = await newWorkspace();
  return { id, admin: (await newKey(id, 'admin')).key, key: (await newKey(id)).key };
}

beforeAll(async () => {
  one = await newTenant();
  other = await newTenant();
});

afterEach(async () => {
  for (const { alias } of (await call('GET', '/api/aliases', { key: OPERATOR })).body.data) {
    await call('DELETE', `/api/aliases/${encodeURIComponent(alias)}`, { key: OPERATOR });
  }
});

const put = (key: string, alias: string, body: object) =>
  call('PUT', `/api/aliases/${encodeURIComponent(alias)}`, { key, body });

/** Which model answers to a name, or the error's code. */
async function served(key: string, model: string): Promise<string> {
  const body = { model, messages: [{ role: 'user', content: 'hi' }] };
  const answer = await call('POST', '/v1/chat/completions', { key, body });
  return answer.headers.get('x-model-used') ?? answer.body.error.code;
}

describe('an alias of the deployment', () => {
  it('sends a name elsewhere for everyone, however it is spelled, and gives it back', async () => {
    expect(await served(one.key, 'gpt-4o')).toBe('model_not_available');
    const answer = await put(OPERATOR, 'gpt-4o', { model: 'demo-echo' });
    expect(answer).toMatchObject({
      status: 200,
      body: { alias: 'gpt-4o', model: 'demo/echo', workspace: null },
    });
    for (const name of ['gpt-4o', 'GPT-4O', ' gpt-4o']) expect(await served(one.key, name)).toBe('demo/echo');
    expect(await served(other.key, 'gpt-4o')).toBe('demo/echo');
    expect(await served(one.key, 'openai/gpt-4o')).toBe('model_not_available');
    expect((await call('GET', '/v1/models/gpt-4o', { key: one.key })).body.id).toBe('demo/echo');
    expect((await call('DELETE', '/api/aliases/gpt-4o', { key: OPERATOR })).status).toBe(204);
    expect(await served(one.key, 'gpt-4o')).toBe('model_not_available');
  });

  it('goes before slugs and canonical ids, with dots as dashes, and never leads to another alias', async () => {
    await put(OPERATOR, 'gpt-4.1', { model: 'demo/echo' });
    expect(await served(one.key, 'gpt-4-1')).toBe('demo/echo');
    await put(OPERATOR, 'openai/gpt-4o', { model: 'demo/json' });
    expect(await served(one.key, 'openai/gpt-4o')).toBe('demo/json');
    expect((await put(OPERATOR, 'my-model-latest', { model: 'gpt-4.1' })).body.model).toBe('openai/gpt-4.1');
    expect((await call('GET', '/api/models/openai%2Fgpt-4o', { key: OPERATOR })).body.id).toBe(
      'openai/gpt-4o',
    );
  });

  it('is moved by a second PUT, and each change is in the audit log', async () => {
    await put(OPERATOR, 'seer-latest', { model: 'demo/echo' });
    await put(OPERATOR, 'Seer-Latest', { model: 'demo/json' });
    expect(await served(one.key, 'seer-latest')).toBe('demo/json');
    expect((await call('GET', '/api/aliases', { key: OPERATOR })).body.data).toEqual([
      { alias: 'seer-latest', model: 'demo/json', workspace: null },
    ]);
    await call('DELETE', '/api/aliases/seer-latest', { key: OPERATOR });
    const { results } = await DB.prepare(
      "select actor, action, before, after from audit_log where target = 'seer-latest' order by id",
    ).all();
    expect(results).toEqual([
      { actor: 'operator', action: 'alias.put', before: null, after: '{"model":"demo/echo"}' },
      {
        actor: 'operator',
        action: 'alias.put',
        before: '{"model":"demo/echo"}',
        after: '{"model":"demo/json"}',
      },
      { actor: 'operator', action: 'alias.delete', before: '{"model":"demo/json"}', after: null },
    ]);
  });
});

describe('an alias of a workspace', () => {
  it('is known at once to all its keys, to no other tenant, and goes before the deployment’s', async () => {
    await put(OPERATOR, 'fast', { model: 'demo/json' });
    expect(await served(one.key, 'fast')).toBe('demo/json');
    const answer = await put(one.admin, 'fast', { model: 'demo/echo' });
    expect(answer.body).toEqual({ alias: 'fast', model: 'demo/echo', workspace: one.id });
    expect(await served(one.key, 'fast')).toBe('demo/echo');
    expect(await served(one.admin, 'Fast')).toBe('demo/echo');
    expect(await served(other.key, 'fast')).toBe('demo/json');
    const mine = await call('GET', '/api/aliases/fast', { key: one.admin });
    expect(mine.body).toEqual({ alias: 'fast', model: 'demo/echo', workspace: one.id });
    const theirs = await call('GET', '/api/aliases/fast', { key: other.admin });
    expect(theirs.body).toEqual({ alias: 'fast', model: 'demo/json', workspace: null });
    expect((await call('DELETE', '/api/aliases/fast', { key: one.admin })).status).toBe(204);
    expect(await served(one.key, 'fast')).toBe('demo/json');
  });

  it('is set by the operator too, and by nobody of another workspace', async () => {
    const set = await put(OPERATOR, 'set', { model: 'demo/echo', workspace: one.id });
    expect(set.body.workspace).toBe(one.id);
    expect(await served(one.key, 'set')).toBe('demo/echo');
    const foreign = await put(other.admin, 'set', { model: 'demo/json', workspace: one.id });
    expect(errorOf(foreign)).toEqual({ status: 404, code: 'not_found', param: 'workspace' });
    const gone = await call('DELETE', '/api/aliases/set', { key: other.admin });
    expect(errorOf(gone)).toEqual({ status: 404, code: 'not_found', param: 'alias' });
    expect(await served(one.key, 'set')).toBe('demo/echo');
  });

  it('opens no model that the workspace may not call', async () => {
    const { id, key, admin } = await newTenant();
    await call('PUT', `/api/workspaces/${id}/models`, { key: admin, body: { models: ['demo/json'] } });
    await put(admin, 'way-in', { model: 'demo/echo' });
    expect(await served(key, 'way-in')).toBe('model_not_enabled');
  });
});

describe('an alias', () => {
  it('needs a model that exists, and a name', async () => {
    const unknown = await put(OPERATOR, 'x', { model: 'demo/ecko' });
    expect(errorOf(unknown)).toEqual({ status: 400, code: 'invalid_value', param: 'model' });
    expect(unknown.body.error.message).toContain('demo/echo');
    const self = await put(OPERATOR, 'Demo/Echo', { model: 'demo-echo' });
    expect(errorOf(self)).toEqual({ status: 400, code: 'invalid_value', param: 'model' });
    expect(errorOf(await put(OPERATOR, 'a b', { model: 'demo/echo' }))).toMatchObject({ status: 400 });
    expect(errorOf(await put(OPERATOR, 'x', {}))).toMatchObject({ code: 'missing_parameter' });
  });

  it('of a model that is gone means none', async () => {
    const body = { kind: 'chat', endpoints: [{ provider: 'demo', upstream_model: 'demo-echo' }] };
    await call('PUT', '/api/models/acme%2Fbrief', { key: OPERATOR, body });
    await put(OPERATOR, 'demo/json', { model: 'acme/brief' });
    expect(await served(one.key, 'demo/json')).toBe('acme/brief');
    await call('DELETE', '/api/models/acme%2Fbrief', { key: OPERATOR });
    expect(await served(one.key, 'demo/json')).toBe('model_not_found');
  });
});
