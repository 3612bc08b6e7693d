import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, call, errorOf, newKey, OPERATOR } from '../../support/gateway.ts';
import { as, newMember } from '../../support/people.ts';
import { newTenant, rule, type Tenant } from '../../support/routing.ts';

let one: Tenant;
let other: Tenant;

beforeAll(async () => {
  one = await newTenant();
  other = await newTenant();
});

const messages = [{ role: 'user', content: 'hi' }];

const explain = (
  key: string,
  body: object,
  { query = '', headers = {} }: { query?: string; headers?: Record<string, string> } = {},
) => call('POST', `/api/route${query}`, { key, body: { messages, ...body }, headers });

const endpointsOf = ({ status, body }: Answer): string[] => {
  expect(status, JSON.stringify(body)).toBe(200);
  return body.candidates.map(({ endpoint }: { endpoint: string }) => endpoint);
};

describe('an explained route', () => {
  it('ranks who would serve, with estimates', async () => {
    const answer = await explain(one.key, { model: 'demo/resilient', max_tokens: 100 });
    expect(endpointsOf(answer)).toEqual(['demo/resilient@demo', 'demo/resilient@demo-backup']);
    expect(answer.body).toMatchObject({ object: 'route', policy: {}, reason: null, excluded: [] });
    const [first, second] = answer.body.candidates;
    expect(first).toMatchObject({ model: 'demo/resilient', provider: 'demo', on: null });
    // The second costs twice the first, by declaration.
    expect(first.estimate.cost_usd).toBeGreaterThan(0);
    expect(second.estimate.cost_usd).toBeCloseTo(2 * first.estimate.cost_usd, 12);
  });

  it('says what others would have taken', async () => {
    const answer = await explain(one.key, { model: 'demo/echo', policy: { region: 'eu' } });
    expect(endpointsOf(answer)).toEqual([]);
    expect(answer.body.excluded).toEqual([
      { model: 'demo/echo', endpoint: 'demo/echo@demo', constraints: ['region'], detail: expect.any(String) },
    ]);
    expect(answer.body.excluded_by).toEqual({ region: 1 });
  });

  it('goes by what the workspace declared, and by the headers', async () => {
    const { id, admin, key } = await newTenant();
    await rule('PUT', 'policies', 'eu', admin, { region: 'eu' });
    await rule('PUT', 'workflows', 'support', admin, { policy: 'eu' });
    await rule('PUT', 'fallbacks', 'demo/echo', admin, { chain: [{ model: 'demo/json', on: ['slo'] }] });
    await rule('PUT', 'splits', 'mix', admin, { targets: [{ model: 'demo/slow', percent: 100 }] });
    const chained = await explain(key, { model: 'demo/echo' });
    expect(endpointsOf(chained)).toEqual(['demo/echo@demo', 'demo/json@demo']);
    expect(chained.body.candidates[1].on).toEqual(['slo']);
    expect(endpointsOf(await explain(key, { model: 'mix' }))).toEqual(['demo/slow@demo']);
    for (const headers of [{ 'x-policy': 'eu' }, { 'x-workflow': 'support' }]) {
      const answer = await explain(key, { model: 'demo/slow' }, { headers });
      expect(answer.body.policy).toEqual({ region: 'eu' });
      expect(endpointsOf(answer)).toEqual([]);
    }
    await call('PUT', `/api/workspaces/${id}/policy`, { key: admin, body: { max_cost_usd: 0.5 } });
    const both = await explain(key, { model: 'demo/slow', policy: 'eu' });
    expect(both.body.policy).toEqual({ region: 'eu', max_cost_usd: 0.5 });
    const unknown = await explain(key, { model: 'demo/slow', policy: 'nowhere' });
    expect(errorOf(unknown)).toEqual({ status: 404, code: 'policy_not_found', param: 'policy' });
  });

  it('goes by the rules of the deployment too', async () => {
    await rule('PUT', 'policies', 'house', OPERATOR, { region: 'eu' });
    await rule('PUT', 'fallbacks', 'demo/tools', OPERATOR, { chain: ['demo/echo'] });
    const answer = await explain(one.key, { model: 'demo/tools' });
    expect(endpointsOf(answer)).toEqual(['demo/tools@demo', 'demo/echo@demo']);
    expect((await explain(one.key, { model: 'demo/echo', policy: 'house' })).body.policy).toEqual({
      region: 'eu',
    });
    await rule('DELETE', 'policies', 'house', OPERATOR);
    await rule('DELETE', 'fallbacks', 'demo/tools', OPERATOR);
  });

  it('is a key’s own; for all others that of a key without limits in their workspace', async () => {
    await call('PUT', `/api/workspaces/${one.id}/policy`, { key: one.admin, body: { total_ms: 70_000 } });
    const limited = await newKey(one.id);
    const change = { models: ['demo/json'], policy: { slo_ms: 500 } };
    await call('PATCH', `/api/keys/${limited.id}`, { key: one.admin, body: change });
    expect((await explain(limited.key, { model: 'demo/json' })).body.policy).toEqual({
      slo_ms: 500,
      total_ms: 70_000,
    });
    expect(errorOf(await explain(limited.key, { model: 'demo/echo' }))).toMatchObject({
      code: 'model_not_enabled',
    });
    const viewer = await newMember(one.id, 'viewer');
    const seen = await as(viewer, 'POST', '/api/route', { body: { model: 'demo/echo', messages } });
    expect(endpointsOf(seen)).toEqual(['demo/echo@demo']);
    expect(seen.body.policy).toEqual({ total_ms: 70_000 });
    const named = await explain(OPERATOR, { model: 'demo/echo' }, { query: `?workspace=${one.id}` });
    expect(named.body.policy).toEqual({ total_ms: 70_000 });
    const byHeader = { headers: { 'x-workspace': other.id } };
    expect((await explain(OPERATOR, { model: 'demo/echo' }, byHeader)).body.policy).toEqual({});
    expect(errorOf(await explain(one.key, { model: 'demo/echo' }, byHeader))).toEqual({
      status: 404,
      code: 'not_found',
      param: 'workspace',
    });
    await call('DELETE', `/api/workspaces/${one.id}/policy`, { key: one.admin });
  });

  it('is refused as the request would be', async () => {
    const refused = async (body: object) => errorOf(await explain(one.key, body));
    expect(await refused({ model: 'demo/ecko' })).toMatchObject({ status: 404, code: 'model_not_found' });
    expect(await refused({})).toEqual({ status: 400, code: 'missing_parameter', param: 'model' });
    expect(await refused({ model: 'demo/echo', messages: [] })).toEqual({
      status: 400,
      code: 'invalid_value',
      param: 'messages',
    });
    expect(await refused({ model: 'demo/echo', policy: { slo_ms: 0 } })).toEqual({
      status: 400,
      code: 'invalid_value',
      param: 'policy.slo_ms',
    });
    const malformed = await call('POST', '/api/route', { key: one.key, body: '{"model":' });
    expect(errorOf(malformed)).toEqual({ status: 400, code: 'invalid_json', param: null });
    const large = await explain(one.key, { model: 'demo/echo', user: 'x'.repeat(1024 * 1024) });
    expect(errorOf(large)).toMatchObject({ status: 413, code: 'request_too_large' });
  });

  it('calls nobody and charges nothing', async () => {
    const balance = async () =>
      (await call('GET', `/api/workspaces/${other.id}`, { key: OPERATOR })).body.credits;
    const before = await balance();
    const answer = await explain(other.key, { model: 'demo/echo' });
    expect(endpointsOf(answer)).toEqual(['demo/echo@demo']);
    expect(answer.headers.get('x-generation-id')).toBeNull();
    expect(await balance()).toBe(before);
  });
});
