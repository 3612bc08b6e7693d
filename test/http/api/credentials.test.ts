import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { seal, unseal } from '../../../src/providers/seal.ts';
import { type Answer, call, errorOf, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';

const { DB, ENCRYPTION_KEY } = env as unknown as { DB: D1Database; ENCRYPTION_KEY: string };
const CANARY = 'sk-canary-0123456789';
/** Where nobody listens. */
const BASE = 'http://127.0.0.1:9/v1';

async function declare(id: string, more: object = {}): Promise<void> {
  const body = { base_url: BASE, wire: 'openai', ...more };
  expect((await call('PUT', `/api/providers/${id}`, { key: OPERATOR, body })).status).toBe(200);
}

const add = (id: string, body: object, key = OPERATOR) =>
  call('POST', `/api/providers/${id}/credentials`, { key, body });
const list = (id: string) => call('GET', `/api/providers/${id}/credentials`, { key: OPERATOR });

const sealedRows = async (): Promise<{ id: string; sealed: string }[]> =>
  (await DB.prepare('SELECT id, sealed FROM credentials ORDER BY id').all<{ id: string; sealed: string }>())
    .results;

describe('the operator’s credentials', () => {
  it('are several per provider, shown by their ends alone', async () => {
    await declare('several');
    const first = await add('several', { secret: CANARY });
    expect(first.status).toBe(201);
    expect(first.body).toEqual({
      id: expect.stringMatching(/^cred_/),
      provider: 'several',
      workspace: null,
      name: null,
      last_four: '6789',
      priority: 0,
      weight: 1,
      exclusive: false,
      created_at: expect.any(Number),
      // Nothing is reached from here; test/e2e/credentials/operators.test.ts has the other answers.
      check: { result: 'unknown', message: 'The provider could not be reached.', status: null },
    });
    const second = await add('several', { secret: `${CANARY}abcd`, name: 'Spare', priority: 1, weight: 0 });
    expect(second.body).toMatchObject({ name: 'Spare', last_four: 'abcd', priority: 1, weight: 0 });
    const stored = ({ body: { check: _check, ...rest } }: Answer) => rest;
    expect((await list('several')).body).toEqual({ data: [stored(first), stored(second)] });

    const path = `/api/providers/several/credentials/${second.body.id}`;
    const changed = await call('PATCH', path, { key: OPERATOR, body: { weight: 7 } });
    expect(changed.body).toEqual({ ...stored(second), weight: 7 });
    expect((await call('DELETE', path, { key: OPERATOR })).status).toBe(204);
    expect((await list('several')).body).toEqual({ data: [stored(first)] });
    expect(errorOf(await call('DELETE', path, { key: OPERATOR }))).toEqual({
      status: 404,
      code: 'not_found',
      param: 'credential',
    });

    const audit = await call('GET', '/api/audit?limit=4', { key: OPERATOR });
    expect(audit.body.data.map((row: { action: string }) => row.action)).toEqual([
      'credential.delete',
      'credential.update',
      'credential.create',
      'credential.create',
    ]);
    expect(JSON.stringify([audit.body, await list('several')])).not.toContain('canary');
    expect(JSON.stringify(await sealedRows())).not.toContain('canary');
  });

  it('stay with the host they were given for', async () => {
    await declare('stays');
    await add('stays', { secret: CANARY });
    const moved = await call('PUT', '/api/providers/stays', {
      key: OPERATOR,
      body: { base_url: 'https://elsewhere.example', wire: 'openai' },
    });
    expect(errorOf(moved)).toEqual({ status: 400, code: 'missing_parameter', param: 'secret' });
  });

  it.each([
    ['several', {}, 400, 'missing_parameter', 'secret'],
    ['several', { secret: 'canary with spaces' }, 400, 'invalid_value', 'secret'],
    ['several', { secret: CANARY, weight: -1 }, 400, 'invalid_value', 'weight'],
    ['several', { secret: CANARY, priority: 1.5 }, 400, 'invalid_type', 'priority'],
    ['several', { secret: CANARY, exclusive: true }, 400, 'unsupported_parameter', 'exclusive'],
    ['nobody', { secret: CANARY }, 404, 'not_found', 'id'],
  ])('of %s refuse %j', async (id, body, status, code, param) => {
    await declare('several');
    const answer = await add(id, body);
    expect(errorOf(answer)).toEqual({ status, code, param });
    expect(JSON.stringify(answer.body)).not.toContain('canary');
  });

  it('are none for a provider without authentication', async () => {
    await declare('open-door', { auth: 'none' });
    expect(errorOf(await add('open-door', { secret: CANARY }))).toMatchObject({ code: 'invalid_value' });
  });
});

describe('a workspace’s own credentials', () => {
  async function newTenant() {
    const { id } = await newWorkspace();
    const [admin, inference] = [(await newKey(id, 'admin')).key, (await newKey(id)).key];
    const path = `/api/workspaces/${id}/credentials`;
    return { id, admin, inference, path };
  }

  it('are its admins’ to enter, see by their ends, change and delete', async () => {
    await declare('brought');
    const { id, admin, path } = await newTenant();
    const made = await call('POST', path, {
      key: admin,
      body: { provider: 'brought', secret: CANARY, exclusive: true },
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      provider: 'brought',
      workspace: id,
      last_four: '6789',
      exclusive: true,
    });
    const one = `${path}/${made.body.id}`;
    const changed = await call('PATCH', one, { key: admin, body: { exclusive: false } });
    expect(changed.body.exclusive).toBe(false);
    expect((await call('GET', path, { key: admin })).body).toEqual({ data: [changed.body] });
    const audit = await call('GET', '/api/audit', { key: admin });
    expect(audit.body.data[0]).toMatchObject({ action: 'credential.update', target: made.body.id });
    expect(JSON.stringify([made.body, changed.body, audit.body])).not.toContain('canary');
    expect((await call('DELETE', one, { key: admin })).status).toBe(204);
    expect((await call('GET', path, { key: admin })).body).toEqual({ data: [] });
  });

  it('are neither another tenant’s nor the operator’s own', async () => {
    await declare('brought');
    const [ours, theirs] = [await newTenant(), await newTenant()];
    const made = await call('POST', theirs.path, {
      key: theirs.admin,
      body: { provider: 'brought', secret: CANARY },
    });
    const nothing = { status: 404, code: 'not_found' };
    for (const [method, path] of [
      ['GET', theirs.path],
      ['PATCH', `${theirs.path}/${made.body.id}`],
      ['DELETE', `${theirs.path}/${made.body.id}`],
      ['PATCH', `${ours.path}/${made.body.id}`],
      ['DELETE', `${ours.path}/${made.body.id}`],
    ] as const) {
      const body = method === 'PATCH' ? { body: { weight: 2 } } : {};
      expect(errorOf(await call(method, path, { key: ours.admin, ...body })), path).toMatchObject(nothing);
    }
    const body = { provider: 'brought', secret: CANARY };
    expect(errorOf(await call('POST', theirs.path, { key: ours.admin, body }))).toMatchObject(nothing);
    const asOperators = `/api/providers/brought/credentials/${made.body.id}`;
    expect(errorOf(await call('DELETE', asOperators, { key: OPERATOR }))).toMatchObject(nothing);
    expect((await list('brought')).body).toEqual({ data: [] });
    expect((await call('GET', theirs.path, { key: theirs.admin })).body.data).toMatchObject([
      { id: made.body.id },
    ]);
  });

  it('make a model callable for this workspace alone', async () => {
    await declare('only-own');
    const endpoints = [{ provider: 'only-own', upstream_model: 'm' }];
    await call('PUT', '/api/models/only-own%2Fm', { key: OPERATOR, body: { kind: 'chat', endpoints } });
    const [ours, theirs] = [await newTenant(), await newTenant()];
    const chat = (key: string) =>
      call('POST', '/v1/chat/completions', {
        key,
        // A provider that cannot be reached from here: what counts is whether it is tried.
        body: { model: 'only-own/m', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 1 },
      });
    await call('POST', ours.path, { key: ours.admin, body: { provider: 'only-own', secret: CANARY } });
    expect(errorOf(await chat(theirs.inference)).code).toBe('model_not_available');
    expect(errorOf(await chat(ours.inference)).code).not.toBe('model_not_available');
  });
});

describe('POST /api/credentials/reseal', () => {
  /** ENCRYPTION_KEYS_OLD of vitest.config.ts, and one that no deployment knows. */
  const OLD = btoa('an older key of thirty-two bytes');
  const LOST = btoa('a key which nobody has kept, 32b');

  const sealedAs = async (id: string, sealed: string): Promise<void> => {
    await DB.prepare('UPDATE credentials SET sealed = ? WHERE id = ?').bind(sealed, id).run();
  };
  const reseal = () => call('POST', '/api/credentials/reseal', { key: OPERATOR });

  it('seals anew what is under a former key, and names what no key opens', async () => {
    await declare('rotating');
    const binding = { provider: 'rotating', baseUrl: BASE };
    const [old, lost] = [
      (await add('rotating', { secret: CANARY })).body.id,
      (await add('rotating', { secret: CANARY })).body.id,
    ];
    await sealedAs(old, await seal(CANARY, OLD, binding));
    await sealedAs(lost, await seal(CANARY, LOST, binding));

    const done = await reseal();
    expect(done.body).toEqual({
      resealed: 1,
      unchanged: expect.any(Number),
      failed: [lost],
      next_cursor: null,
    });
    const row = (await sealedRows()).find(({ id }) => id === old);
    expect(await unseal(row?.sealed ?? '', [ENCRYPTION_KEY], binding)).toBe(CANARY);
    const audit = await call('GET', '/api/audit?limit=1', { key: OPERATOR });
    expect(audit.body.data[0]).toMatchObject({ action: 'credential.reseal', after: { resealed: [old] } });

    const again = await reseal();
    expect(again.body).toMatchObject({
      resealed: 0,
      unchanged: done.body.unchanged + 1,
      failed: [lost],
    });
    expect(JSON.stringify([done.body, audit.body])).not.toContain('canary');
  });
});
