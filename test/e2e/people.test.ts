import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEMO_EMAIL, seedDemo } from '../../scripts/seed.ts';
import { startWorld, type World } from '../support/node/world.ts';

const PASSWORD = 'correct horse battery';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

/** A browser of its own: it keeps the cookies it is given, and says where it comes from. */
class Browser {
  #cookies = new Map<string, string>();

  async send(method: string, path: string, body?: unknown): Promise<Response> {
    const response = await fetch(world.gateway.origin + path, {
      method,
      headers: {
        origin: world.gateway.origin,
        cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/max-age=0/i.test(cookie)) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }

  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.send(method, path, body);
    const text = await response.text();
    expect(response.ok, `${method} ${path}: ${text}`).toBe(true);
    return (text === '' ? null : JSON.parse(text)) as T;
  }
}

async function statusOfChat(key: string): Promise<number> {
  const response = await fetch(`${world.gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'demo-echo', messages: [{ role: 'user', content: 'Hello' }] }),
  });
  await response.body?.cancel();
  return response.status;
}

test('the demo person is seeded once, with a workspace and a key that calls models', async () => {
  const gateway = { url: world.gateway.origin, origin: world.gateway.origin };
  const key = await seedDemo(gateway, 'the demo password', null);
  expect(await statusOfChat(key)).toBe(200);
  expect(await seedDemo(gateway, 'the demo password', key)).toBe(key);
  const another = await seedDemo(gateway, 'the demo password', null);
  expect(another).not.toBe(key);

  const browser = new Browser();
  await browser.ask('POST', '/api/auth/sign-in/email', { email: DEMO_EMAIL, password: 'the demo password' });
  const me = await browser.ask<{ role: string; workspaces: { name: string }[] }>('GET', '/api/me');
  expect(me).toMatchObject({ role: 'owner', workspaces: [{ name: 'Demo' }] });
});

test('a team is made, joined by a link, and left behind by who is removed', async () => {
  const [ada, bob] = [new Browser(), new Browser()];
  await ada.ask('POST', '/api/auth/sign-up/email', {
    name: 'Ada',
    email: 'ada@example.com',
    password: PASSWORD,
  });
  const made = await ada.ask<{ id: string; credits: number }>('POST', '/api/workspaces', { name: 'Engines' });
  expect(made.credits).toBe(20);
  const invitation = await ada.ask<{ id: string; link: string }>('POST', '/api/invitations', {
    email: 'bob@example.com',
    role: 'developer',
  });
  expect(invitation.link).toBe(`${world.gateway.origin}/invitations/${invitation.id}`);

  const { id: user } = await bob.ask<{ id: string }>('POST', '/api/auth/sign-up/email', {
    name: 'Bob',
    email: 'bob@example.com',
    password: PASSWORD,
  });
  await bob.ask('POST', `/api/invitations/${invitation.id}/accept`);
  const { key } = await bob.ask<{ key: string }>('POST', '/api/keys', { name: 'App' });
  expect(await statusOfChat(key)).toBe(200);

  await ada.ask('DELETE', `/api/members/${user}`);
  expect(await statusOfChat(key)).toBe(401);
  expect((await bob.send('GET', '/api/keys')).status).toBe(403);

  await bob.ask('POST', '/api/auth/sign-out');
  expect((await bob.send('GET', '/api/me')).status).toBe(401);
});
