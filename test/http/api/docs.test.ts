import { describe, expect, it } from 'vitest';
import { call, errorOf } from '../../support/gateway.ts';
import { newEmail, ORIGIN, PASSWORD } from '../../support/people.ts';

describe('the reference page', () => {
  it('begins with how to be known: by a key, or by a session', async () => {
    const { status, headers, body } = await call('GET', '/api/docs');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    const header = String(body).match(/<header>([\s\S]*)<\/header>/)?.[1] ?? '';
    for (const said of [
      '<code>Authorization: Bearer …</code>',
      '<code>POST /api/auth/sign-in/email</code>',
      '<code>interline.session_token</code>',
      '<code>Origin: &lt;scheme and host of the gateway&gt;</code>',
      '<code>cross_site_request</code>',
      '<code>x-workspace</code>',
    ]) {
      expect(header).toContain(said);
    }
  });

  it('says what holds of sessions', async () => {
    const signUp = { name: 'Person', email: newEmail(), password: PASSWORD };
    const signed = await call('POST', '/api/auth/sign-up/email', { body: signUp });
    const cookie = String(signed.headers.get('set-cookie')).split(';')[0] ?? '';
    expect(cookie).toMatch(/^interline\.session_token=/);
    const make = (headers: Record<string, string>, name: string) =>
      call('POST', '/api/workspaces', { headers: { cookie, ...headers }, body: { name } });
    expect(errorOf(await make({}, 'A')).code).toBe('cross_site_request');
    const first = await make({ origin: ORIGIN }, 'A');
    await make({ origin: ORIGIN }, 'B');
    const headers = { cookie, 'x-workspace': first.body.id };
    expect((await call('GET', '/api/me', { headers })).body.workspace).toBe(first.body.id);
  });
});
