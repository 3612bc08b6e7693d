import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { call, errorOf, newKey, OPERATOR } from '../../support/gateway.ts';
import { newTenant, rule, type Tenant } from '../../support/routing.ts';

const { DB } = env as unknown as { DB: D1Database };

let one: Tenant;
let other: Tenant;

beforeAll(async () => {
  one = await newTenant();
  other = await newTenant();
});

const put = (key: string, name: string, body: object) => rule('PUT', 'policies', name, key, body);
const get = (key: string, name: string) => rule('GET', 'policies', name, key);
const remove = (key: string, name: string) => rule('DELETE', 'policies', name, key);

describe('a policy', () => {
  it('is declared as a whole, read, listed and deleted', async () => {
    const first = await put(one.admin, 'cheap', { max_cost_usd: 0.01, objective: 'cost' });
    expect(first).toMatchObject({
      status: 200,
      body: { name: 'cheap', policy: { max_cost_usd: 0.01, objective: 'cost' }, workspace: one.id },
    });
    const second = await put(one.admin, 'cheap', { region: 'EU', slo_ms: null, midstream: 'restart' });
    expect(second.body.policy).toEqual({ region: 'eu', midstream: ['restart'] });
    expect(second.body.created_at).toBe(first.body.created_at);
    expect((await get(one.admin, 'cheap')).body).toEqual(second.body);
    expect((await call('GET', '/api/policies', { key: one.admin })).body.data).toEqual([second.body]);
    expect((await remove(one.admin, 'cheap')).status).toBe(204);
    expect(errorOf(await get(one.admin, 'cheap'))).toEqual({
      status: 404,
      code: 'policy_not_found',
      param: 'name',
    });
    expect(errorOf(await remove(one.admin, 'cheap'))).toMatchObject({ code: 'policy_not_found' });
  });

  it('of the deployment is everyone’s, and covered by a workspace’s own of the same name', async () => {
    await put(OPERATOR, 'house', { region: 'eu' });
    expect((await get(other.admin, 'house')).body).toMatchObject({
      policy: { region: 'eu' },
      workspace: null,
    });
    await put(one.admin, 'house', { region: 'us' });
    expect((await get(one.admin, 'house')).body).toMatchObject({
      policy: { region: 'us' },
      workspace: one.id,
    });
    expect((await get(other.admin, 'house')).body.policy).toEqual({ region: 'eu' });
    expect(errorOf(await remove(other.admin, 'house'))).toMatchObject({ code: 'policy_not_found' });
    expect((await remove(one.admin, 'house')).status).toBe(204);
    expect((await get(one.admin, 'house')).body.policy).toEqual({ region: 'eu' });
    expect((await remove(OPERATOR, 'house')).status).toBe(204);
    expect(errorOf(await get(one.admin, 'house'))).toMatchObject({ code: 'policy_not_found' });
  });

  it('is set by the operator for a workspace', async () => {
    const set = await put(OPERATOR, 'set', { region: 'eu', workspace: one.id });
    expect(set.body).toMatchObject({ policy: { region: 'eu' }, workspace: one.id });
    expect((await get(one.admin, 'set')).status).toBe(200);
    expect((await get(other.admin, 'set')).status).toBe(404);
    expect((await call('DELETE', `/api/policies/set?workspace=${one.id}`, { key: OPERATOR })).status).toBe(
      204,
    );
    expect((await get(one.admin, 'set')).status).toBe(404);
  });

  it('writes each change to the audit log', async () => {
    await put(one.admin, 'audited', { region: 'eu' });
    await put(one.admin, 'audited', { region: 'us' });
    await remove(one.admin, 'audited');
    const { results } = await DB.prepare(
      "select workspace_id, action, before, after from audit_log where target = 'audited' order by id",
    ).all();
    expect(results).toEqual([
      { workspace_id: one.id, action: 'policy.put', before: null, after: '{"region":"eu"}' },
      { workspace_id: one.id, action: 'policy.put', before: '{"region":"eu"}', after: '{"region":"us"}' },
      { workspace_id: one.id, action: 'policy.delete', before: '{"region":"us"}', after: null },
    ]);
  });

  it('is refused with what is wrong with it', async () => {
    const refused = async (body: object) => errorOf(await put(one.admin, 'x', body));
    expect(await refused({ slo: 5 })).toEqual({ status: 400, code: 'unsupported_parameter', param: 'slo' });
    expect(await refused({ slo_ms: '5' })).toEqual({ status: 400, code: 'invalid_type', param: 'slo_ms' });
    expect(await refused({ min_accuracy: 2 })).toEqual({
      status: 400,
      code: 'invalid_value',
      param: 'min_accuracy',
    });
    expect(await refused({ allow: ['a', ''] })).toMatchObject({ param: 'allow[1]' });
    expect(errorOf(await put(one.admin, 'a b', {}))).toMatchObject({ status: 400, param: 'name' });
    const malformed = await call('PUT', '/api/policies/x', { key: one.admin, body: '{"region":' });
    expect(errorOf(malformed)).toEqual({ status: 400, code: 'invalid_json', param: null });
    const large = await call('PUT', '/api/policies/x', {
      key: one.admin,
      body: { region: 'x'.repeat(1024 * 1024) },
    });
    expect(errorOf(large)).toMatchObject({ status: 413, code: 'request_too_large' });
  });

  it('is one of a hundred at most, which together are no larger than a key may carry', async () => {
    const { id, admin } = await newTenant();
    const row = DB.prepare("insert into policies values (?, ?, '{}', 0, 0)");
    await DB.batch(Array.from({ length: 100 }, (_, at) => row.bind(id, `p${at}`)));
    expect(errorOf(await put(admin, 'more', {}))).toMatchObject({ status: 409, code: 'conflict' });
    expect((await put(admin, 'p7', { region: 'eu' })).status).toBe(200);
    const globs = Array.from({ length: 100 }, (_, at) => `${at}`.padStart(200, 'x'));
    const answers = [];
    for (let at = 0; at < 3; at++) {
      answers.push((await put(admin, `p${at}`, { allow: globs, deny: globs })).status);
    }
    // 2 × 40 KB are more than 64 KB; one may be declared anew.
    expect(answers).toEqual([200, 409, 409]);
    expect((await put(admin, 'p0', { allow: globs, deny: [...globs].reverse() })).status).toBe(200);
  });
});

describe('the default policy of a workspace', () => {
  it('is set, read and taken away', async () => {
    const path = `/api/workspaces/${one.id}/policy`;
    expect((await call('GET', path, { key: one.admin })).body).toEqual({ policy: null });
    const set = await call('PUT', path, { key: one.admin, body: { data_collection: 'deny' } });
    expect(set).toMatchObject({ status: 200, body: { policy: { data_collection: 'deny' } } });
    expect((await call('GET', path, { key: one.admin })).body).toEqual(set.body);
    const wrong = await call('PUT', path, { key: one.admin, body: { data_collection: 'no' } });
    expect(errorOf(wrong)).toEqual({ status: 400, code: 'invalid_value', param: 'data_collection' });
    expect((await call('DELETE', path, { key: one.admin })).status).toBe(204);
    expect((await call('GET', path, { key: one.admin })).body).toEqual({ policy: null });
  });
});

describe('the policy of a key', () => {
  it('is given when the key is made, changed, shown and taken away', async () => {
    const body = { name: 'k', workspace: one.id, policy: { region: 'eu', slo_ms: null } };
    const made = await call('POST', '/api/keys', { key: OPERATOR, body });
    expect(made.body.policy).toEqual({ region: 'eu' });
    const path = `/api/keys/${made.body.id}`;
    expect((await call('PATCH', path, { key: one.admin, body: { name: 'same' } })).body.policy).toEqual({
      region: 'eu',
    });
    const changed = await call('PATCH', path, { key: one.admin, body: { policy: { slo_ms: 900 } } });
    expect(changed.body.policy).toEqual({ slo_ms: 900 });
    expect((await call('GET', path, { key: one.admin })).body.policy).toEqual({ slo_ms: 900 });
    expect((await call('PATCH', path, { key: one.admin, body: { policy: null } })).body.policy).toBeNull();
    const wrong = await call('PATCH', path, { key: one.admin, body: { policy: { slo_ms: 0 } } });
    expect(errorOf(wrong)).toEqual({ status: 400, code: 'invalid_value', param: 'policy.slo_ms' });
    const plain = await newKey(one.id);
    expect((await call('GET', `/api/keys/${plain.id}`, { key: one.admin })).body.policy).toBeNull();
  });
});
