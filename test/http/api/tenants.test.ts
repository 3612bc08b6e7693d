import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { call, errorOf, newKey, OPERATOR } from '../../support/gateway.ts';
import { as, newEmail, newMember, newTeam, type SignedUp } from '../../support/people.ts';

const { DB } = env as unknown as { DB: D1Database };

/**
 * What a request does to another tenant's objects, by hand: the ids that go into its address, and a body
 * that would be accepted for one's own. Routes of the operator alone, and of what all tenants share, are
 * not here; any other that takes an id or a workspace and is missing fails the test.
 */
const WITH_IDS: Record<string, { id: keyof Theirs; body?: object }> = {
  'get /api/workspaces/{id}': { id: 'workspace' },
  'get /api/workspaces/{id}/limits': { id: 'workspace' },
  'put /api/workspaces/{id}/limits': { id: 'workspace', body: { concurrent: 1 } },
  'put /api/workspaces/{id}/models': { id: 'workspace', body: { models: ['none/*'] } },
  'get /api/workspaces/{id}/policy': { id: 'workspace' },
  'put /api/workspaces/{id}/policy': { id: 'workspace', body: { region: 'eu' } },
  'delete /api/workspaces/{id}/policy': { id: 'workspace' },
  'get /api/workspaces/{id}/pricing': { id: 'workspace' },
  'get /api/workspaces/{id}/ledger': { id: 'workspace' },
  'get /api/workspaces/{id}/ledger.csv': { id: 'workspace' },
  'get /api/workspaces/{id}/top-ups': { id: 'workspace' },
  'post /api/workspaces/{id}/top-ups': { id: 'workspace', body: { amount_usd: 10 } },
  'get /api/workspaces/{id}/usage': { id: 'workspace' },
  'get /api/workspaces/{id}/tax': { id: 'workspace' },
  'get /api/workspaces/{id}/auto-top-up': { id: 'workspace' },
  'put /api/workspaces/{id}/auto-top-up': { id: 'workspace', body: { below_usd: 5, amount_usd: 10 } },
  'get /api/workspaces/{id}/credentials': { id: 'workspace' },
  'post /api/workspaces/{id}/credentials': {
    id: 'workspace',
    body: { provider: 'openai', secret: 'sk-0123456789' },
  },
  'patch /api/workspaces/{id}/credentials/{credential}': { id: 'workspace', body: { weight: 2 } },
  'delete /api/workspaces/{id}/credentials/{credential}': { id: 'workspace' },
  'post /api/workspaces/{id}/credentials/{credential}/check': { id: 'workspace', body: {} },
  'put /api/projects/{id}/limits': { id: 'project', body: { concurrent: 1 } },
  'get /api/keys/{id}': { id: 'key' },
  'patch /api/keys/{id}': { id: 'key', body: { name: 'mine' } },
  'post /api/keys/{id}/rotate': { id: 'key', body: {} },
  'delete /api/keys/{id}': { id: 'key' },
  'patch /api/members/{user}': { id: 'member', body: { role: 'viewer' } },
  'delete /api/members/{user}': { id: 'member' },
  'put /api/members/{user}/limits': { id: 'member', body: { concurrent: 1 } },
  'delete /api/invitations/{id}': { id: 'invitation' },
  'get /api/invoices/{id}': { id: 'invoice' },
};

/** Where a workspace may be named beside the address. */
const WITH_WORKSPACE: Record<string, object | null> = {
  'get /api/projects': null,
  'get /api/aliases': null,
  'get /api/aliases/{alias}': null,
  'put /api/aliases/{alias}': { model: 'demo/echo' },
  'delete /api/aliases/{alias}': null,
  'get /api/policies': null,
  'get /api/policies/{name}': null,
  'put /api/policies/{name}': { region: 'eu' },
  'delete /api/policies/{name}': null,
  'get /api/fallbacks': null,
  'get /api/fallbacks/{model}': null,
  'put /api/fallbacks/{model}': { chain: ['demo/echo'] },
  'delete /api/fallbacks/{model}': null,
  'get /api/splits': null,
  'get /api/splits/{name}': null,
  'put /api/splits/{name}': { targets: [{ model: 'demo/echo', percent: 100 }] },
  'delete /api/splits/{name}': null,
  'get /api/workflows': null,
  'get /api/workflows/{name}': null,
  'put /api/workflows/{name}': { policy: { region: 'eu' } },
  'delete /api/workflows/{name}': null,
  'get /api/scores': null,
  'post /api/route': { model: 'demo/echo', messages: [{ role: 'user', content: 'hi' }] },
  'get /api/keys': null,
  'get /api/members': null,
  'get /api/invitations': null,
  'get /api/invoices': null,
  'get /api/audit': null,
  'get /api/limits/stats': null,
  'delete /api/members/{user}': null,
  'put /api/members/{user}/limits': { concurrent: 1 },
  'post /api/projects': { name: 'x' },
  'post /api/keys': { name: 'x' },
  'post /api/invitations': { email: 'a@example.com', role: 'viewer' },
  'patch /api/members/{user}': { role: 'viewer' },
  'post /api/me/workspace': {},
};

/** Shared by all tenants, names of one's own, or open to whoever holds the id and the e-mail address. */
const SHARED = [
  'get /api/aliases/{alias}',
  'put /api/aliases/{alias}',
  'delete /api/aliases/{alias}',
  'get /api/policies/{name}',
  'put /api/policies/{name}',
  'delete /api/policies/{name}',
  'get /api/fallbacks/{model}',
  'put /api/fallbacks/{model}',
  'delete /api/fallbacks/{model}',
  'get /api/splits/{name}',
  'put /api/splits/{name}',
  'delete /api/splits/{name}',
  'get /api/workflows/{name}',
  'put /api/workflows/{name}',
  'delete /api/workflows/{name}',
  'get /api/models/{id}',
  'get /api/models/{id}/prices',
  'get /api/invitations/{id}',
  'post /api/invitations/{id}/accept',
];

interface Theirs {
  workspace: string;
  project: string;
  key: string;
  member: string;
  invitation: string;
  invoice: string;
  credential: string;
}

let mine: { id: string; owner: SignedUp; key: string };
let theirs: Theirs;
let theirOwner: SignedUp;

beforeAll(async () => {
  const team = await newTeam();
  mine = { ...team, key: (await newKey(team.id, 'admin')).key };
  const other = await newTeam();
  theirOwner = other.owner;
  const member = await newMember(other.id, 'developer');
  const { id: key, project } = await newKey(other.id, 'inference');
  const body = { email: newEmail(), role: 'viewer' };
  const invitation = (await as(other.owner, 'POST', '/api/invitations', { body })).body.id;
  await DB.prepare(
    "insert into invoices (id, workspace_id, number, kind, period, subject, document, issued_at) values ('invc_theirs', ?, 1, 'invoice', '2026-10', '2026-10', '{}', 0)",
  )
    .bind(other.id)
    .run();
  await call('PUT', '/api/providers/nobody-listens', {
    key: OPERATOR,
    body: { base_url: 'http://127.0.0.1:9', wire: 'openai' },
  });
  const credential = (
    await as(other.owner, 'POST', `/api/workspaces/${other.id}/credentials`, {
      body: { provider: 'nobody-listens', secret: 'sk-0123456789' },
    })
  ).body.id;
  theirs = {
    workspace: other.id,
    project,
    key,
    member: member.id,
    invitation,
    invoice: 'invc_theirs',
    credential,
  };
});

/** Everything of theirs that could have been changed. */
async function state(): Promise<string> {
  const tables = [
    'workspaces',
    'projects',
    'keys',
    'members',
    'invitations',
    'member_allowances',
    'credentials',
    'model_aliases',
    'policies',
    'fallbacks',
    'splits',
    'workflows',
    'scores',
    'audit_log',
  ];
  const rows = await DB.batch(
    tables.map((table) =>
      DB.prepare(
        `select * from ${table} where ${table === 'workspaces' ? 'id' : 'workspace_id'} = ? order by 1`,
      ).bind(theirs.workspace),
    ),
  );
  return JSON.stringify(rows.map(({ results }) => results));
}

async function asMine(method: string, path: string, body: object | undefined) {
  const sent = body === undefined ? {} : { body };
  return [
    await as(mine.owner, method, path, sent),
    await call(method, path, { key: mine.key, ...sent }),
  ] as const;
}

describe('what belongs to another tenant', () => {
  it('is asked for by every route that could be', async () => {
    const { body } = await call('GET', '/api/openapi.json');
    const byId: string[] = [];
    const byWorkspace: string[] = [];
    for (const [path, methods] of Object.entries<Record<string, never>>(body.paths)) {
      for (const [method, operation] of Object.entries<Record<string, never>>(methods)) {
        const roles: string[] = operation['x-roles'] ?? [];
        const route = `${method} ${path}`;
        if (!roles.some((role) => role !== 'operator')) continue;
        if (path.includes('{')) byId.push(route);
        if (/"(name":")?workspace"/.test(JSON.stringify([operation.parameters, operation.requestBody])))
          byWorkspace.push(route);
      }
    }
    expect(byId.sort()).toEqual([...Object.keys(WITH_IDS), ...SHARED].sort());
    expect(byWorkspace.sort()).toEqual(Object.keys(WITH_WORKSPACE).sort());
  });

  it.each(Object.entries(WITH_IDS))(
    'is not found by %s, and stays as it was',
    async (route, { id, body }) => {
      const [method = '', path = ''] = route.split(' ');
      const before = await state();
      const [session, key] = await asMine(
        method.toUpperCase(),
        path.replace('{credential}', theirs.credential).replace(/\{\w+\}/, theirs[id]),
        body,
      );
      expect(errorOf(session)).toMatchObject({ status: 404, code: 'not_found' });
      // Some routes are for people alone.
      if (key.status !== 403) expect(errorOf(key)).toMatchObject({ status: 404, code: 'not_found' });
      expect(await state()).toBe(before);
    },
  );

  it.each(Object.entries(WITH_WORKSPACE))('is not found when %s names it', async (route, body) => {
    const [method = '', path = ''] = route.split(' ');
    const inQuery = method === 'get' || method === 'delete' || /\/(limits|route)$/.test(path);
    const before = await state();
    const [session, key] = await asMine(
      method.toUpperCase(),
      path.replace('{user}', theirs.member).replace(/\{(alias|model|name)\}/, 'demo-slow') +
        (inQuery ? `?workspace=${theirs.workspace}` : ''),
      body === null ? undefined : inQuery ? body : { ...body, workspace: theirs.workspace },
    );
    expect(errorOf(session)).toEqual({ status: 404, code: 'not_found', param: 'workspace' });
    if (key.status !== 403) expect(errorOf(key)).toEqual(errorOf(session));
    expect(await state()).toBe(before);
  });

  it('is theirs all the same', async () => {
    expect((await as(theirOwner, 'GET', `/api/keys/${theirs.key}`)).status).toBe(200);
    expect((await as(theirOwner, 'GET', `/api/invoices/${theirs.invoice}`)).status).not.toBe(404);
    expect((await as(theirOwner, 'GET', `/api/workspaces/${theirs.workspace}/limits`)).status).toBe(200);
    const limited = await as(theirOwner, 'PUT', `/api/members/${theirs.member}/limits`, {
      body: { concurrent: 3 },
    });
    expect(limited.status).toBe(200);
    expect((await call('GET', `/api/workspaces/${theirs.workspace}`, { key: OPERATOR })).status).toBe(200);
  });
});
