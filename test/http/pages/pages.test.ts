import { describe, expect, it } from 'vitest';
import { type Answer, call, OPERATOR } from '../../support/gateway.ts';
import { as, browser, cookieOf, newEmail, newTeam, PASSWORD, signUp } from '../../support/people.ts';

const FORM = 'application/x-www-form-urlencoded';

function post(
  path: string,
  fields: Record<string, string>,
  cookie?: string,
  origin?: string,
): Promise<Answer> {
  const headers = { ...browser(cookie), 'content-type': FORM, ...(origin ? { origin } : {}) };
  return call('POST', path, { body: new URLSearchParams(fields).toString(), headers });
}

async function invited(email: string) {
  const { owner } = await newTeam();
  const made = await as(owner, 'POST', '/api/invitations', { body: { email, role: 'viewer' } });
  expect(made.status).toBe(201);
  return { owner, path: new URL(made.body.link).pathname };
}

/** A page is HTML without scripts, kept by nobody. */
function expectPage(answer: Answer, status: number): string {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.body).not.toContain('<script');
  return answer.body;
}

describe('the page of an invitation', () => {
  it('takes a new person in, signed in from then on', async () => {
    const email = newEmail();
    const { owner, path } = await invited(email);
    const shown = expectPage(await call('GET', path, { headers: browser() }), 200);
    expect(shown).toContain('Sign up and join');
    // Who only has the link is told neither the workspace nor the address.
    expect(shown).not.toContain(email);
    const joined = await post(path, { do: 'sign-up', name: 'New', email, password: PASSWORD });
    expect(expectPage(joined, 200)).toContain('You have joined as viewer');
    const me = await as({ cookie: cookieOf(joined) }, 'GET', '/api/me');
    expect(me.body).toMatchObject({ role: 'viewer', user: { email } });
    const members = await as(owner, 'GET', '/api/members');
    expect(members.body.data.map((member: { email: string }) => member.email)).toContain(email);
    expectPage(await post(path, { do: 'accept' }, cookieOf(joined)), 404);
  });

  it('offers the workspace to who is signed in, by one button', async () => {
    const person = await signUp();
    const { path } = await invited(person.email);
    const shown = expectPage(await call('GET', path, { headers: browser(person.cookie) }), 200);
    expect(shown).toContain('as viewer');
    expect(expectPage(await post(path, { do: 'accept' }, person.cookie), 200)).toContain('Welcome to');
  });

  it('lets somebody with an account sign in, and says what is wrong', async () => {
    const person = await signUp();
    const { path } = await invited(person.email);
    const wrong = await post(path, { do: 'sign-in', email: person.email, password: 'not that one' });
    expect(expectPage(wrong, 401)).toContain('role="alert"');
    const short = await post(path, { do: 'sign-up', email: 'x@example.com', password: 'short' });
    expect(expectPage(short, 400)).toContain('at least');
    const right = await post(path, { do: 'sign-in', email: person.email, password: PASSWORD });
    expect(expectPage(right, 200)).toContain('Welcome to');
  });

  it('is closed to people of other addresses, and to links that are none', async () => {
    const { path } = await invited(newEmail());
    const other = await signUp();
    const closed = await call('GET', path, { headers: browser(other.cookie) });
    expect(expectPage(closed, closed.status)).toContain('no open invitation for you');
    expect(closed.status).toBeGreaterThanOrEqual(403);
    expect(closed.body).toContain(`signed in as ${other.email}`);
    expectPage(await post('/invitations/inv_none', { do: 'accept' }, other.cookie), 404);
  });

  it('lets who is signed in with another address use the invited one', async () => {
    const email = newEmail();
    const { path } = await invited(email);
    const wrong = await post(path, { do: 'sign-up', email: newEmail(), password: PASSWORD });
    const link = /href="([^"]+)">use another account/.exec(expectPage(wrong, wrong.status))?.[1] ?? '';
    const cookie = cookieOf(wrong);
    const forms = expectPage(await call('GET', link, { headers: browser(cookie) }), 200);
    expect(forms).toContain('Sign up and join');
    const joined = await post(path, { do: 'sign-up', email, password: PASSWORD }, cookie);
    expect(expectPage(joined, 200)).toContain('You have joined as viewer');
  });

  it('takes forms of our own pages alone, and writes what it is given as text', async () => {
    const person = await signUp();
    const { path } = await invited(person.email);
    const foreign = await post(path, { do: 'accept' }, person.cookie, 'https://evil.example');
    expect(foreign.status).toBe(403);
    expect(foreign.body.error.code).toBe('cross_site_request');
    const json = await call('POST', path, { headers: browser(person.cookie), body: { do: 'accept' } });
    expect(json.status).toBe(415);
    const large = await post(path, { do: 'accept', x: 'x'.repeat(20_000) }, person.cookie);
    expect(large.status).toBe(413);
    const odd = await call('GET', '/invitations/%22%3E%3Cb%3E', { headers: browser() });
    expect(expectPage(odd, 200)).not.toContain('"><b>');
  });
});

describe('the page of a password reset', () => {
  it('sets a new password once', async () => {
    const person = await signUp();
    const made = await call('POST', `/api/users/${person.id}/reset-link`, { key: OPERATOR });
    const link = new URL(made.body.link);
    const shown = expectPage(await call('GET', link.pathname + link.search, { headers: browser() }), 200);
    const token = link.searchParams.get('token') ?? '';
    expect(shown).toContain(`value="${token}"`);
    expect(expectPage(await post('/reset-password', { token, password: 'short' }), 400)).toContain(
      'at least',
    );
    const password = 'another long password';
    expect(expectPage(await post('/reset-password', { token, password }), 200)).toContain('Password set');
    expectPage(await post('/reset-password', { token, password }), 400);
    const signedIn = await call('POST', '/api/auth/sign-in/email', {
      headers: browser(),
      body: { email: person.email, password },
    });
    expect(signedIn.status).toBe(200);
    expect((await as(person, 'GET', '/api/me')).status).toBe(401);
  });
});
