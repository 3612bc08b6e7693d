import { describe, expect, it } from 'vitest';
import { keyMemory } from '../../../src/tenancy/key-memory.ts';
import { call, errorOf, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';

const works = async (key: string) => (await call('GET', '/v1/models', { key })).status === 200;

describe('POST /api/keys', () => {
  it('makes a key that works, and shows its secret once', async () => {
    const workspace = await newWorkspace();
    const made = await call('POST', '/api/keys', {
      key: OPERATOR,
      body: { name: 'App', workspace: workspace.id, role: 'inference' },
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      name: 'App',
      role: 'inference',
      workspace: workspace.id,
      revoked_at: null,
    });
    expect(made.body.key).toMatch(/^inf_[0-9A-Za-z]{38}$/);
    expect(made.body.last_four).toBe(made.body.key.slice(-4));
    expect(await works(made.body.key)).toBe(true);

    const read = await call('GET', `/api/keys/${made.body.id}`, { key: OPERATOR });
    const { key: _secret, ...view } = made.body;
    expect(read.body).toEqual(view);
    const audit = await call('GET', `/api/audit?workspace=${workspace.id}`, { key: OPERATOR });
    expect(JSON.stringify(audit.body)).not.toContain(made.body.key);
    expect(audit.body.data[0]).toMatchObject({
      action: 'key.create',
      actor: 'operator',
      target: made.body.id,
    });
  });

  it('gives an inference key of the caller’s own workspace when nothing else is said', async () => {
    const workspace = await newWorkspace();
    const admin = await newKey(workspace.id, 'admin');
    const made = await call('POST', '/api/keys', { key: admin.key, body: { name: 'App' } });
    expect(made.body).toMatchObject({ role: 'inference', workspace: workspace.id, project: admin.project });
  });

  it('makes no key in another workspace or project', async () => {
    const [mine, theirs] = [await newWorkspace(), await newWorkspace()];
    const admin = await newKey(mine.id, 'admin');
    const other = await newKey(theirs.id, 'admin');
    const inWorkspace = { name: 'x', workspace: theirs.id };
    expect(errorOf(await call('POST', '/api/keys', { key: admin.key, body: inWorkspace }))).toEqual({
      status: 404,
      code: 'not_found',
      param: 'workspace',
    });
    const inProject = { name: 'x', project: other.project };
    expect(errorOf(await call('POST', '/api/keys', { key: admin.key, body: inProject }))).toEqual({
      status: 404,
      code: 'not_found',
      param: 'project',
    });
  });

  it.each([
    [{}, 'missing_parameter', 'name'],
    [{ name: '' }, 'invalid_value', 'name'],
    [{ name: 7 }, 'invalid_type', 'name'],
    [{ name: 'x', role: 'owner' }, 'invalid_value', 'role'],
    [{ name: 'x', color: 'red' }, 'unsupported_parameter', 'color'],
    [{ name: 'x'.repeat(201) }, 'invalid_value', 'name'],
  ])('refuses %j', async (body, code, param) => {
    expect(errorOf(await call('POST', '/api/keys', { key: OPERATOR, body }))).toEqual({
      status: 400,
      code,
      param,
    });
  });

  it('refuses what is no JSON, in words and in kind', async () => {
    const broken = await call('POST', '/api/keys', { key: OPERATOR, body: '{"name":' });
    expect(errorOf(broken)).toEqual({ status: 400, code: 'invalid_json', param: null });
    const form = await call('POST', '/api/keys', {
      key: OPERATOR,
      body: 'name=x',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(errorOf(form)).toEqual({ status: 415, code: 'unsupported_content_type', param: null });
    const large = await call('POST', '/api/keys', { key: OPERATOR, body: { name: 'x'.repeat(1_100_000) } });
    expect(errorOf(large)).toEqual({ status: 413, code: 'request_too_large', param: null });
  });
});

describe('POST /api/keys/{id}/rotate', () => {
  it('ends the old secret at once when no grace is given', async () => {
    const { id, key } = await newKey((await newWorkspace()).id);
    expect(await works(key)).toBe(true);
    const rotated = await call('POST', `/api/keys/${id}/rotate`, { key: OPERATOR });
    expect(rotated.status).toBe(200);
    expect(await works(rotated.body.key)).toBe(true);
    expect(await works(key)).toBe(false);
    keyMemory.clear();
    expect(await works(key)).toBe(false);
    expect(await works(rotated.body.key)).toBe(true);
  });

  it('lets both secrets work during the grace period, until the key is revoked', async () => {
    const { id, key } = await newKey((await newWorkspace()).id);
    const rotated = await call('POST', `/api/keys/${id}/rotate`, { key: OPERATOR, body: { grace_s: 600 } });
    expect(rotated.body.previous_secret_expires_at * 1000).toBeGreaterThan(Date.now() + 590_000);
    for (const forget of [false, true]) {
      if (forget) keyMemory.clear();
      expect(await works(key)).toBe(true);
      expect(await works(rotated.body.key)).toBe(true);
    }
    expect((await call('DELETE', `/api/keys/${id}`, { key: OPERATOR })).status).toBe(204);
    expect(await works(key)).toBe(false);
    expect(await works(rotated.body.key)).toBe(false);
  });

  it('ends the secret before the last when it is rotated twice', async () => {
    const { id, key } = await newKey((await newWorkspace()).id);
    const body = { grace_s: 600 };
    const second = await call('POST', `/api/keys/${id}/rotate`, { key: OPERATOR, body });
    await call('POST', `/api/keys/${id}/rotate`, { key: OPERATOR, body });
    expect(await works(key)).toBe(false);
    expect(await works(second.body.key)).toBe(true);
  });

  it.each([
    [{ grace_s: -1 }, 'invalid_value'],
    [{ grace_s: 1.5 }, 'invalid_type'],
    [{ grace_s: 1e9 }, 'invalid_value'],
    [{ grace_s: '60' }, 'invalid_type'],
  ])('refuses %j', async (body, code) => {
    const { id } = await newKey((await newWorkspace()).id);
    const answer = await call('POST', `/api/keys/${id}/rotate`, { key: OPERATOR, body });
    expect(errorOf(answer)).toEqual({ status: 400, code, param: 'grace_s' });
  });
});

describe('DELETE /api/keys/{id}', () => {
  it('ends the key here at once, and for isolates that know nothing of it', async () => {
    const { id, key } = await newKey((await newWorkspace()).id);
    expect(await works(key)).toBe(true);
    expect((await call('DELETE', `/api/keys/${id}`, { key: OPERATOR })).status).toBe(204);
    expect(await works(key)).toBe(false);
    keyMemory.clear();
    expect(await works(key)).toBe(false);
    expect((await call('DELETE', `/api/keys/${id}`, { key: OPERATOR })).status).toBe(204);
    const rotated = await call('POST', `/api/keys/${id}/rotate`, { key: OPERATOR });
    expect(errorOf(rotated)).toEqual({ status: 409, code: 'conflict', param: 'id' });
  });

  it('does not know keys of another workspace', async () => {
    const admin = await newKey((await newWorkspace()).id, 'admin');
    const other = await newKey((await newWorkspace()).id);
    const missing = { status: 404, code: 'not_found', param: 'id' };
    for (const [method, path] of [
      ['GET', `/api/keys/${other.id}`],
      ['DELETE', `/api/keys/${other.id}`],
      ['POST', `/api/keys/${other.id}/rotate`],
    ] as const) {
      expect(errorOf(await call(method, path, { key: admin.key }))).toEqual(missing);
    }
    expect(await works(other.key)).toBe(true);
  });
});

describe('GET /api/keys', () => {
  it('shows a key its own workspace alone, page by page, without revoked ones', async () => {
    const [mine, theirs] = [await newWorkspace(), await newWorkspace()];
    const admin = await newKey(mine.id, 'admin');
    const second = await newKey(mine.id);
    const revoked = await newKey(mine.id);
    await newKey(theirs.id);
    await call('DELETE', `/api/keys/${revoked.id}`, { key: OPERATOR });
    const all = await call('GET', '/api/keys', { key: admin.key });
    expect(all.body.data.map((key: { id: string }) => key.id)).toEqual([second.id, admin.id]);
    const first = await call('GET', '/api/keys?limit=1', { key: admin.key });
    expect(first.body.next_cursor).toBe(second.id);
    const rest = await call('GET', `/api/keys?limit=1&cursor=${first.body.next_cursor}`, { key: admin.key });
    expect(rest.body).toMatchObject({ data: [{ id: admin.id }], next_cursor: null });
    const other = await call('GET', `/api/keys?workspace=${theirs.id}`, { key: admin.key });
    expect(errorOf(other)).toEqual({ status: 404, code: 'not_found', param: 'workspace' });
    expect(errorOf(await call('GET', '/api/keys?limit=0', { key: admin.key }))).toEqual({
      status: 400,
      code: 'invalid_value',
      param: 'limit',
    });
  });
});
