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

const put = (key: string, name: string, targets: unknown) => rule('PUT', 'splits', name, key, { targets });
const get = (key: string, name: string) => rule('GET', 'splits', name, key);
const target = (model: string, percent: number) => ({ model, percent });

describe('a split', () => {
  it('is declared, found however it is spelled, and given back', async () => {
    const answer = await put(one.admin, 'Canary-1.0', [target('demo-echo', 90), target('demo/json', 10)]);
    expect(answer).toMatchObject({
      status: 200,
      body: {
        name: 'canary-1.0',
        targets: [target('demo/echo', 90), target('demo/json', 10)],
        workspace: one.id,
      },
    });
    expect((await get(one.admin, 'CANARY-1-0')).body).toEqual(answer.body);
    expect((await call('GET', '/api/splits', { key: one.admin })).body.data).toEqual([answer.body]);
    expect(errorOf(await get(other.admin, 'canary-1.0'))).toEqual({
      status: 404,
      code: 'not_found',
      param: 'name',
    });
    const moved = await put(one.admin, 'canary-1-0', [target('demo/echo', 100)]);
    expect(moved.body).toMatchObject({ name: 'canary-1-0', targets: [target('demo/echo', 100)] });
    expect((await call('GET', '/api/splits', { key: one.admin })).body.data).toHaveLength(1);
    expect((await rule('DELETE', 'splits', 'canary-1.0', one.admin)).status).toBe(204);
    expect((await rule('DELETE', 'splits', 'canary-1.0', one.admin)).status).toBe(404);
    const { results } = await DB.prepare(
      "select action, after from audit_log where workspace_id = ? and action like 'split.%' order by id",
    )
      .bind(one.id)
      .all();
    expect(results.map(({ action }) => action)).toEqual(['split.put', 'split.put', 'split.delete']);
    expect(results[1]?.after).toBe('[{"model":"demo/echo","percent":100}]');
  });

  it('adds up to a hundred, to the hundredth', async () => {
    const thirds = [target('demo/echo', 33.33), target('demo/json', 33.33), target('demo/slow', 33.34)];
    expect((await put(one.admin, 'thirds', thirds)).status).toBe(200);
    // 14.28 × 6 + 14.32, which floats add up to a little less.
    const sum = await put(one.admin, 'off', [target('demo/echo', 90), target('demo/json', 9.99)]);
    expect(errorOf(sum)).toEqual({ status: 400, code: 'invalid_value', param: 'targets' });
    expect(sum.body.error.message).toContain('99.99');
    const over = await put(one.admin, 'off', [target('demo/echo', 90), target('demo/json', 11)]);
    expect(errorOf(over)).toMatchObject({ param: 'targets' });
    for (const percent of [0, -1, 100.5, 33.333]) {
      const answer = await put(one.admin, 'off', [target('demo/echo', percent)]);
      expect(errorOf(answer), `${percent}`).toMatchObject({ param: 'targets[0].percent' });
    }
  });

  it('has different models of one kind, which exist', async () => {
    await rule('PUT', 'models', 'acme/vectors', OPERATOR, {
      kind: 'embedding',
      endpoints: [{ provider: 'demo', upstream_model: 'demo-echo' }],
    });
    const refused = async (targets: unknown) => errorOf(await put(one.admin, 'x', targets));
    const second = { status: 400, code: 'invalid_value', param: 'targets[1].model' };
    expect(await refused([target('demo/echo', 50), target('demo-echo', 50)])).toEqual(second);
    expect(await refused([target('demo/echo', 50), target('acme/vectors', 50)])).toEqual(second);
    expect(await refused([target('demo/echo', 50), target('demo/ecko', 50)])).toEqual(second);
    expect(await refused([])).toMatchObject({ param: 'targets' });
    expect(await refused('demo/echo')).toMatchObject({ code: 'invalid_type', param: 'targets' });
    expect(errorOf(await put(one.admin, 'Auto', [target('demo/echo', 100)]))).toMatchObject({
      param: 'name',
    });
    expect(errorOf(await put(one.admin, 'a b', [target('demo/echo', 100)]))).toMatchObject({ status: 400 });
  });

  it('of the deployment is covered by a workspace’s own', async () => {
    await put(OPERATOR, 'mix', [target('demo/echo', 100)]);
    await put(one.admin, 'mix', [target('demo/json', 100)]);
    expect((await get(one.admin, 'mix')).body.targets).toEqual([target('demo/json', 100)]);
    expect((await get(other.admin, 'mix')).body).toMatchObject({
      targets: [target('demo/echo', 100)],
      workspace: null,
    });
    expect((await rule('DELETE', 'splits', 'mix', OPERATOR)).status).toBe(204);
    expect((await get(other.admin, 'mix')).status).toBe(404);
  });

  it('is one of a hundred at most', async () => {
    const { id, admin } = await newTenant();
    const row = DB.prepare("insert into splits values (?, ?, '{}', 0)");
    await DB.batch(Array.from({ length: 100 }, (_, at) => row.bind(id, `s${at}`)));
    expect(errorOf(await put(admin, 'more', [target('demo/echo', 100)]))).toMatchObject({ status: 409 });
  });
});
