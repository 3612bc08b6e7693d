import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { call, errorOf } from '../../support/gateway.ts';
import { as, browser, newEmail, PASSWORD, signUp } from '../../support/people.ts';

const { DB } = env as unknown as { DB: D1Database };

const throttled = { status: 429, code: 'too_many_attempts', param: null };

const signIn = (email: string, password: string, headers = browser()) =>
  call('POST', '/api/auth/sign-in/email', { headers, body: { email, password } });

/** Some answers at one time. */
const burst = <T>(count: number, make: (n: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, n) => make(n)));

describe('attempts to sign in', () => {
  it('are ten for an e-mail address, from wherever they come, also all at once', async () => {
    const { email } = await signUp();
    const answers = await burst(14, () => signIn(email, 'a wrong password'));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
    const last = answers.filter(({ status }) => status === 429);
    expect(last).toHaveLength(4);
    const right = await signIn(email.toUpperCase(), PASSWORD);
    expect(errorOf(right)).toEqual(throttled);
    const wait = Number(right.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(890);
    expect(wait).toBeLessThanOrEqual(900);
    expect((await signIn((await signUp()).email, PASSWORD)).status).toBe(200);
  });

  it('begin anew after a quarter of an hour', async () => {
    const { email } = await signUp();
    await burst(11, () => signIn(email, 'a wrong password'));
    expect((await signIn(email, PASSWORD)).status).toBe(429);
    await DB.prepare('update attempts set ends_at = ?')
      .bind(Date.now() - 1)
      .run();
    expect((await signIn(email, PASSWORD)).status).toBe(200);
  });

  it('are forgotten once the password was right', async () => {
    const { email } = await signUp();
    for (let round = 0; round < 3; round++) {
      await burst(6, () => signIn(email, 'a wrong password'));
      expect((await signIn(email, PASSWORD)).status).toBe(200);
    }
  });

  it('are fifty from one address, or one network of IPv6', async () => {
    for (const addressOf of [() => '192.0.2.7', (n: number) => `2001:db8:0:1::${n}`]) {
      const answers = await burst(52, (n) =>
        signIn(newEmail(), PASSWORD, { ...browser(), 'cf-connecting-ip': addressOf(n) }),
      );
      expect(answers.filter(({ status }) => status === 429)).toHaveLength(2);
    }
    const { email } = await signUp();
    const headers = { ...browser(), 'cf-connecting-ip': '2001:db8:0:2::1' };
    expect((await signIn(email, PASSWORD, headers)).status).toBe(200);
  });
});

describe('other attempts', () => {
  it('to sign up are twenty from one address', async () => {
    const headers = { ...browser(), 'cf-connecting-ip': '192.0.2.8' };
    const answers = await burst(22, () =>
      call('POST', '/api/auth/sign-up/email', {
        headers,
        body: { name: 'x', email: newEmail(), password: PASSWORD },
      }),
    );
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(2);
  });

  it('to be mailed a link are three for one e-mail address', async () => {
    const email = newEmail();
    const answers = await burst(5, () =>
      call('POST', '/api/auth/request-password-reset', { headers: browser(), body: { email } }),
    );
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(2);
  });

  it('to guess the token of a link are twenty from one address', async () => {
    const headers = { ...browser(), 'cf-connecting-ip': '192.0.2.9' };
    const answers = await burst(22, (n) =>
      call('POST', '/api/auth/reset-password', { headers, body: { token: `t${n}`, password: PASSWORD } }),
    );
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(2);
  });

  it('to guess the password with a stolen session are ten', async () => {
    const person = await signUp();
    const answers = await burst(12, () =>
      as(person, 'POST', '/api/auth/change-password', {
        body: { current_password: 'a wrong password', new_password: 'a new long password' },
      }),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(2);
  });

  it('to invite are fifty of one person, and to make workspaces twenty', async () => {
    const person = await signUp();
    const made = await burst(22, () => as(person, 'POST', '/api/workspaces', { body: { name: 'x' } }));
    expect(made.filter(({ status }) => status === 429)).toHaveLength(2);
    const id: string = made.find(({ status }) => status === 201)?.body.id;
    const invited = await burst(52, () =>
      as(person, 'POST', '/api/invitations', {
        body: { email: newEmail(), role: 'viewer' },
        headers: { 'x-workspace': id },
      }),
    );
    expect(invited.filter(({ status }) => status === 429)).toHaveLength(2);
  });
});
