import { beforeAll, describe, expect, it } from 'vitest';
import { api } from '../../../src/http/api/index.ts';
import { call, errorOf, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';
import { browser, newMember, signUp } from '../../support/people.ts';
import { type Home, type Sent, VALID } from './valid-requests.ts';

const MEMBERS = ['owner', 'admin', 'developer', 'billing', 'viewer'] as const;
const KEYS = ['key:admin', 'key:developer', 'key:read', 'key:inference'] as const;
const EVERYONE = ['operator', ...MEMBERS, ...KEYS, 'user'] as const;
type Who = (typeof EVERYONE)[number];

// Groups as this table needs them, by hand and apart from those of the code.
const operator: readonly Who[] = ['operator'];
const admins: readonly Who[] = ['operator', 'owner', 'admin', 'key:admin'];
const developers: readonly Who[] = [...admins, 'developer', 'key:developer'];
const readers: readonly Who[] = [...developers, 'billing', 'viewer', 'key:read'];
const people: readonly Who[] = ['owner', 'admin', 'developer', 'billing', 'viewer', 'user'];

/** Who may use a route of the management API, by hand. A route that is missing here fails the test. */
const EXPECTED: Record<string, readonly Who[]> = {
  'get /api/providers': operator,
  'get /api/providers/{id}': operator,
  'put /api/providers/{id}': operator,
  'delete /api/providers/{id}': operator,
  'get /api/providers/{id}/credentials': operator,
  'post /api/providers/{id}/credentials': operator,
  'patch /api/providers/{id}/credentials/{credential}': operator,
  'delete /api/providers/{id}/credentials/{credential}': operator,
  'get /api/workspaces/{id}/credentials': admins,
  'post /api/workspaces/{id}/credentials': admins,
  'patch /api/workspaces/{id}/credentials/{credential}': admins,
  'delete /api/workspaces/{id}/credentials/{credential}': admins,
  'post /api/credentials/reseal': operator,
  'post /api/probes': operator,
  'get /api/probes': readers,
  'get /api/health': readers,
  'post /api/providers/{id}/check': operator,
  'post /api/workspaces/{id}/credentials/{credential}/check': admins,
  'get /api/models': readers,
  'get /api/models/{id}': readers,
  'get /api/models/{id}/prices': readers,
  'put /api/models/{id}': operator,
  'delete /api/models/{id}': operator,
  'post /api/registry/sync': operator,
  'get /api/registry/changes': operator,
  'post /api/registry/changes/{id}/approve': operator,
  'post /api/registry/changes/{id}/reject': operator,
  'get /api/aliases': readers,
  'get /api/aliases/{alias}': readers,
  'put /api/aliases/{alias}': admins,
  'delete /api/aliases/{alias}': admins,
  'get /api/policies': readers,
  'get /api/policies/{name}': readers,
  'put /api/policies/{name}': developers,
  'delete /api/policies/{name}': developers,
  'get /api/fallbacks': readers,
  'get /api/fallbacks/{model}': readers,
  'put /api/fallbacks/{model}': developers,
  'delete /api/fallbacks/{model}': developers,
  'get /api/splits': readers,
  'get /api/splits/{name}': readers,
  'put /api/splits/{name}': developers,
  'delete /api/splits/{name}': developers,
  'get /api/workflows': readers,
  'get /api/workflows/{name}': readers,
  'put /api/workflows/{name}': developers,
  'delete /api/workflows/{name}': developers,
  'get /api/workspaces/{id}/policy': readers,
  'put /api/workspaces/{id}/policy': admins,
  'delete /api/workspaces/{id}/policy': admins,
  'get /api/scores': readers,
  'post /api/route': [...readers, 'key:inference'],
  'post /api/workspaces': ['operator', ...people],
  'get /api/workspaces': [...readers, 'user'],
  'get /api/workspaces/{id}': readers,
  'post /api/workspaces/{id}/credits': operator,
  'post /api/projects': developers,
  'get /api/projects': readers,
  'post /api/keys': developers,
  'get /api/keys': readers,
  'get /api/keys/{id}': readers,
  'post /api/keys/{id}/rotate': developers,
  'delete /api/keys/{id}': developers,
  'get /api/me': EVERYONE,
  'post /api/me/workspace': people,
  'post /api/me/leave': ['owner', 'admin', 'developer', 'billing', 'viewer'],
  'get /api/members': readers,
  'patch /api/members/{user}': admins,
  'delete /api/members/{user}': admins,
  'post /api/invitations': admins,
  'get /api/invitations': admins,
  'get /api/invitations/{id}': people,
  'delete /api/invitations/{id}': admins,
  'post /api/invitations/{id}/accept': people,
  'get /api/users': operator,
  'post /api/users/{id}/reset-link': operator,
  'patch /api/keys/{id}': developers,
  'put /api/workspaces/{id}/limits': admins,
  'get /api/workspaces/{id}/limits': readers,
  'put /api/projects/{id}/limits': admins,
  'put /api/members/{user}/limits': admins,
  'get /api/limits/stats': readers,
  'put /api/workspaces/{id}/models': admins,
  'get /api/workspaces/{id}/pricing': [...admins, 'billing'],
  'put /api/workspaces/{id}/pricing': operator,
  'get /api/workspaces/{id}/ledger': [...admins, 'billing'],
  'get /api/workspaces/{id}/ledger.csv': [...admins, 'billing'],
  'get /api/workspaces/{id}/top-ups': readers,
  'post /api/workspaces/{id}/top-ups': ['owner', 'admin', 'billing'],
  'get /api/workspaces/{id}/auto-top-up': readers,
  'put /api/workspaces/{id}/auto-top-up': ['owner', 'admin', 'billing'],
  'get /api/workspaces/{id}/usage': [...admins, 'billing'],
  'get /api/workspaces/{id}/tax': [...admins, 'billing'],
  'put /api/workspaces/{id}/tax': operator,
  'get /api/invoices': [...admins, 'billing'],
  'post /api/invoices': operator,
  'get /api/invoices/{id}': [...admins, 'billing'],
  'post /api/invoices/{id}/credit-notes': operator,
  'get /api/reconciliation': operator,
  'get /api/audit': admins,
};

/** Where nobody need be known. */
const PUBLIC = [
  'post /api/auth/sign-up/email',
  'post /api/auth/sign-in/email',
  'post /api/auth/sign-out',
  'get /api/auth/get-session',
  'post /api/auth/change-password',
  'post /api/auth/request-password-reset',
  'post /api/auth/reset-password',
];

/** What describes the rest, and what the payment provider calls. */
const UNDESCRIBED = [
  'get /api/openapi.json',
  'get /api/docs',
  'post /api/payments/stripe',
  'get /api/payments/return',
];

/** What a caller sends to be known. */
const credentials = new Map<Who, Home['credential']>();
let home: Omit<Home, 'credential' | 'makesKeys'>;

beforeAll(async () => {
  const { id } = await newWorkspace();
  credentials.set('operator', { key: OPERATOR });
  for (const who of KEYS) {
    const role = who.slice(4) as 'admin' | 'developer' | 'read' | 'inference';
    const made = await newKey(id, role);
    credentials.set(who, { key: made.key });
    home = { workspace: id, project: made.project, key: made.id, viewer: '' };
  }
  credentials.set('user', { headers: browser((await signUp()).cookie) });
  // Two owners and a spare of each, so that whoever leaves is not the last.
  await newMember(id, 'owner');
  home.viewer = (await newMember(id, 'viewer')).id;
  for (const role of MEMBERS) {
    credentials.set(role, { headers: browser((await newMember(id, role)).cookie) });
  }
}, 60_000);

/** The routes as the API describes itself. */
async function routes(): Promise<string[]> {
  const { body } = await call('GET', '/api/openapi.json');
  return Object.entries<object>(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
}

/** One request of a route; without more, it names nothing that there is, and has a body that nothing accepts. */
function request(route: string, credential: Home['credential'] = {}, sent: Sent = NONSENSE) {
  const [method = '', path = ''] = route.split(' ');
  const ids = [...(sent.ids ?? [])];
  const at = path.replaceAll(/\{\w+\}/g, () => ids.shift() ?? 'no-such-id');
  const body = method === 'get' || method === 'delete' || sent.body === undefined ? {} : { body: sent.body };
  return call(method.toUpperCase(), sent.query ? `${at}?${sent.query}` : at, { ...credential, ...body });
}

const NONSENSE: Sent = { body: { nonsense: true } };

/** A request of a route as somebody may send it who may use it. */
async function validRequest(route: string, who: Who): Promise<Sent> {
  const row = VALID[route] ?? {};
  if (typeof row !== 'function') return row;
  const makesKeys = EXPECTED['post /api/keys']?.includes(who) ?? false;
  return row({ ...home, credential: credentials.get(who) ?? {}, makesKeys });
}

/** The routes as the router has them, without what is said of all of a prefix. */
function routed(): string[] {
  const paths = api.routes.filter(({ method, path }) => method !== 'ALL' && !path.includes('*'));
  return [
    ...new Set(paths.map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`)),
  ];
}

/** These change who a person is: they come last. */
const LEAVE = 'post /api/me/leave';
const MAKE = 'post /api/workspaces';
const LAST = [LEAVE, MAKE];

describe('roles', () => {
  it('are decided for every route there is', async () => {
    expect((await routes()).sort()).toEqual([...Object.keys(EXPECTED), ...PUBLIC].sort());
  });

  it('are decided for every route that the router has, described or not', () => {
    expect(routed().sort()).toEqual([...Object.keys(EXPECTED), ...PUBLIC, ...UNDESCRIBED].sort());
    expect([...Object.keys(VALID), ...LAST].sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  it('are what the description of each route says', async () => {
    const { body } = await call('GET', '/api/openapi.json');
    for (const [route, roles] of Object.entries(EXPECTED)) {
      const [method = '', path = ''] = route.split(' ');
      expect([...body.paths[path][method]['x-roles']].sort(), route).toEqual([...roles].sort());
    }
    for (const route of PUBLIC) {
      const [method = '', path = ''] = route.split(' ');
      expect(body.paths[path][method]['x-roles'], route).toBeUndefined();
      expect(body.paths[path][method].security, route).toEqual([]);
    }
  });

  it.each(Object.keys(VALID))('%s lets in whom it should, and nobody else', async (route) => {
    const [first = 'operator', ...others] = EXPECTED[route] ?? [];
    let sent = await validRequest(route, first);
    for (const who of EVERYONE.filter((other) => !EXPECTED[route]?.includes(other))) {
      const answer = await request(route, credentials.get(who), sent);
      expect(errorOf(answer), who).toEqual({ status: 403, code: 'permission_denied', param: null });
    }
    for (const who of [first, ...others]) {
      // Some use up what they name.
      if (who !== first) sent = await validRequest(route, who);
      const answer = await request(route, credentials.get(who), sent);
      if (sent.status !== undefined) expect(errorOf(answer), who).toMatchObject({ status: sent.status });
      else expect([200, 201, 204], `${who}: ${JSON.stringify(answer.body)}`).toContain(answer.status);
    }
  });

  it.each(Object.keys(EXPECTED))('%s lets in nobody without a good credential', async (route) => {
    expect(errorOf(await request(route))).toEqual({ status: 401, code: 'missing_api_key', param: null });
    const invalid = { status: 401, code: 'invalid_api_key', param: null };
    expect(errorOf(await request(route, { key: 'inf_nonsense' }))).toEqual(invalid);
    expect(errorOf(await request(route, { key: `${OPERATOR}x` }))).toEqual(invalid);
    const forged = { headers: browser('interline.session_token=nonsense') };
    expect(errorOf(await request(route, forged))).toEqual({
      status: 401,
      code: 'missing_api_key',
      param: null,
    });
  });

  it('of a member end with leaving the workspace', async () => {
    for (const who of EVERYONE) {
      const answer = await request(LEAVE, credentials.get(who));
      const left = (MEMBERS as readonly string[]).includes(who);
      expect(answer.status, who).toBe(left ? 204 : 403);
      if (left) expect((await request('get /api/members', credentials.get(who))).status, who).toBe(403);
    }
  });

  it('let all people, and the operator, make a workspace', async () => {
    for (const who of EVERYONE) {
      const answer = await request(MAKE, credentials.get(who), { body: { name: 'Another' } });
      expect(answer.status, who).toBe(EXPECTED[MAKE]?.includes(who) ? 201 : 403);
    }
  });
});
