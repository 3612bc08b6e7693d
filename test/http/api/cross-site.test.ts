import { describe, expect, it } from 'vitest';
import { call, errorOf, newKey, newWorkspace } from '../../support/gateway.ts';
import { newEmail, newTeam, ORIGIN, PASSWORD, signUp } from '../../support/people.ts';

const refused = { status: 403, code: 'cross_site_request', param: null };

/** What a request says of where it comes from, when it does not come from our pages. */
const FOREIGN: Record<string, Record<string, string>> = {
  'another site': { origin: 'https://evil.example' },
  'another scheme': { origin: 'https://interline.test' },
  'another port': { origin: `${ORIGIN}:8080` },
  'a name that ends like ours': { origin: 'http://evil-interline.test' },
  'a sandboxed page': { origin: 'null' },
  'another site, by its metadata': { 'sec-fetch-site': 'cross-site' },
  'a sibling site': { 'sec-fetch-site': 'same-site' },
  'another site that claims otherwise': { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
  nowhere: {},
};

describe('a change with a session', () => {
  it.each(Object.entries(FOREIGN))('from %s is refused and changes nothing', async (_where, headers) => {
    const { owner } = await newTeam();
    for (const [method, path, body] of [
      ['POST', '/api/keys', { name: 'x' }],
      ['PATCH', `/api/members/${owner.id}`, { role: 'viewer' }],
      ['DELETE', `/api/members/${owner.id}`, undefined],
      ['POST', '/api/auth/sign-out', undefined],
      [
        'POST',
        '/api/auth/change-password',
        { current_password: PASSWORD, new_password: 'a new long password' },
      ],
    ] as const) {
      const answer = await call(method, path, { body, headers: { cookie: owner.cookie, ...headers } });
      expect(errorOf(answer), `${method} ${path}`).toEqual(refused);
    }
    const keys = await call('GET', '/api/keys', { headers: { cookie: owner.cookie } });
    expect(keys.body.data).toEqual([]);
  });

  it('is refused whether the session is good or not', async () => {
    const answer = await call('POST', '/api/workspaces', {
      body: { name: 'x' },
      headers: { cookie: '__Secure-interline.session_token=x', origin: 'https://evil.example' },
    });
    expect(errorOf(answer)).toEqual(refused);
  });

  it.each([[{ origin: ORIGIN }], [{ 'sec-fetch-site': 'same-origin' }]])(
    'from our pages (%j) is made',
    async (headers) => {
      const { cookie } = await signUp();
      const made = await call('POST', '/api/workspaces', {
        body: { name: 'x' },
        headers: { cookie, ...(headers as Record<string, string>) },
      });
      expect(made.status).toBe(201);
    },
  );

  it('sent with a key needs no origin, and does not become the person’s', async () => {
    const { cookie } = await signUp();
    const { key } = await newKey((await newWorkspace()).id, 'developer');
    const headers = { cookie, origin: 'https://evil.example' };
    expect((await call('GET', '/api/me', { key, headers })).body.kind).toBe('key');
    expect((await call('POST', '/api/keys', { key, headers, body: { name: 'x' } })).status).toBe(201);
  });

  it('is not made by a cookie on the data plane', async () => {
    const { cookie } = await signUp();
    const answer = await call('GET', '/v1/models', { headers: { cookie, origin: ORIGIN } });
    expect(errorOf(answer).code).toBe('missing_api_key');
  });
});

describe('signing in', () => {
  it.each(Object.entries(FOREIGN).filter(([where]) => where !== 'nowhere'))(
    'for %s is refused: nobody is signed in to an account of an attacker',
    async (_where, headers) => {
      const { email } = await signUp();
      const body = { email, password: PASSWORD };
      expect(errorOf(await call('POST', '/api/auth/sign-in/email', { body, headers }))).toEqual(refused);
      const sent = { name: 'x', email: newEmail(), password: PASSWORD };
      expect(errorOf(await call('POST', '/api/auth/sign-up/email', { body: sent, headers }))).toEqual(
        refused,
      );
    },
  );

  it('works for a program that is no browser', async () => {
    const { email } = await signUp();
    const body = { email, password: PASSWORD };
    expect((await call('POST', '/api/auth/sign-in/email', { body })).status).toBe(200);
  });
});
