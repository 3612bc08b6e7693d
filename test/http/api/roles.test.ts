import { beforeAll, describe, expect, it } from 'vitest';
import { call, errorOf, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';
import { browser, newMember, signUp } from '../../support/people.ts';

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

/** What a caller sends to be known. */
const credentials = new Map<Who, { key: string } | { headers: Record<string, string> }>();

beforeAll(async () => {
  const { id } = await newWorkspace();
  credentials.set('operator', { key: OPERATOR });
  for (const who of KEYS) {
    const role = who.slice(4) as 'admin' | 'developer' | 'read' | 'inference';
    credentials.set(who, { key: (await newKey(id, role)).key });
  }
  credentials.set('user', { headers: browser((await signUp()).cookie) });
  // Two owners and a spare of each, so that whoever leaves is not the last.
  await newMember(id, 'owner');
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

function request(route: string, credential: { key?: string; headers?: Record<string, string> } = {}) {
  const [method = '', path = ''] = route.split(' ');
  // No such id, and a body that nothing accepts: whoever gets through is told so, and nothing changes.
  const body = method === 'get' || method === 'delete' ? {} : { body: { nonsense: true } };
  return call(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'no-such-id'), { ...credential, ...body });
}

/** Answers of a route that let somebody in. */
const PASSED = [200, 204, 400, 404];

describe('roles', () => {
  it('are decided for every route there is', async () => {
    expect((await routes()).sort()).toEqual([...Object.keys(EXPECTED), ...PUBLIC].sort());
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

  it.each(Object.keys(EXPECTED).filter((route) => route !== 'post /api/me/leave'))(
    '%s lets in whom it should, and nobody else',
    async (route) => {
      for (const who of EVERYONE) {
        const answer = await request(route, credentials.get(who));
        if (EXPECTED[route]?.includes(who))
          expect(PASSED, `${who}: ${answer.status}`).toContain(answer.status);
        else expect(errorOf(answer), who).toEqual({ status: 403, code: 'permission_denied', param: null });
      }
    },
  );

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
      const answer = await request('post /api/me/leave', credentials.get(who));
      const left = (MEMBERS as readonly string[]).includes(who);
      expect(answer.status, who).toBe(left ? 204 : 403);
      if (left) expect((await request('get /api/members', credentials.get(who))).status, who).toBe(403);
    }
  });
});
