import { beforeAll, describe, expect, it } from 'vitest';
import { call, errorOf, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';

type Who = 'operator' | 'admin' | 'developer' | 'read' | 'inference';

/** Who may use a route of the management API, by hand. A route that is missing here fails the test. */
const EXPECTED: Record<string, readonly Who[]> = {
  'get /api/providers': ['operator'],
  'get /api/providers/{id}': ['operator'],
  'put /api/providers/{id}': ['operator'],
  'delete /api/providers/{id}': ['operator'],
  'get /api/models': ['operator', 'admin', 'developer', 'read'],
  'get /api/models/{id}': ['operator', 'admin', 'developer', 'read'],
  'put /api/models/{id}': ['operator'],
  'delete /api/models/{id}': ['operator'],
  'post /api/workspaces': ['operator'],
  'get /api/workspaces': ['operator', 'admin', 'developer', 'read'],
  'get /api/workspaces/{id}': ['operator', 'admin', 'developer', 'read'],
  'post /api/workspaces/{id}/credits': ['operator'],
  'post /api/projects': ['operator', 'admin', 'developer'],
  'get /api/projects': ['operator', 'admin', 'developer', 'read'],
  'post /api/keys': ['operator', 'admin', 'developer'],
  'get /api/keys': ['operator', 'admin', 'developer', 'read'],
  'get /api/keys/{id}': ['operator', 'admin', 'developer', 'read'],
  'post /api/keys/{id}/rotate': ['operator', 'admin', 'developer'],
  'delete /api/keys/{id}': ['operator', 'admin', 'developer'],
  'get /api/audit': ['operator', 'admin'],
};

const secrets: Record<Who, string> = {
  operator: OPERATOR,
  admin: '',
  developer: '',
  read: '',
  inference: '',
};

beforeAll(async () => {
  const { id } = await newWorkspace();
  for (const role of ['admin', 'developer', 'read', 'inference'] as const) {
    secrets[role] = (await newKey(id, role)).key;
  }
});

/** The routes as the API describes itself. */
async function routes(): Promise<string[]> {
  const { body } = await call('GET', '/api/openapi.json');
  return Object.entries<object>(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
}

function request(route: string, key?: string) {
  const [method = '', path = ''] = route.split(' ');
  // No such id, and a body that nothing accepts: whoever gets through is told so, and nothing changes.
  const body = method === 'post' || method === 'put' ? { body: { nonsense: true } } : {};
  return call(method.toUpperCase(), path.replace('{id}', 'no-such-id'), { ...(key ? { key } : {}), ...body });
}

describe('roles', () => {
  it('are decided for every route there is', async () => {
    expect((await routes()).sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  it('are what the description of each route says', async () => {
    const { body } = await call('GET', '/api/openapi.json');
    for (const [route, roles] of Object.entries(EXPECTED)) {
      const [method = '', path = ''] = route.split(' ');
      const keys = ['admin', 'developer', 'read', 'inference'].filter((role) => roles.includes(role as Who));
      const described: string[] = body.paths[path][method]['x-roles'];
      expect(described.includes('operator'), route).toBe(roles.includes('operator'));
      expect(described.filter((role) => role.startsWith('key:')).sort(), route).toEqual(
        keys.map((role) => `key:${role}`).sort(),
      );
    }
  });

  it.each(Object.keys(EXPECTED))('%s lets in whom it should, and nobody else', async (route) => {
    for (const [who, key] of Object.entries(secrets) as [Who, string][]) {
      const answer = await request(route, key);
      if (EXPECTED[route]?.includes(who))
        expect([200, 400, 404], `${who}: ${answer.status}`).toContain(answer.status);
      else expect(errorOf(answer), who).toEqual({ status: 403, code: 'permission_denied', param: null });
    }
  });

  it.each(Object.keys(EXPECTED))('%s lets in nobody without a good key', async (route) => {
    expect(errorOf(await request(route))).toEqual({ status: 401, code: 'missing_api_key', param: null });
    const invalid = { status: 401, code: 'invalid_api_key', param: null };
    expect(errorOf(await request(route, 'inf_nonsense'))).toEqual(invalid);
    expect(errorOf(await request(route, `${OPERATOR}x`))).toEqual(invalid);
  });
});
