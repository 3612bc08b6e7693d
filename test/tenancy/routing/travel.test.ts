import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { database } from '../../../src/db/client.ts';
import type { Env } from '../../../src/env.ts';
import { recordScore } from '../../../src/evals/scores.ts';
import { readRegistry } from '../../../src/registry/read.ts';
import { hashSecret } from '../../../src/tenancy/key-secret.ts';
import { readKeyState } from '../../../src/tenancy/key-state.ts';
import { readCopy, readStored } from '../../../src/tenancy/key-store.ts';
import type { KeyGrant } from '../../../src/tenancy/types.ts';
import { call, newKey, OPERATOR } from '../../support/gateway.ts';
import { newTenant, rule, type Tenant } from '../../support/routing.ts';

const bindings = env as unknown as Env;

let one: Tenant;
let other: Tenant;

beforeAll(async () => {
  other = await newTenant();
});

/** What D1 says that a key may do. */
async function grantOf(key: string): Promise<KeyGrant> {
  const state = await readStored(bindings, hashSecret(key), Date.now());
  if (state?.state !== 'active') throw new Error(`the key is ${state?.state}`);
  // What KV holds is read with a schema, then compared as text: nothing may be lost or change its place.
  const copy = JSON.stringify(state);
  expect(JSON.stringify(readKeyState(copy))).toBe(copy);
  return state.grant;
}

describe('what a workspace declared', () => {
  beforeAll(async () => {
    one = await newTenant();
  });

  it('is absent from its keys where it declared nothing', async () => {
    expect(await grantOf(one.key)).not.toHaveProperty('routing');
    expect(await grantOf(one.key)).not.toHaveProperty('policy');
  });

  it('travels with all its keys, and with no other tenant’s', async () => {
    const everything = {
      allow_unrated: true,
      allow: ['demo/*'],
      data_collection: 'deny',
      deny: ['x/*'],
      first_token_ms: 1000,
      idle_ms: 2000,
      max_attempts: 3,
      max_cost_usd: 0.5,
      max_wake_ms: 0,
      midstream: ['restart', 'error'],
      min_accuracy: 0.5,
      objective: 'latency',
      region: 'eu',
      require_parameters: false,
      slo_ms: 700,
      total_ms: 60_000,
    };
    await rule('PUT', 'policies', 'all', one.admin, everything);
    await rule('PUT', 'fallbacks', 'demo/echo', one.admin, { chain: ['demo/json'] });
    await rule('PUT', 'splits', 'mix-1.0', one.admin, { targets: [{ model: 'demo/echo', percent: 100 }] });
    await rule('PUT', 'workflows', 'own', one.admin, { policy: { region: 'us' } });
    await rule('PUT', 'workflows', 'named', one.admin, { policy: 'all' });
    await rule('PUT', 'workflows', 'bare', one.admin, {});
    await call('PUT', `/api/workspaces/${one.id}/policy`, { key: one.admin, body: { objective: 'cost' } });
    const measured = { mean: 0.9, lower: 0.8, samples: 40 };
    await recordScore(bindings, {
      workspaceId: one.id,
      workflow: 'own',
      model: 'demo/echo',
      ...measured,
      runId: 'run_1',
      measuredAt: 5,
    });
    expect((await grantOf(one.key)).routing).toEqual({
      policy: { objective: 'cost' },
      policies: { all: everything },
      fallbacks: { 'demo/echo': [{ model: 'demo/json', on: ['error', 'rate_limit'] }] },
      splits: { 'mix-1-0': { name: 'mix-1.0', targets: [{ model: 'demo/echo', percent: 100 }] } },
      workflows: { own: { region: 'us' }, named: everything, bare: {} },
      scores: { own: { 'demo/echo': { ...measured, measuredAt: 5 } } },
    });
    expect(await grantOf(other.key)).not.toHaveProperty('routing');
  });

  it('is what a workflow’s named policy says when it is read', async () => {
    await rule('PUT', 'policies', 'all', one.admin, { region: 'ap' });
    expect((await grantOf(one.key)).routing?.workflows.named).toEqual({ region: 'ap' });
  });

  it('drops the copies of its keys when it changes', async () => {
    const hash = hashSecret(one.key);
    const known = async () => {
      // A use of the key writes its copy.
      await call('GET', '/v1/models', { key: one.key });
      await expect.poll(async () => await readCopy(bindings, hash)).not.toBeNull();
    };
    const changes: [string, string, string, object | undefined][] = [
      ['PUT', 'policies', 'p', {}],
      ['DELETE', 'policies', 'p', undefined],
      ['PUT', 'fallbacks', 'demo/slow', { chain: ['demo/json'] }],
      ['DELETE', 'fallbacks', 'demo/slow', undefined],
      ['PUT', 'splits', 's', { targets: [{ model: 'demo/echo', percent: 100 }] }],
      ['DELETE', 'splits', 's', undefined],
      ['PUT', 'workflows', 'w', {}],
      ['DELETE', 'workflows', 'w', undefined],
      ['PUT', `workspaces/${one.id}`, 'policy', {}],
      ['DELETE', `workspaces/${one.id}`, 'policy', undefined],
    ];
    for (const [method, resource, name, body] of changes) {
      await known();
      expect((await rule(method, resource, name, one.admin, body)).status).toBeLessThan(300);
      expect(await readCopy(bindings, hash), `${method} ${resource}`).toBeNull();
    }
    await known();
    const measured = { workflow: 'w', model: 'demo/echo', mean: 1, lower: 1, samples: 9 };
    await recordScore(bindings, { workspaceId: one.id, ...measured, runId: 'run_2', measuredAt: 9 });
    expect(await readCopy(bindings, hash)).toBeNull();
  });
});

describe('the policy of a key', () => {
  it('travels with it alone', async () => {
    const tenant = await newTenant();
    const { id, key } = await newKey(tenant.id);
    await call('PATCH', `/api/keys/${id}`, { key: tenant.admin, body: { policy: { slo_ms: 400 } } });
    expect((await grantOf(key)).policy).toEqual({ slo_ms: 400 });
    expect(await grantOf(tenant.key)).not.toHaveProperty('policy');
    // The copy elsewhere is renewed at once.
    expect(await readCopy(bindings, hashSecret(key))).toMatchObject({ grant: { policy: { slo_ms: 400 } } });
    await call('PATCH', `/api/keys/${id}`, { key: tenant.admin, body: { policy: null } });
    expect(await grantOf(key)).not.toHaveProperty('policy');
  });
});

describe('what the operator declared for the deployment', () => {
  const read = async () => (await readRegistry(database(bindings.DB))).routing;

  afterEach(async () => {
    await rule('DELETE', 'policies', 'house', OPERATOR);
  });

  it('travels with the registry, whose version grows', async () => {
    const before = await readRegistry(database(bindings.DB));
    expect(before).not.toHaveProperty('routing');
    await rule('PUT', 'policies', 'house', OPERATOR, { region: 'eu' });
    await rule('PUT', 'fallbacks', 'demo/echo', OPERATOR, { chain: [{ model: 'demo/json', on: ['slo'] }] });
    await rule('PUT', 'splits', 'mix.1', OPERATOR, { targets: [{ model: 'demo/echo', percent: 100 }] });
    const after = await readRegistry(database(bindings.DB));
    expect(after.version).toBe(before.version + 3);
    expect(after.routing).toEqual({
      policies: { house: { region: 'eu' } },
      fallbacks: { 'demo/echo': [{ model: 'demo/json', on: ['slo'] }] },
      splits: { 'mix-1': { name: 'mix.1', targets: [{ model: 'demo/echo', percent: 100 }] } },
    });
    expect(await bindings.SNAPSHOTS.get('registry:data', 'json')).toMatchObject({ routing: after.routing });
    await rule('DELETE', 'fallbacks', 'demo/echo', OPERATOR);
    await rule('DELETE', 'splits', 'mix-1', OPERATOR);
    await rule('DELETE', 'policies', 'house', OPERATOR);
    expect(await read()).toBeUndefined();
  });

  it('reaches the workflows that name it, until the workspace covers it', async () => {
    const tenant = await newTenant();
    const workflow = async () => (await grantOf(tenant.key)).routing?.workflows.w;
    await rule('PUT', 'policies', 'house', OPERATOR, { region: 'eu' });
    await rule('PUT', 'workflows', 'w', tenant.admin, { policy: 'house' });
    expect(await workflow()).toEqual({ region: 'eu' });
    await call('GET', '/v1/models', { key: tenant.key });
    await expect.poll(async () => await readCopy(bindings, hashSecret(tenant.key))).not.toBeNull();
    await rule('PUT', 'policies', 'house', OPERATOR, { region: 'us' });
    expect(await readCopy(bindings, hashSecret(tenant.key))).toBeNull();
    expect(await workflow()).toEqual({ region: 'us' });
    await rule('PUT', 'policies', 'house', tenant.admin, { region: 'ap' });
    expect(await workflow()).toEqual({ region: 'ap' });
    await rule('DELETE', 'workflows', 'w', tenant.admin);
  });
});
