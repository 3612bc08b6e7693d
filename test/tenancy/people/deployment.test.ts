import { env as bound } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../../src/env.ts';
import { GatewayError } from '../../../src/errors.ts';
import { authenticate } from '../../../src/tenancy/authenticate.ts';
import { invite } from '../../../src/tenancy/invitations/create.ts';
import { keyMemory } from '../../../src/tenancy/key-memory.ts';
import { requestReset } from '../../../src/tenancy/people/request-reset.ts';
import { readSession } from '../../../src/tenancy/people/session.ts';
import { signIn } from '../../../src/tenancy/people/sign-in.ts';
import { signUp } from '../../../src/tenancy/people/sign-up.ts';
import { createWorkspace } from '../../../src/tenancy/workspaces/create.ts';
import { as, newEmail, newMember, newTeam, PASSWORD } from '../../support/people.ts';

const env = bound as unknown as Env;

/** The same storage with other variables. */
const deployed = (variables: Record<string, string | undefined>): Env => ({ ...env, ...variables });

let waiting: Promise<unknown>[] = [];

const visit = (headers: Record<string, string> = {}, origin = 'https://interline.example') => ({
  headers: new Headers({ 'cf-connecting-ip': crypto.randomUUID(), ...headers }),
  origin,
  waitUntil: (promise: Promise<unknown>) => void waiting.push(promise),
});

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown.code;
    throw thrown;
  }
  return 'none';
}

const person = (email = newEmail()) => ({ name: 'Person', email, password: PASSWORD });

const cookieOf = (cookies: string[]) => cookies.map((cookie) => cookie.split(';')[0]).join('; ');

afterEach(() => {
  vi.unstubAllGlobals();
  waiting = [];
});

describe('what is seeded locally', () => {
  it('is nobody in a deployment: neither the person, nor a session, nor a key', async () => {
    const local = deployed({ LOCAL: 'true' });
    const remote = deployed({ LOCAL: undefined });
    const email = `${crypto.randomUUID()}@interline.local`;
    expect(await codeOf(signUp(remote, visit(), person(email)))).toBe('permission_denied');

    const { answer, cookies } = await signUp(local, visit(), person(email));
    const cookie = { cookie: cookieOf(cookies) };
    const workspace = await createWorkspace(local, { kind: 'user', userId: answer.id }, { name: 'Demo' });
    const { createKey } = await import('../../../src/tenancy/keys/create.ts');
    const key = await createKey(
      local,
      { kind: 'member', userId: answer.id, workspaceId: workspace.id, role: 'owner' },
      { name: 'Demo key', role: 'admin' },
    );
    const call = (where: Env) => {
      keyMemory.clear();
      return codeOf(
        (async () => authenticate(`Bearer ${key.key}`, where, (promise) => void waiting.push(promise)))(),
      );
    };
    expect((await readSession(local, visit(cookie))).answer?.user.email).toBe(email);
    expect((await readSession(remote, visit(cookie))).answer).toBeNull();
    const input = { email: email.toUpperCase(), password: PASSWORD };
    expect(await codeOf(signIn(local, visit(), input))).toBe('none');
    expect(await codeOf(signIn(remote, visit(), input))).toBe('invalid_credentials');
    expect(await call(remote)).toBe('invalid_api_key');
    await Promise.all(waiting);
    const { keys } = await env.SNAPSHOTS.list();
    await Promise.all(keys.map(({ name }) => env.SNAPSHOTS.delete(name)));
    expect(await call(local)).toBe('none');
  });
});

describe('cookies', () => {
  it('are for https alone where the gateway is', async () => {
    const { cookies } = await signUp(env, visit(), person());
    expect(cookies[0]).toMatch(/^__Secure-interline\.session_token=.*; HttpOnly; Secure; SameSite=Lax/i);
  });

  it('of a deployment with another secret are not believed', async () => {
    const { cookies } = await signUp(env, visit(), person());
    const headers = { cookie: cookieOf(cookies) };
    expect((await readSession(env, visit(headers))).answer).not.toBeNull();
    const other = deployed({ AUTH_SECRET: 'another secret of forty characters or so' });
    expect((await readSession(other, visit(headers))).answer).toBeNull();
  });

  it('are signed with nothing that a deployment lacks', async () => {
    const bare = deployed({ ENCRYPTION_KEY: undefined });
    expect(await codeOf(signUp(bare, visit(), person()))).toBe('auth_unavailable');
  });
});

describe('a fault of storage', () => {
  it('is no answer about a session or a password', async () => {
    const { cookies } = await signUp(env, visit(), person());
    const broken = { ...env, DB: { prepare: () => failing } as unknown as D1Database };
    const failing = {
      bind: () => failing,
      all: () => Promise.reject(new Error('D1_ERROR: down')),
      raw: () => Promise.reject(new Error('D1_ERROR: down')),
      run: () => Promise.reject(new Error('D1_ERROR: down')),
    };
    const headers = { cookie: cookieOf(cookies) };
    expect(await codeOf(readSession(broken, visit(headers)))).toBe('auth_unavailable');
  });
});

describe('where only the invited may sign up', () => {
  const closed = deployed({ SIGN_UP: 'invited' });

  it('an open invitation to this address lets in', async () => {
    const team = await newTeam();
    const email = newEmail();
    const made = await as(team.owner, 'POST', '/api/invitations', { body: { email, role: 'viewer' } });
    const invitation: string = made.body.id;
    expect(await codeOf(signUp(closed, visit(), person()))).toBe('permission_denied');
    expect(await codeOf(signUp(closed, visit(), { ...person(), invitation }))).toBe('permission_denied');
    expect(await codeOf(signUp(closed, visit(), { ...person(email), invitation: 'inv_x' }))).toBe(
      'permission_denied',
    );
    expect(await codeOf(signUp(closed, visit(), { ...person(email), invitation }))).toBe('none');
  });
});

describe('trial credits', () => {
  it('are what the operator says', async () => {
    const give = async (variables: Record<string, string>) => {
      const { answer } = await signUp(env, visit(), person());
      const actor = { kind: 'user' as const, userId: answer.id };
      return (await createWorkspace(deployed(variables), actor, { name: 'x' })).credits;
    };
    expect(await give({ TRIAL_CREDITS_USD: '0' })).toBe(0);
    expect(await give({ TRIAL_CREDITS_USD: '2.5' })).toBe(2.5);
    expect(await give({})).toBe(20);
  });
});

describe('mail', () => {
  const mailing = deployed({ MAIL_WEBHOOK_URL: 'https://mail.example/send' });

  function webhook(status = 200) {
    const sent: { to: string; kind: string; link: string; text: string }[] = [];
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
      expect(url).toBe('https://mail.example/send');
      sent.push(JSON.parse(String(init.body)));
      return new Response(null, { status });
    });
    return sent;
  }

  it('brings a link that sets a new password', async () => {
    const sent = webhook();
    const who = person();
    await signUp(env, visit(), who);
    await requestReset(mailing, visit(), who.email.toUpperCase());
    await Promise.all(waiting);
    expect(sent).toMatchObject([{ kind: 'password_reset', to: who.email }]);
    const link = new URL(sent[0]?.link ?? '');
    expect(link.origin).toBe('https://interline.example');
    expect(sent[0]?.text).toContain(link.href);
    const { resetPassword } = await import('../../../src/tenancy/people/reset-password.ts');
    const token = link.searchParams.get('token') ?? '';
    await resetPassword(mailing, visit(), { token, password: 'a new long password' });
    const input = { email: who.email, password: 'a new long password' };
    expect(await codeOf(signIn(env, visit(), input))).toBe('none');
  });

  it('goes to nobody who has no account, with the same answer', async () => {
    const sent = webhook();
    expect(await codeOf(requestReset(mailing, visit(), newEmail()))).toBe('none');
    await Promise.all(waiting);
    expect(sent).toEqual([]);
  });

  it('that fails changes no answer', async () => {
    webhook(500);
    const who = person();
    await signUp(env, visit(), who);
    expect(await codeOf(requestReset(mailing, visit(), who.email))).toBe('none');
    await Promise.all(waiting);
  });

  it('brings invitations', async () => {
    const sent = webhook();
    const team = await newTeam();
    const admin = await newMember(team.id, 'admin');
    const email = newEmail();
    const made = await invite(
      mailing,
      { kind: 'member', userId: admin.id, workspaceId: team.id, role: 'admin' },
      visit(),
      { email, role: 'viewer' },
    );
    await Promise.all(waiting);
    expect(sent).toMatchObject([{ kind: 'invitation', to: email, link: made.link }]);
  });
});
