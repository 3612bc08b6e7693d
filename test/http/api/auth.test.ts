import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { call, errorOf, OPERATOR } from '../../support/gateway.ts';
import { as, browser, cookieOf, newEmail, PASSWORD, signUp } from '../../support/people.ts';

const { DB } = env as unknown as { DB: D1Database };

const signIn = (email: string, password: string) =>
  call('POST', '/api/auth/sign-in/email', { headers: browser(), body: { email, password } });

const session = async (cookie: string) =>
  (await call('GET', '/api/auth/get-session', { headers: browser(cookie) })).body;

describe('signing up', () => {
  it('makes an account and a session, and stores no password', async () => {
    const email = newEmail();
    const answer = await call('POST', '/api/auth/sign-up/email', {
      headers: browser(),
      body: { name: 'Ada', email: email.toUpperCase(), password: PASSWORD },
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^usr_[0-9a-z]{26}$/),
      name: 'Ada',
      email,
      created_at: expect.any(Number),
    });
    const [cookie, ...rest] = answer.headers.getSetCookie();
    expect(rest).toEqual([]);
    expect(cookie).toMatch(/^interline\.session_token=/);
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; SameSite=Lax/i);
    expect(cookie).not.toMatch(/; Secure/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect((await session(cookieOf(answer))).user.id).toBe(answer.body.id);
    const row = await DB.prepare('select password from accounts where user_id = ?')
      .bind(answer.body.id)
      .first<{ password: string }>();
    expect(row?.password).toMatch(/^pbkdf2-sha256\$100000\$[\w+/=]{24}\$[\w+/=]{44}$/);
  });

  it('knows an address that has an account, however it is written', async () => {
    const { email } = await signUp();
    const again = await call('POST', '/api/auth/sign-up/email', {
      headers: browser(),
      body: { name: 'Ada', email: email.toUpperCase(), password: PASSWORD },
    });
    expect(errorOf(again)).toEqual({ status: 409, code: 'conflict', param: 'email' });
  });

  it('of two people with one address lets in one', async () => {
    const body = { name: 'Ada', email: newEmail(), password: PASSWORD };
    const answers = await Promise.all(
      [1, 2, 3].map(() => call('POST', '/api/auth/sign-up/email', { headers: browser(), body })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  });

  it.each([
    [{}, 'missing_parameter', 'name'],
    [{ name: 'Ada', password: PASSWORD }, 'missing_parameter', 'email'],
    [{ name: 'Ada', email: 'ada', password: PASSWORD }, 'invalid_value', 'email'],
    [{ name: 'Ada', email: 7, password: PASSWORD }, 'invalid_type', 'email'],
    [{ name: 'Ada', email: 'ada@example.com', password: 'short' }, 'invalid_value', 'password'],
    [{ name: 'Ada', email: 'ada@example.com', password: 'x'.repeat(129) }, 'invalid_value', 'password'],
    [
      { name: 'Ada', email: 'ada@example.com', password: PASSWORD, role: 'owner' },
      'unsupported_parameter',
      'role',
    ],
    [[], 'invalid_type', null],
  ])('refuses %j', async (body, code, param) => {
    const answer = await call('POST', '/api/auth/sign-up/email', { headers: browser(), body });
    expect(errorOf(answer)).toEqual({ status: 400, code, param });
  });
});

describe('signing in', () => {
  it('begins a session, which signing out ends', async () => {
    const { id, email } = await signUp();
    const answer = await signIn(email, PASSWORD);
    expect(answer.status).toBe(200);
    expect(answer.body.id).toBe(id);
    const cookie = cookieOf(answer);
    expect((await session(cookie)).user.email).toBe(email);
    const out = await call('POST', '/api/auth/sign-out', { headers: browser(cookie) });
    expect(out.status).toBe(204);
    expect(out.headers.getSetCookie()[0]).toMatch(/Max-Age=0/);
    expect(await session(cookie)).toEqual({ user: null, expires_at: null });
    const after = await call('GET', '/api/workspaces', { headers: browser(cookie) });
    expect(errorOf(after)).toEqual({ status: 401, code: 'missing_api_key', param: null });
  });

  it('tells a wrong password and an unknown address apart for nobody', async () => {
    const { email } = await signUp();
    const refused = { status: 401, code: 'invalid_credentials', param: null };
    const wrong = await signIn(email, 'another password');
    const unknown = await signIn(newEmail(), PASSWORD);
    expect(errorOf(wrong)).toEqual(refused);
    expect(errorOf(unknown)).toEqual(refused);
    expect(wrong.body.error.message).toBe(unknown.body.error.message);
    expect(wrong.headers.getSetCookie()).toEqual([]);
  });

  it('believes no cookie that it did not sign', async () => {
    const { cookie } = await signUp();
    const [name = '', value = ''] = cookie.split('=');
    const [token = '', signature = ''] = decodeURIComponent(value).split('.');
    const forged = [
      `${name}=${token}`,
      `${name}=${encodeURIComponent(`${token}.${signature.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))}`)}`,
      `${name}=${encodeURIComponent(`${token}x.${signature}`)}`,
      `${name}=`,
    ];
    for (const attempt of forged) {
      expect(await session(attempt), attempt).toEqual({ user: null, expires_at: null });
      const answer = await call('GET', '/api/workspaces', { headers: browser(attempt) });
      expect(errorOf(answer).status, attempt).toBe(401);
    }
    expect((await session(cookie)).user).not.toBeNull();
  });

  it('ends with the session’s time', async () => {
    const { id, cookie } = await signUp();
    const before = await session(cookie);
    expect(before.expires_at * 1000).toBeGreaterThan(Date.now() + 6.9 * 86_400_000);
    await DB.prepare('update sessions set expires_at = ? where user_id = ?')
      .bind(Date.now() - 1, id)
      .run();
    expect((await session(cookie)).user).toBeNull();
  });

  it('forgets sessions that ended', async () => {
    const { id, email } = await signUp();
    await DB.prepare('update sessions set expires_at = ? where user_id = ?')
      .bind(Date.now() - 1, id)
      .run();
    await signIn(email, PASSWORD);
    const count = () =>
      DB.prepare('select count(*) n from sessions where user_id = ?').bind(id).first<{ n: number }>();
    await vi.waitFor(async () => expect((await count())?.n).toBe(1));
  });
});

describe('/api/auth', () => {
  it.each([
    ['POST', '/api/auth/organization/create'],
    ['POST', '/api/auth/organization/update-member-role'],
    ['POST', '/api/auth/update-user'],
    ['POST', '/api/auth/delete-user'],
    ['GET', '/api/auth/list-sessions'],
    ['GET', '/api/auth/ok'],
    ['GET', '/api/auth/sign-in/email'],
    ['GET', '/api/auth/reset-password/token'],
  ])('serves nothing else of better-auth: %s %s', async (method, path) => {
    const person = await signUp();
    const body = method === 'POST' ? { body: {} } : {};
    expect(errorOf(await as(person, method, path, body)).status).toBe(404);
  });
});

describe('passwords', () => {
  it('are changed by who knows the old one, which ends all other sessions', async () => {
    const person = await signUp();
    const other = cookieOf(await signIn(person.email, PASSWORD));
    const change = (current: string) =>
      as(person, 'POST', '/api/auth/change-password', {
        body: { current_password: current, new_password: 'a new long password' },
      });
    expect(errorOf(await change('not the password'))).toEqual({
      status: 401,
      code: 'invalid_credentials',
      param: 'current_password',
    });
    const changed = await change(PASSWORD);
    expect(changed.status).toBe(204);
    expect((await session(other)).user).toBeNull();
    expect((await session(cookieOf(changed))).user.id).toBe(person.id);
    expect((await signIn(person.email, PASSWORD)).status).toBe(401);
    expect((await signIn(person.email, 'a new long password')).status).toBe(200);
    const audit = await call('GET', '/api/audit', { key: OPERATOR });
    expect(audit.body.data[0]).toMatchObject({ action: 'user.change_password', actor: person.id });
    expect(JSON.stringify(audit.body)).not.toMatch(/password\$|a new long|pbkdf2/);
  });

  it('are set anew by a link of the operator, which works once', async () => {
    const person = await signUp();
    const made = await call('POST', `/api/users/${person.id}/reset-link`, { key: OPERATOR });
    expect(made.status).toBe(201);
    const link = new URL(made.body.link);
    expect(`${link.origin}${link.pathname}`).toBe('http://interline.test/reset-password');
    const token = link.searchParams.get('token');
    expect(JSON.stringify((await DB.prepare('select * from verifications').all()).results)).not.toContain(
      token,
    );
    const reset = (body: object) => call('POST', '/api/auth/reset-password', { headers: browser(), body });
    const refused = { status: 400, code: 'invalid_value', param: 'token' };
    expect(errorOf(await reset({ token: 'guess', password: 'a new long password' }))).toEqual(refused);
    expect((await reset({ token, password: 'a new long password' })).status).toBe(204);
    expect(errorOf(await reset({ token, password: 'another long password' }))).toEqual(refused);
    expect((await session(person.cookie)).user).toBeNull();
    expect((await signIn(person.email, 'a new long password')).status).toBe(200);
    const audit = await call('GET', '/api/audit?limit=2', { key: OPERATOR });
    expect(audit.body.data).toMatchObject([
      { action: 'user.reset_password', actor: person.id },
      { action: 'user.reset_link', actor: 'operator', target: person.id },
    ]);
    expect(JSON.stringify(audit.body)).not.toContain(token);
  });

  it('are not set by a link whose hour is over', async () => {
    const person = await signUp();
    const made = await call('POST', `/api/users/${person.id}/reset-link`, { key: OPERATOR });
    await DB.prepare('update verifications set expires_at = ?')
      .bind(Date.now() - 1)
      .run();
    const token = new URL(made.body.link).searchParams.get('token');
    const answer = await call('POST', '/api/auth/reset-password', {
      headers: browser(),
      body: { token, password: 'a new long password' },
    });
    expect(errorOf(answer)).toEqual({ status: 400, code: 'invalid_value', param: 'token' });
  });

  it('tell nobody by a request for a link which accounts there are', async () => {
    const { email } = await signUp();
    const ask = (address: string) =>
      call('POST', '/api/auth/request-password-reset', { headers: browser(), body: { email: address } });
    const [known, unknown] = [await ask(email), await ask(newEmail())];
    expect(known.status).toBe(202);
    expect([unknown.status, unknown.body]).toEqual([known.status, known.body]);
  });
});
