import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { keyMemory } from '../../../src/tenancy/key-memory.ts';
import { call, errorOf, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';
import { as, newMember, newTeam, type SignedUp, signUp } from '../../support/people.ts';

const { DB } = env as unknown as { DB: D1Database };

const works = async (key: string) => (await call('GET', '/v1/models', { key })).status === 200;

const roleOf = async (person: SignedUp) => (await as(person, 'GET', '/api/me')).body.role;

async function makeKey(person: SignedUp, role: string): Promise<{ id: string; key: string }> {
  const made = await as(person, 'POST', '/api/keys', { body: { name: role, role } });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body;
}

describe('GET /api/members', () => {
  it('shows the members of the caller’s workspace alone', async () => {
    const [team, other] = [await newTeam(), await newTeam()];
    const viewer = await newMember(team.id, 'viewer');
    const list = await as(viewer, 'GET', '/api/members');
    expect(list.body).toEqual({
      data: [
        expect.objectContaining({ user: viewer.id, email: viewer.email, role: 'viewer', workspace: team.id }),
        expect.objectContaining({ user: team.owner.id, role: 'owner' }),
      ],
      next_cursor: null,
    });
    const first = await as(viewer, 'GET', '/api/members?limit=1');
    const rest = await as(viewer, 'GET', `/api/members?limit=1&cursor=${first.body.next_cursor}`);
    expect(rest.body).toMatchObject({ data: [{ user: team.owner.id }], next_cursor: null });
    const theirs = await as(viewer, 'GET', `/api/members?workspace=${other.id}`);
    expect(errorOf(theirs)).toEqual({ status: 404, code: 'not_found', param: 'workspace' });
    expect(errorOf(await call('GET', '/api/members', { key: OPERATOR }))).toEqual({
      status: 400,
      code: 'missing_parameter',
      param: 'workspace',
    });
    const asked = await call('GET', `/api/members?workspace=${other.id}`, { key: OPERATOR });
    expect(asked.body.data).toMatchObject([{ user: other.owner.id }]);
  });
});

describe('PATCH /api/members/{user}', () => {
  it('makes a member another role from the next request on, and logs it', async () => {
    const team = await newTeam();
    const admin = await newMember(team.id, 'admin');
    expect((await as(admin, 'GET', '/api/audit')).status).toBe(200);
    const changed = await as(team.owner, 'PATCH', `/api/members/${admin.id}`, { body: { role: 'viewer' } });
    expect(changed.body).toMatchObject({ user: admin.id, role: 'viewer' });
    expect((await as(admin, 'GET', '/api/audit')).status).toBe(403);
    const again = await as(admin, 'PATCH', `/api/members/${admin.id}`, { body: { role: 'admin' } });
    expect(errorOf(again)).toEqual({ status: 403, code: 'permission_denied', param: null });
    const audit = await as(team.owner, 'GET', '/api/audit');
    expect(audit.body.data[0]).toMatchObject({
      actor: team.owner.id,
      action: 'member.change_role',
      target: admin.id,
      before: { role: 'admin' },
      after: { role: 'viewer' },
    });
  });

  it('hands out no role above the actor’s own, and changes nobody who has one', async () => {
    const team = await newTeam();
    const admin = await newMember(team.id, 'admin');
    const developer = await newMember(team.id, 'developer');
    const raise = await as(admin, 'PATCH', `/api/members/${developer.id}`, { body: { role: 'owner' } });
    expect(errorOf(raise)).toEqual({ status: 403, code: 'permission_denied', param: 'role' });
    const self = await as(admin, 'PATCH', `/api/members/${admin.id}`, { body: { role: 'owner' } });
    expect(errorOf(self).status).toBe(403);
    const lower = await as(admin, 'PATCH', `/api/members/${team.owner.id}`, { body: { role: 'viewer' } });
    expect(errorOf(lower)).toEqual({ status: 403, code: 'permission_denied', param: null });
    const remove = await as(admin, 'DELETE', `/api/members/${team.owner.id}`);
    expect(errorOf(remove).status).toBe(403);
    expect(await roleOf(developer)).toBe('developer');
    expect(await roleOf(team.owner)).toBe('owner');
    const key = await newKey(team.id, 'admin');
    const byKey = await call('PATCH', `/api/members/${developer.id}`, {
      key: key.key,
      body: { role: 'owner' },
    });
    expect(errorOf(byKey)).toEqual({ status: 403, code: 'permission_denied', param: 'role' });
  });

  it('keeps an owner, also when two go at one time', async () => {
    const team = await newTeam();
    const last = await as(team.owner, 'PATCH', `/api/members/${team.owner.id}`, { body: { role: 'admin' } });
    expect(errorOf(last)).toEqual({ status: 409, code: 'conflict', param: 'user' });
    expect(errorOf(await as(team.owner, 'DELETE', `/api/members/${team.owner.id}`)).status).toBe(409);
    expect(errorOf(await as(team.owner, 'POST', '/api/me/leave')).status).toBe(409);
    expect(await roleOf(team.owner)).toBe('owner');

    const second = await newMember(team.id, 'owner');
    const both = await Promise.all([
      as(team.owner, 'PATCH', `/api/members/${second.id}`, { body: { role: 'admin' } }),
      as(second, 'PATCH', `/api/members/${team.owner.id}`, { body: { role: 'admin' } }),
    ]);
    const owners = await DB.prepare(
      "select count(*) n from members where workspace_id = ? and role = 'owner'",
    )
      .bind(team.id)
      .first<{ n: number }>();
    expect(owners?.n).toBe(1);
    expect(both.filter((answer) => answer.status === 200)).toHaveLength(1);
    const audit = await call('GET', `/api/audit?workspace=${team.id}`, { key: OPERATOR });
    const changes = audit.body.data.filter((row: { action: string }) => row.action === 'member.change_role');
    expect(changes).toHaveLength(1);
  });

  it.each([
    [{}, 'missing_parameter', 'role'],
    [{ role: 'king' }, 'invalid_value', 'role'],
    [{ role: 7 }, 'invalid_value', 'role'],
    [{ role: 'viewer', spend: 5 }, 'unsupported_parameter', 'spend'],
    ['[', 'invalid_json', null],
  ])('refuses %j', async (body, code, param) => {
    const { owner } = await newTeam();
    const answer = await as(owner, 'PATCH', `/api/members/${owner.id}`, { body });
    expect(errorOf(answer)).toEqual({ status: 400, code, param });
  });

  it('knows nobody of another workspace', async () => {
    const [mine, theirs] = [await newTeam(), await newTeam()];
    const missing = { status: 404, code: 'not_found', param: 'user' };
    const path = `/api/members/${theirs.owner.id}`;
    expect(errorOf(await as(mine.owner, 'PATCH', path, { body: { role: 'viewer' } }))).toEqual(missing);
    expect(errorOf(await as(mine.owner, 'DELETE', path))).toEqual(missing);
    const named = { status: 404, code: 'not_found', param: 'workspace' };
    const body = { role: 'viewer', workspace: theirs.id };
    expect(errorOf(await as(mine.owner, 'PATCH', path, { body }))).toEqual(named);
    expect(errorOf(await as(mine.owner, 'DELETE', `${path}?workspace=${theirs.id}`))).toEqual(named);
    expect(await roleOf(theirs.owner)).toBe('owner');
  });
});

describe('the keys of a member', () => {
  it('shrink with the member, and grow again', async () => {
    const team = await newTeam();
    const admin = await newMember(team.id, 'admin');
    const { key } = await makeKey(admin, 'admin');
    expect((await call('GET', '/api/me', { key })).body.role).toBe('key:admin');
    const become = (role: string) => as(team.owner, 'PATCH', `/api/members/${admin.id}`, { body: { role } });
    await become('developer');
    for (const forget of [false, true]) {
      if (forget) keyMemory.clear();
      expect((await call('GET', '/api/me', { key })).body.role).toBe('key:developer');
      expect((await call('GET', '/api/audit', { key })).status).toBe(403);
    }
    // A viewer may have keys that read, and none that call models.
    await become('viewer');
    expect((await call('GET', '/api/me', { key })).status).toBe(401);
    await become('admin');
    expect((await call('GET', '/api/me', { key })).body.role).toBe('key:admin');
  });

  it('stop when the member is removed, the one in its grace too', async () => {
    const team = await newTeam();
    const developer = await newMember(team.id, 'developer');
    const made = await makeKey(developer, 'inference');
    const rotated = await as(developer, 'POST', `/api/keys/${made.id}/rotate`, { body: { grace_s: 600 } });
    const ofOthers = await makeKey(team.owner, 'inference');
    for (const key of [made.key, rotated.body.key, ofOthers.key]) expect(await works(key)).toBe(true);
    expect((await as(team.owner, 'DELETE', `/api/members/${developer.id}`)).status).toBe(204);
    for (const forget of [false, true]) {
      if (forget) keyMemory.clear();
      expect(await works(made.key)).toBe(false);
      expect(await works(rotated.body.key)).toBe(false);
      expect(await works(ofOthers.key)).toBe(true);
    }
    expect(errorOf(await as(developer, 'GET', '/api/members')).status).toBe(403);
    expect((await as(developer, 'GET', '/api/me')).body).toMatchObject({ kind: 'user', workspaces: [] });
    const audit = await as(team.owner, 'GET', '/api/audit');
    expect(audit.body.data[0]).toMatchObject({
      action: 'member.remove',
      target: developer.id,
      before: { email: developer.email, role: 'developer' },
    });
  });

  it('never exceed their maker', async () => {
    const { id } = await newTeam();
    const developer = await newMember(id, 'developer');
    const answer = await as(developer, 'POST', '/api/keys', { body: { name: 'x', role: 'admin' } });
    expect(errorOf(answer)).toEqual({ status: 403, code: 'permission_denied', param: 'role' });
  });

  it('are known to other developers neither by id nor in lists, and to admins all', async () => {
    const team = await newTeam();
    const [ada, bob] = [await newMember(team.id, 'developer'), await newMember(team.id, 'developer')];
    const own = await makeKey(ada, 'inference');
    const ofBob = await makeKey(bob, 'developer');
    const missing = { status: 404, code: 'not_found', param: 'id' };
    for (const asAda of [
      (method: string, path: string) => as(ada, method, path),
      await developerKeyOf(ada),
    ]) {
      for (const [method, path] of [
        ['GET', `/api/keys/${ofBob.id}`],
        ['POST', `/api/keys/${ofBob.id}/rotate`],
        ['DELETE', `/api/keys/${ofBob.id}`],
      ] as const) {
        expect(errorOf(await asAda(method, path)), `${method} ${path}`).toEqual(missing);
      }
      const listed: { id: string }[] = (await asAda('GET', '/api/keys')).body.data;
      expect(listed.map(({ id }) => id)).toContain(own.id);
      expect(listed.map(({ id }) => id)).not.toContain(ofBob.id);
    }
    expect(await works(ofBob.key)).toBe(true);
    expect((await as(ada, 'POST', `/api/keys/${own.id}/rotate`)).status).toBe(200);
    expect((await as(team.owner, 'GET', '/api/keys')).body.data).toHaveLength(3);
    expect((await as(team.owner, 'DELETE', `/api/keys/${ofBob.id}`)).status).toBe(204);
  });
});

async function developerKeyOf(person: SignedUp) {
  const { key } = await makeKey(person, 'developer');
  return (method: string, path: string) => call(method, path, { key });
}

describe('leaving', () => {
  it('ends the membership, and leaves the person', async () => {
    const team = await newTeam();
    const billing = await newMember(team.id, 'billing');
    expect((await as(billing, 'POST', '/api/me/leave')).status).toBe(204);
    expect((await as(billing, 'GET', '/api/me')).body).toMatchObject({
      kind: 'user',
      workspace: null,
      user: { email: billing.email },
      workspaces: [],
    });
    const audit = await as(team.owner, 'GET', '/api/audit');
    expect(audit.body.data[0]).toMatchObject({ action: 'member.leave', actor: billing.id });
  });
});

describe('workspaces of people', () => {
  it('are owned by who makes them, with trial credits the first time', async () => {
    const person = await signUp();
    const first = await as(person, 'POST', '/api/workspaces', { body: { name: 'First' } });
    expect(first.body).toMatchObject({ name: 'First', credits: 20 });
    expect((await as(person, 'GET', '/api/me')).body).toMatchObject({
      kind: 'member',
      role: 'owner',
      workspace: first.body.id,
      workspaces: [{ id: first.body.id, name: 'First', role: 'owner' }],
    });
    expect((await as(person, 'GET', '/api/projects')).body.data).toMatchObject([{ name: 'Default' }]);
    const second = await as(person, 'POST', '/api/workspaces', { body: { name: 'Second' } });
    expect(second.body.credits).toBe(0);
    const audit = await as(person, 'GET', '/api/audit', { headers: { 'x-workspace': first.body.id } });
    expect(audit.body.data).toMatchObject([
      { action: 'workspace.create', actor: person.id, after: { name: 'First', credits: 20 } },
    ]);
  });

  it('are given trial credits once, however many are made at one time', async () => {
    const person = await signUp();
    const made = await Promise.all(
      [1, 2, 3, 4].map((n) => as(person, 'POST', '/api/workspaces', { body: { name: `${n}` } })),
    );
    expect(made.map(({ body }) => body.credits).sort()).toEqual([0, 0, 0, 20]);
  });

  it('get no credits because their maker says so', async () => {
    const person = await signUp();
    const body = { name: 'x', credits: 1000 };
    const answer = await as(person, 'POST', '/api/workspaces', { body });
    expect(errorOf(answer)).toEqual({ status: 403, code: 'permission_denied', param: 'credits' });
  });

  it('are chosen by header, else by the session, else when there is one', async () => {
    const person = await signUp();
    const [one, two] = [
      (await as(person, 'POST', '/api/workspaces', { body: { name: 'One' } })).body.id,
      (await as(person, 'POST', '/api/workspaces', { body: { name: 'Two' } })).body.id,
    ];
    const where = async (headers?: Record<string, string>) =>
      (await as(person, 'GET', '/api/me', headers ? { headers } : {})).body.workspace;
    expect(await where()).toBeNull();
    expect((await as(person, 'GET', '/api/workspaces')).body.data).toHaveLength(2);
    expect(errorOf(await as(person, 'GET', '/api/keys')).code).toBe('permission_denied');
    expect(await where({ 'x-workspace': two })).toBe(two);
    const switched = await as(person, 'POST', '/api/me/workspace', { body: { workspace: one } });
    expect(switched.status).toBe(204);
    expect(await where()).toBe(one);
    expect(await where({ 'x-workspace': two })).toBe(two);

    const foreign = await newWorkspace();
    const missing = { status: 404, code: 'not_found', param: 'workspace' };
    const body = { workspace: foreign.id };
    expect(errorOf(await as(person, 'POST', '/api/me/workspace', { body }))).toEqual(missing);
    const named = await as(person, 'GET', '/api/keys', { headers: { 'x-workspace': foreign.id } });
    expect(errorOf(named)).toEqual({ status: 404, code: 'not_found', param: 'x-workspace' });
  });
});
