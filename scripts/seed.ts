/** The seeded person. Addresses of this domain are refused wherever LOCAL is not `true`. */
export const DEMO_EMAIL = 'demo@interline.local';

/** Where the gateway is, and the origin whose pages it trusts. */
export interface Gateway {
  url: string;
  origin: string;
}

/**
 * A key that works: the one of an earlier start, or a new one of the demo person, who is made with a demo
 * workspace when there is none yet. All of it goes through the API.
 * @throws Error with the gateway's answer when seeding fails.
 */
export async function seedDemo(gateway: Gateway, password: string, known: string | null): Promise<string> {
  if (known && (await works(gateway.url, known))) return known;
  const cookie = (await signUp(gateway, password)) ?? (await signIn(gateway, password));
  const me = await ask<{ workspaces: { id: string }[] }>(gateway, { cookie }, 'GET', '/api/me');
  const workspace =
    me.workspaces[0] ??
    (await ask<{ id: string }>(gateway, { cookie }, 'POST', '/api/workspaces', { name: 'Demo' }));
  const inWorkspace = { cookie, 'x-workspace': workspace.id };
  const body = { name: 'Demo key', role: 'admin' };
  return (await ask<{ key: string }>(gateway, inWorkspace, 'POST', '/api/keys', body)).key;
}

/** What the demo workspace can spend, USD. */
export async function demoCredits({ url }: Gateway, key: string): Promise<number> {
  const response = await fetch(`${url}/v1/credits`, { headers: { authorization: `Bearer ${key}` } });
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { credits: number }).credits;
}

async function works(url: string, key: string): Promise<boolean> {
  const response = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
  await response.body?.cancel();
  return response.ok;
}

/** The cookie of a new session; null when the demo person has an account already. */
async function signUp(gateway: Gateway, password: string): Promise<string | null> {
  const body = { name: 'Demo', email: DEMO_EMAIL, password };
  const response = await send(gateway, {}, 'POST', '/api/auth/sign-up/email', body);
  return response.status === 409 ? null : cookieOf(response);
}

async function signIn(gateway: Gateway, password: string): Promise<string> {
  const body = { email: DEMO_EMAIL, password };
  return cookieOf(await send(gateway, {}, 'POST', '/api/auth/sign-in/email', body));
}

async function cookieOf(response: Response): Promise<string> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`);
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
}

async function ask<T>(...request: Parameters<typeof send>): Promise<T> {
  const response = await send(...request);
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${text}`);
  return JSON.parse(text) as T;
}

function send(
  { url, origin }: Gateway,
  headers: Record<string, string>,
  method: string,
  path: string,
  body?: unknown,
): Promise<Response> {
  return fetch(url + path, {
    method,
    headers: { origin, ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
