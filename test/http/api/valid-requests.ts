import { expect } from 'vitest';
import { call, OPERATOR } from '../../support/gateway.ts';
import { newEmail } from '../../support/people.ts';

/** Whose things the requests are about. */
export interface Home {
  workspace: string;
  project: string;
  /** A member who is not among the callers. */
  viewer: string;
  /** The id of a key that the operator made. */
  key: string;
  /** What a caller's credential is sent as. */
  credential: { key?: string; headers?: Record<string, string> };
  /** Whether the caller may make keys: then `key` may not be known to it, and it makes one of its own. */
  makesKeys: boolean;
}

/** What of a request is not in its route: ids in the order of the path's parameters. */
export interface Sent {
  ids?: readonly string[];
  query?: string;
  body?: unknown;
  /** How it is answered where that is no success: what it names is not there. */
  status?: number;
}

type Row = Sent | ((home: Home) => Sent | Promise<Sent>);

const UNKNOWN: Sent = { ids: ['no-such-id'], status: 404 };
/** Nobody listens there: what is asked of it fails at once. */
const PROVIDER = { base_url: 'http://127.0.0.1:9', wire: 'openai' };

const inWorkspace =
  (sent: Sent = {}): Row =>
  ({ workspace }) => ({ ids: [workspace], ...sent });
/** Where the operator has no workspace that could be meant. */
const named: Row = ({ workspace }) => ({ query: `workspace=${workspace}` });
/** A credential of the workspace that is not there. */
const unknownOwn =
  (sent: Sent = {}): Row =>
  ({ workspace }) => ({ ids: [workspace, 'no-such-id'], status: 404, ...sent });

/** A rule of the workspace by its name: setting it, and what takes one that is set before. */
function rule(collection: string, body: object, name = `roles-${crypto.randomUUID()}`): Record<string, Row> {
  const at = (home: Home): Sent => ({ ids: [name], query: `workspace=${home.workspace}` });
  const set = async (home: Home): Promise<Sent> => {
    const answer = await call('PUT', `/api/${collection}/${name}`, {
      key: OPERATOR,
      body: { ...body, workspace: home.workspace },
    });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return at(home);
  };
  const parameter = { aliases: 'alias', fallbacks: 'model' }[collection] ?? 'name';
  return {
    [`get /api/${collection}`]: {},
    [`get /api/${collection}/{${parameter}}`]: once(set),
    [`put /api/${collection}/{${parameter}}`]: (home) => ({
      ids: [name],
      body: { ...body, workspace: home.workspace },
    }),
    [`delete /api/${collection}/{${parameter}}`]: set,
  };
}

/** A key that the caller knows: developers know their own alone. */
async function key(home: Home): Promise<Sent> {
  const caller = home.makesKeys ? home.credential : { key: OPERATOR };
  const body = { name: 'k', workspace: home.workspace };
  const made = await call('POST', '/api/keys', { ...caller, body });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return { ids: [made.body.id] };
}

async function invitation({ workspace }: Home): Promise<Sent> {
  const body = { email: newEmail(), role: 'viewer', workspace };
  return { ids: [(await call('POST', '/api/invitations', { key: OPERATOR, body })).body.id] };
}

/** What the operator alone uses up, or nobody, is made once for all callers. */
function once(make: (home: Home) => Promise<Sent>): (home: Home) => Promise<Sent> {
  let made: Promise<Sent> | undefined;
  return (home) => {
    made ??= make(home);
    return made;
  };
}

async function newProvider(): Promise<Sent> {
  const id = `roles-${crypto.randomUUID().slice(0, 8)}`;
  expect((await call('PUT', `/api/providers/${id}`, { key: OPERATOR, body: PROVIDER })).status).toBe(200);
  return { ids: [id] };
}

async function newModel(): Promise<Sent> {
  const ids = [encodeURIComponent(`roles/${crypto.randomUUID()}`)];
  expect((await call('PUT', `/api/models/${ids[0]}`, { key: OPERATOR, body: MODEL })).status).toBe(200);
  return { ids };
}

const provider = once(newProvider);
const model = once(newModel);

const MODEL = { kind: 'chat', endpoints: [{ provider: 'demo', upstream_model: 'demo-echo' }] };
const CHAT = { model: 'demo-echo', messages: [{ role: 'user', content: 'hi' }] };
const LIMITS = { concurrent: 1000 };

/**
 * By route of the management API, a request that succeeds for whom the route is for; where what it names would have
 * to be made at great length, or by others than us, one that finds nothing.
 */
export const VALID: Record<string, Row> = {
  'get /api/providers': {},
  'get /api/providers/{id}': provider,
  'put /api/providers/{id}': async (home) => ({ ...(await provider(home)), body: PROVIDER }),
  'delete /api/providers/{id}': once(newProvider),
  'get /api/providers/{id}/credentials': provider,
  'post /api/providers/{id}/credentials': async (home) => ({
    ...(await provider(home)),
    body: { secret: 'sk-0123456789' },
  }),
  'patch /api/providers/{id}/credentials/{credential}': {
    ids: ['openai', 'no-such-id'],
    status: 404,
    body: { weight: 2 },
  },
  'delete /api/providers/{id}/credentials/{credential}': { ids: ['openai', 'no-such-id'], status: 404 },
  'get /api/workspaces/{id}/credentials': inWorkspace(),
  'post /api/workspaces/{id}/credentials': async (home) => ({
    ids: [home.workspace],
    body: { provider: (await provider(home)).ids?.[0], secret: 'sk-0123456789' },
  }),
  'patch /api/workspaces/{id}/credentials/{credential}': unknownOwn({ body: { weight: 2 } }),
  'delete /api/workspaces/{id}/credentials/{credential}': unknownOwn(),
  'post /api/workspaces/{id}/credentials/{credential}/check': unknownOwn(),
  'post /api/credentials/reseal': {},
  'post /api/probes': { body: { endpoint: 'no/such@endpoint' }, status: 404 },
  'get /api/probes': { query: 'endpoint=demo/echo@demo' },
  'get /api/health': {},
  'post /api/providers/{id}/check': UNKNOWN,
  'get /api/models': {},
  'get /api/models/{id}': { ids: ['demo%2Fecho'] },
  'get /api/models/{id}/prices': { ids: ['demo%2Fecho'] },
  'put /api/models/{id}': async (home) => ({ ...(await model(home)), body: MODEL }),
  'delete /api/models/{id}': once(newModel),
  // A sync would ask hosts outside.
  'post /api/registry/sync': { body: { believe: 'nonsense' }, status: 400 },
  'get /api/registry/changes': {},
  'post /api/registry/changes/{id}/approve': UNKNOWN,
  'post /api/registry/changes/{id}/reject': UNKNOWN,
  ...rule('aliases', { model: 'demo/echo' }),
  ...rule('policies', { region: 'eu' }),
  ...rule('fallbacks', { chain: ['demo/echo'] }, 'demo-slow'),
  ...rule('splits', { targets: [{ model: 'demo/echo', percent: 100 }] }),
  ...rule('workflows', { policy: { region: 'eu' } }),
  'get /api/workspaces/{id}/policy': inWorkspace(),
  'put /api/workspaces/{id}/policy': inWorkspace({ body: { max_attempts: 3 } }),
  'delete /api/workspaces/{id}/policy': inWorkspace(),
  'get /api/scores': {},
  'post /api/route': { body: CHAT },
  'get /api/workspaces': {},
  'get /api/workspaces/{id}': inWorkspace(),
  'post /api/workspaces/{id}/credits': inWorkspace({ body: { amount_usd: 1, reason: 'test' } }),
  'post /api/projects': { body: { name: 'Another' } },
  'get /api/projects': {},
  'post /api/keys': ({ workspace }) => ({ body: { name: 'k', workspace } }),
  'get /api/keys': {},
  'get /api/keys/{id}': key,
  'post /api/keys/{id}/rotate': async (home) => ({ ...(await key(home)), body: {} }),
  'delete /api/keys/{id}': key,
  'patch /api/keys/{id}': async (home) => ({ ...(await key(home)), body: { name: 'mine' } }),
  'get /api/me': {},
  'post /api/me/workspace': { body: { workspace: 'no-such-id' }, status: 404 },
  'get /api/members': named,
  'patch /api/members/{user}': ({ viewer, workspace }) => ({
    ids: [viewer],
    body: { role: 'viewer', workspace },
  }),
  'delete /api/members/{user}': ({ workspace }) => ({ ...UNKNOWN, query: `workspace=${workspace}` }),
  'post /api/invitations': ({ workspace }) => ({ body: { email: newEmail(), role: 'viewer', workspace } }),
  'get /api/invitations': named,
  // Whoever accepted one would belong to another workspace too.
  'get /api/invitations/{id}': UNKNOWN,
  'delete /api/invitations/{id}': invitation,
  'post /api/invitations/{id}/accept': UNKNOWN,
  'get /api/users': {},
  'post /api/users/{id}/reset-link': ({ viewer }) => ({ ids: [viewer] }),
  'put /api/workspaces/{id}/limits': inWorkspace({ body: LIMITS }),
  'get /api/workspaces/{id}/limits': inWorkspace(),
  'put /api/projects/{id}/limits': ({ project }) => ({ ids: [project], body: LIMITS }),
  'put /api/members/{user}/limits': ({ viewer, workspace }) => ({
    ids: [viewer],
    query: `workspace=${workspace}`,
    body: LIMITS,
  }),
  'get /api/limits/stats': {},
  'put /api/workspaces/{id}/models': inWorkspace({ body: { models: null } }),
  'get /api/workspaces/{id}/pricing': inWorkspace(),
  'put /api/workspaces/{id}/pricing': inWorkspace({ body: { cached_percent: 50 } }),
  'get /api/workspaces/{id}/ledger': inWorkspace(),
  'get /api/workspaces/{id}/ledger.csv': inWorkspace(),
  'get /api/workspaces/{id}/top-ups': inWorkspace(),
  // There is no payment provider.
  'post /api/workspaces/{id}/top-ups': inWorkspace({ body: { amount_usd: 10 }, status: 503 }),
  'get /api/workspaces/{id}/auto-top-up': inWorkspace(),
  'put /api/workspaces/{id}/auto-top-up': inWorkspace({
    body: { below_usd: 5, amount_usd: 10 },
    status: 503,
  }),
  'get /api/workspaces/{id}/usage': inWorkspace(),
  'get /api/workspaces/{id}/tax': inWorkspace(),
  'put /api/workspaces/{id}/tax': inWorkspace({ body: { name: 'VAT', percent: 19 } }),
  'get /api/invoices': {},
  // It used nothing then.
  'post /api/invoices': ({ workspace }) => ({ body: { workspace, month: '2026-05' }, status: 400 }),
  'get /api/invoices/{id}': UNKNOWN,
  'post /api/invoices/{id}/credit-notes': { ...UNKNOWN, body: { amount_usd: 1, reason: 'test', id: 'once' } },
  'get /api/reconciliation': {},
  'get /api/audit': {},
};
