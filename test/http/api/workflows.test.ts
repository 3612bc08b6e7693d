import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { call, errorOf, OPERATOR } from '../../support/gateway.ts';
import { newTenant, rule, type Tenant } from '../../support/routing.ts';

const { DB } = env as unknown as { DB: D1Database };

let one: Tenant;
let other: Tenant;

beforeAll(async () => {
  one = await newTenant();
  other = await newTenant();
});

const put = (key: string, name: string, body: object) => rule('PUT', 'workflows', name, key, body);
const get = (key: string, name: string) => rule('GET', 'workflows', name, key);

describe('a workflow', () => {
  it('has a policy of its own, the name of one, or none', async () => {
    await rule('PUT', 'policies', 'cheap', one.admin, { objective: 'cost' });
    const own = await put(one.admin, 'support', { policy: { region: 'eu' } });
    expect(own).toMatchObject({
      status: 200,
      body: { name: 'support', policy: { region: 'eu' }, workspace: one.id },
    });
    const named = await put(one.admin, 'support', { policy: 'cheap' });
    expect(named.body.policy).toBe('cheap');
    expect((await get(one.admin, 'support')).body).toEqual(named.body);
    const none = await put(one.admin, 'plain', {});
    expect(none.body.policy).toBeNull();
    const listed = await call('GET', '/api/workflows', { key: one.admin });
    expect(listed.body.data).toEqual([none.body, named.body]);
    expect((await call('GET', '/api/workflows', { key: other.admin })).body.data).toEqual([]);
    expect(errorOf(await get(other.admin, 'support'))).toEqual({
      status: 404,
      code: 'not_found',
      param: 'name',
    });
    for (const name of ['plain', 'support'])
      expect((await rule('DELETE', 'workflows', name, one.admin)).status).toBe(204);
    expect(errorOf(await rule('DELETE', 'workflows', 'plain', one.admin))).toMatchObject({ status: 404 });
  });

  it('names no policy that is not there, and nothing is written', async () => {
    await rule('PUT', 'policies', 'theirs', other.admin, {});
    for (const policy of ['nowhere', 'theirs']) {
      expect(errorOf(await put(one.admin, 'astray', { policy }))).toEqual({
        status: 404,
        code: 'policy_not_found',
        param: 'policy',
      });
    }
    const { results } = await DB.prepare("select action from audit_log where target = 'astray'").all();
    expect(results).toEqual([]);
    expect((await get(one.admin, 'astray')).status).toBe(404);
  });

  it('keeps the policy that it names from being deleted', async () => {
    await rule('PUT', 'policies', 'held', one.admin, { objective: 'cost' });
    await put(one.admin, 'holder', { policy: 'held' });
    const refused = await rule('DELETE', 'policies', 'held', one.admin);
    expect(errorOf(refused)).toEqual({ status: 409, code: 'conflict', param: 'name' });
    expect(refused.body.error.message).toContain('holder');
    // Another workspace's policy of the same name is another.
    await rule('PUT', 'policies', 'held', other.admin, {});
    expect((await rule('DELETE', 'policies', 'held', other.admin)).status).toBe(204);
    await put(one.admin, 'holder', { policy: null });
    expect((await rule('DELETE', 'policies', 'held', one.admin)).status).toBe(204);
  });

  it('keeps the deployment’s policy too, unless the workspace covers it', async () => {
    await rule('PUT', 'policies', 'shared', OPERATOR, { region: 'eu' });
    await put(one.admin, 'sharing', { policy: 'shared' });
    expect(errorOf(await rule('DELETE', 'policies', 'shared', OPERATOR))).toMatchObject({ code: 'conflict' });
    await rule('PUT', 'policies', 'shared', one.admin, { region: 'us' });
    expect((await rule('DELETE', 'policies', 'shared', OPERATOR)).status).toBe(204);
  });

  it('is made by the operator in the workspace that is named', async () => {
    const made = await put(OPERATOR, 'by-operator', { workspace: one.id });
    expect(made.body.workspace).toBe(one.id);
    expect((await get(one.admin, 'by-operator')).status).toBe(200);
  });

  it('is refused with what is wrong with it', async () => {
    const refused = async (policy: unknown) => errorOf(await put(one.admin, 'x', { policy }));
    expect(await refused({ slo_ms: 0 })).toEqual({
      status: 400,
      code: 'invalid_value',
      param: 'policy.slo_ms',
    });
    expect(await refused({ nonsense: 1 })).toEqual({
      status: 400,
      code: 'unsupported_parameter',
      param: 'policy.nonsense',
    });
    expect(await refused('a b')).toEqual({ status: 400, code: 'invalid_value', param: 'policy' });
    expect(await refused(5)).toMatchObject({ status: 400, param: 'policy' });
  });

  it('is one of two hundred at most', async () => {
    const { id, admin } = await newTenant();
    const row = DB.prepare('insert into workflows values (?, ?, null, 0, 0)');
    await DB.batch(Array.from({ length: 200 }, (_, at) => row.bind(id, `w${at}`)));
    expect(errorOf(await put(admin, 'more', {}))).toMatchObject({ status: 409, code: 'conflict' });
    expect((await put(admin, 'w1', { policy: { region: 'eu' } })).status).toBe(200);
  });
});
