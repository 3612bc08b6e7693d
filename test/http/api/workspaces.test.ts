import { describe, expect, it } from 'vitest';
import { call, errorOf, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';

const credits = async (id: string) =>
  (await call('GET', `/api/workspaces/${id}`, { key: OPERATOR })).body.credits;

describe('workspaces', () => {
  it('begin with the credits that they are granted, and a project', async () => {
    const made = await call('POST', '/api/workspaces', {
      key: OPERATOR,
      body: { name: 'Acme', credits: 12.5 },
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ name: 'Acme', credits: 12.5 });
    expect(await credits(made.body.id)).toBe(12.5);
    const projects = await call('GET', `/api/projects?workspace=${made.body.id}`, { key: OPERATOR });
    expect(projects.body.data).toMatchObject([{ name: 'Default', workspace: made.body.id }]);
  });

  it('begin with trial credits when the operator says nothing of credits', async () => {
    const made = await call('POST', '/api/workspaces', { key: OPERATOR, body: { name: 'Acme' } });
    expect(made.body.credits).toBe(20);
    const none = await call('POST', '/api/workspaces', { key: OPERATOR, body: { name: 'Acme', credits: 0 } });
    expect(none.body.credits).toBe(0);
  });

  it.each([
    [{}, 'missing_parameter', 'name'],
    [{ name: 'x', credits: -1 }, 'invalid_value', 'credits'],
    [{ name: 'x', credits: '5' }, 'invalid_type', 'credits'],
    [{ name: 'x', credits: 1e12 }, 'invalid_value', 'credits'],
    [{ name: 'x', color: 'red' }, 'unsupported_parameter', 'color'],
    [[], 'invalid_type', null],
  ])('refuse %j', async (body, code, param) => {
    const answer = await call('POST', '/api/workspaces', { key: OPERATOR, body });
    expect(errorOf(answer)).toEqual({ status: 400, code, param });
  });

  it('are unknown to the keys of others', async () => {
    const [mine, theirs] = [await newWorkspace('Mine'), await newWorkspace('Theirs')];
    const { key } = await newKey(mine.id, 'admin');
    expect((await call('GET', `/api/workspaces/${mine.id}`, { key })).body.name).toBe('Mine');
    const missing = { status: 404, code: 'not_found', param: 'id' };
    expect(errorOf(await call('GET', `/api/workspaces/${theirs.id}`, { key }))).toEqual(missing);
    expect(errorOf(await call('GET', '/api/workspaces/ws_none', { key: OPERATOR }))).toEqual(missing);
    const list = await call('GET', '/api/workspaces', { key });
    expect(list.body.data.map((workspace: { id: string }) => workspace.id)).toEqual([mine.id]);
    const audit = await call('GET', `/api/audit?workspace=${theirs.id}`, { key });
    expect(errorOf(audit)).toEqual({ status: 404, code: 'not_found', param: 'workspace' });
  });
});

describe('POST /api/workspaces/{id}/credits', () => {
  it('adds credits exactly, and logs why', async () => {
    const { id } = await newWorkspace();
    for (const amount of [0.1, 0.2, 0.000000001]) {
      const body = { amount_usd: amount, reason: 'Goodwill' };
      expect((await call('POST', `/api/workspaces/${id}/credits`, { key: OPERATOR, body })).status).toBe(200);
    }
    expect(await credits(id)).toBe(10.300000001);
    const audit = await call('GET', `/api/audit?workspace=${id}`, { key: OPERATOR });
    expect(audit.body.data[0]).toMatchObject({
      action: 'credits.grant',
      after: { amount_usd: 0.000000001, reason: 'Goodwill' },
    });
  });

  it('adds once what is repeated under an id', async () => {
    const { id } = await newWorkspace();
    const body = { amount_usd: 5, reason: 'Invoice 7', id: 'invoice-7' };
    await Promise.all(
      [1, 2, 3].map(() => call('POST', `/api/workspaces/${id}/credits`, { key: OPERATOR, body })),
    );
    expect(await credits(id)).toBe(15);
    const audit = await call('GET', `/api/audit?workspace=${id}`, { key: OPERATOR });
    const grants = audit.body.data.filter((entry: { action: string }) => entry.action === 'credits.grant');
    expect(grants).toHaveLength(1);
  });

  it.each([
    [{ amount_usd: 0, reason: 'x' }, 'invalid_value', 'amount_usd'],
    [{ amount_usd: -5, reason: 'x' }, 'invalid_value', 'amount_usd'],
    [{ amount_usd: 1e-12, reason: 'x' }, 'invalid_value', 'amount_usd'],
    [{ amount_usd: 1e15, reason: 'x' }, 'invalid_value', 'amount_usd'],
    [{ amount_usd: '5', reason: 'x' }, 'invalid_type', 'amount_usd'],
    [{ amount_usd: 5 }, 'missing_parameter', 'reason'],
    [{ amount_usd: 5, reason: ' ' }, 'invalid_value', 'reason'],
  ])('refuses %j', async (body, code, param) => {
    const { id } = await newWorkspace();
    const answer = await call('POST', `/api/workspaces/${id}/credits`, { key: OPERATOR, body });
    expect(errorOf(answer)).toEqual({ status: 400, code, param });
    expect(await credits(id)).toBe(10);
  });

  it('knows no workspace that is not there', async () => {
    const body = { amount_usd: 5, reason: 'x' };
    const answer = await call('POST', '/api/workspaces/ws_none/credits', { key: OPERATOR, body });
    expect(errorOf(answer)).toEqual({ status: 404, code: 'not_found', param: 'id' });
  });
});

describe('projects', () => {
  it('are made in the caller’s workspace, and keys in them', async () => {
    const { id } = await newWorkspace();
    const admin = await newKey(id, 'admin');
    const made = await call('POST', '/api/projects', { key: admin.key, body: { name: 'Search' } });
    expect(made.body).toMatchObject({ name: 'Search', workspace: id });
    const body = { name: 'k', project: made.body.id };
    expect((await call('POST', '/api/keys', { key: admin.key, body })).body.project).toBe(made.body.id);
    expect((await call('POST', '/api/keys', { key: OPERATOR, body })).body.workspace).toBe(id);
  });

  it('are not made or seen in another workspace', async () => {
    const { key } = await newKey((await newWorkspace()).id, 'admin');
    const theirs = await newWorkspace();
    const missing = { status: 404, code: 'not_found', param: 'workspace' };
    const made = await call('POST', '/api/projects', { key, body: { name: 'x', workspace: theirs.id } });
    expect(errorOf(made)).toEqual(missing);
    expect(errorOf(await call('GET', `/api/projects?workspace=${theirs.id}`, { key }))).toEqual(missing);
  });
});
