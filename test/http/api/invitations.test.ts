import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { call, errorOf, newKey, OPERATOR } from '../../support/gateway.ts';
import { as, newEmail, newMember, newTeam, type SignedUp, signUp } from '../../support/people.ts';

const { DB } = env as unknown as { DB: D1Database };

const invite = (by: SignedUp, email: string, role = 'developer') =>
  as(by, 'POST', '/api/invitations', { body: { email, role } });

const accept = (person: SignedUp, id: string) => as(person, 'POST', `/api/invitations/${id}/accept`);

const gone = { status: 404, code: 'not_found', param: 'id' };

describe('an invitation', () => {
  it('is a link, by which the invited person joins once', async () => {
    const team = await newTeam();
    const email = newEmail();
    const made = await invite(team.owner, email.toUpperCase());
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.stringMatching(/^inv_[0-9a-z]{26}$/),
      email,
      role: 'developer',
      workspace: team.id,
      inviter: team.owner.id,
      link: `http://interline.test/invitations/${made.body.id}`,
      created_at: expect.any(Number),
      expires_at: made.body.created_at + 7 * 86_400,
    });
    expect((await as(team.owner, 'GET', '/api/invitations')).body.data).toEqual([made.body]);
    const person = await signUp(email);
    const offer = await as(person, 'GET', `/api/invitations/${made.body.id}`);
    expect(offer.body).toEqual({
      id: made.body.id,
      name: 'Test',
      role: 'developer',
      expires_at: made.body.expires_at,
    });
    const joined = await accept(person, made.body.id);
    expect(joined.body).toEqual({ id: team.id, name: 'Test', role: 'developer' });
    expect((await as(person, 'GET', '/api/me')).body).toMatchObject({
      role: 'developer',
      workspace: team.id,
    });
    expect(errorOf(await accept(person, made.body.id))).toEqual(gone);
    expect((await as(team.owner, 'GET', '/api/invitations')).body.data).toEqual([]);
    const audit = await as(team.owner, 'GET', '/api/audit');
    expect(audit.body.data.slice(0, 2)).toMatchObject([
      { action: 'invitation.accept', actor: person.id, after: { email, role: 'developer' } },
      { action: 'invitation.create', actor: team.owner.id, after: { email, role: 'developer' } },
    ]);
  });

  it('is for its e-mail address alone', async () => {
    const team = await newTeam();
    const made = await invite(team.owner, newEmail());
    const stranger = await signUp();
    const refused = { status: 403, code: 'permission_denied', param: null };
    expect(errorOf(await accept(stranger, made.body.id))).toEqual(refused);
    expect(errorOf(await as(stranger, 'GET', `/api/invitations/${made.body.id}`))).toEqual(refused);
    expect(errorOf(await as(stranger, 'GET', '/api/invitations/inv_none'))).toEqual(gone);
    expect((await as(stranger, 'GET', '/api/me')).body.workspaces).toEqual([]);
    expect(errorOf(await accept(stranger, 'inv_none'))).toEqual(gone);
  });

  it('ends after seven days, when it is taken back, and when another is sent', async () => {
    const team = await newTeam();
    const person = await signUp();
    const late = await invite(team.owner, person.email);
    await DB.prepare('update invitations set expires_at = ? where id = ?')
      .bind(Date.now() - 1, late.body.id)
      .run();
    expect(errorOf(await accept(person, late.body.id))).toEqual(gone);
    const first = await invite(team.owner, person.email);
    const second = await invite(team.owner, person.email, 'viewer');
    expect(errorOf(await accept(person, first.body.id))).toEqual(gone);
    expect((await as(team.owner, 'DELETE', `/api/invitations/${second.body.id}`)).status).toBe(204);
    expect(errorOf(await accept(person, second.body.id))).toEqual(gone);
    expect(errorOf(await as(team.owner, 'DELETE', `/api/invitations/${second.body.id}`))).toEqual(gone);
    const audit = await as(team.owner, 'GET', '/api/audit');
    expect(audit.body.data[0]).toMatchObject({
      action: 'invitation.cancel',
      before: { email: person.email, role: 'viewer' },
    });
  });

  it('hands out no role above the inviter’s', async () => {
    const team = await newTeam();
    const admin = await newMember(team.id, 'admin');
    const refused = { status: 403, code: 'permission_denied', param: 'role' };
    expect(errorOf(await invite(admin, newEmail(), 'owner'))).toEqual(refused);
    expect((await invite(admin, newEmail(), 'admin')).status).toBe(201);
    const { key } = await newKey(team.id, 'admin');
    const body = { email: newEmail(), role: 'owner' };
    expect(errorOf(await call('POST', '/api/invitations', { key, body }))).toEqual(refused);
    const developer = await newMember(team.id, 'developer');
    expect(errorOf(await invite(developer, newEmail(), 'viewer')).status).toBe(403);
  });

  it('stands no longer than its inviter could send it', async () => {
    const team = await newTeam();
    const [demoted, removed] = [await newMember(team.id, 'admin'), await newMember(team.id, 'admin')];
    const person = await signUp();
    const ofDemoted = await invite(demoted, person.email, 'admin');
    await as(team.owner, 'PATCH', `/api/members/${demoted.id}`, { body: { role: 'developer' } });
    expect(errorOf(await accept(person, ofDemoted.body.id))).toEqual(gone);
    const ofRemoved = await invite(removed, person.email, 'viewer');
    await as(team.owner, 'DELETE', `/api/members/${removed.id}`);
    expect(errorOf(await accept(person, ofRemoved.body.id))).toEqual(gone);
    const key = await newKey(team.id, 'admin');
    const ofKey = await call('POST', '/api/invitations', {
      key: key.key,
      body: { email: person.email, role: 'viewer' },
    });
    await call('DELETE', `/api/keys/${key.id}`, { key: OPERATOR });
    expect(errorOf(await accept(person, ofKey.body.id))).toEqual(gone);
    const log = await as(team.owner, 'GET', '/api/audit');
    const accepted = log.body.data.filter(
      (row: { action: string; actor: string }) =>
        row.action === 'invitation.accept' && row.actor === person.id,
    );
    expect(accepted).toEqual([]);
  });

  it('of a key is good while the key is', async () => {
    const team = await newTeam();
    const person = await signUp();
    const { key } = await newKey(team.id, 'admin');
    const body = { email: person.email, role: 'admin' };
    const made = await call('POST', '/api/invitations', { key, body });
    expect((await accept(person, made.body.id)).body.role).toBe('admin');
  });

  it('is not for members, nor lost by them', async () => {
    const team = await newTeam();
    const member = await newMember(team.id, 'viewer');
    expect(errorOf(await invite(team.owner, member.email))).toEqual({
      status: 409,
      code: 'conflict',
      param: 'email',
    });
  });

  it('is accepted once by who clicks twice', async () => {
    const team = await newTeam();
    const person = await signUp();
    const { id } = (await invite(team.owner, person.email)).body;
    const answers = await Promise.all([accept(person, id), accept(person, id), accept(person, id)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const rows = await DB.prepare('select role from members where user_id = ?').bind(person.id).all();
    expect(rows.results).toEqual([{ role: 'developer' }]);
  });

  it('of another workspace is neither seen nor ended', async () => {
    const [mine, theirs] = [await newTeam(), await newTeam()];
    const made = await invite(theirs.owner, newEmail());
    expect((await as(mine.owner, 'GET', '/api/invitations')).body.data).toEqual([]);
    const named = { status: 404, code: 'not_found', param: 'workspace' };
    const list = await as(mine.owner, 'GET', `/api/invitations?workspace=${theirs.id}`);
    expect(errorOf(list)).toEqual(named);
    const body = { email: newEmail(), role: 'owner', workspace: theirs.id };
    expect(errorOf(await as(mine.owner, 'POST', '/api/invitations', { body }))).toEqual(named);
    expect(errorOf(await as(mine.owner, 'DELETE', `/api/invitations/${made.body.id}`))).toEqual(gone);
    expect((await as(theirs.owner, 'GET', '/api/invitations')).body.data).toHaveLength(1);
  });

  it.each([
    [{}, 'missing_parameter', 'email'],
    [{ email: 'nobody', role: 'viewer' }, 'invalid_value', 'email'],
    [{ email: 'a@example.com' }, 'missing_parameter', 'role'],
    [{ email: 'a@example.com', role: 'operator' }, 'invalid_value', 'role'],
    [{ email: 'a@example.com', role: 'viewer', link: 'x' }, 'unsupported_parameter', 'link'],
    ['{', 'invalid_json', null],
  ])('is not made of %j', async (body, code, param) => {
    const { owner } = await newTeam();
    const answer = await as(owner, 'POST', '/api/invitations', { body });
    expect(errorOf(answer)).toEqual({ status: 400, code, param });
  });

  it('of the operator names the workspace', async () => {
    const body = { email: newEmail(), role: 'owner' };
    expect(errorOf(await call('POST', '/api/invitations', { key: OPERATOR, body }))).toEqual({
      status: 400,
      code: 'missing_parameter',
      param: 'workspace',
    });
  });
});
