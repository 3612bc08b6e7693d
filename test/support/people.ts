import { expect } from 'vitest';
import { type Answer, call, newWorkspace, OPERATOR } from './gateway.ts';

/** Where the tests' Worker is. */
export const ORIGIN = 'http://interline.test';

export const PASSWORD = 'correct horse battery';

let people = 0;

/** An address of mail that nobody has yet. */
export function newEmail(): string {
  people += 1;
  return `person${people}.${crypto.randomUUID()}@example.com`;
}

/** What a browser on our own pages sends along, from an address of its own so that no throttle is shared. */
export function browser(cookie?: string): Record<string, string> {
  return {
    origin: ORIGIN,
    'cf-connecting-ip': `10.${random()}.${random()}.${random()}`,
    ...(cookie === undefined ? {} : { cookie }),
  };
}

function random(): number {
  return Math.floor(Math.random() * 256);
}

/** The cookies that an answer sets, as the next request sends them. */
export function cookieOf(answer: Answer): string {
  const set = answer.headers.getSetCookie();
  expect(set.length).toBeGreaterThan(0);
  return set.map((value) => value.split(';')[0]).join('; ');
}

export interface SignedUp {
  id: string;
  email: string;
  cookie: string;
}

/** A new person, signed in. */
export async function signUp(email = newEmail()): Promise<SignedUp> {
  const answer = await call('POST', '/api/auth/sign-up/email', {
    headers: browser(),
    body: { name: 'Person', email, password: PASSWORD },
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return { id: answer.body.id, email, cookie: cookieOf(answer) };
}

/** One request of a signed-in person from our own pages. */
export function as(
  person: { cookie: string },
  method: string,
  path: string,
  { body, headers }: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return call(method, path, { body, headers: { ...browser(person.cookie), ...headers } });
}

/** A new person who belongs to a workspace, by an invitation of the operator. */
export async function newMember(
  workspace: string,
  role: 'owner' | 'admin' | 'developer' | 'billing' | 'viewer',
): Promise<SignedUp> {
  const person = await signUp();
  const invited = await call('POST', '/api/invitations', {
    key: OPERATOR,
    body: { email: person.email, role, workspace },
  });
  expect(invited.status, JSON.stringify(invited.body)).toBe(201);
  const accepted = await as(person, 'POST', `/api/invitations/${invited.body.id}/accept`);
  expect(accepted.status, JSON.stringify(accepted.body)).toBe(200);
  return person;
}

/** A new workspace with an owner. */
export async function newTeam(): Promise<{ id: string; owner: SignedUp }> {
  const { id } = await newWorkspace();
  return { id, owner: await newMember(id, 'owner') };
}
