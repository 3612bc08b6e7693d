import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, call, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';
import { at, OTHER_ROUTES, ROUTES } from './routes.ts';
import { type Owner, VALID } from './valid-requests.ts';

const CALLERS = ['inference', 'developer', 'admin'] as const;
const KEYS = [...CALLERS, 'read'] as const;
const EVERYONE = [...KEYS, 'operator'] as const;
type Who = (typeof EVERYONE)[number];

/** Who may use a route of the data plane, by hand. A route that is missing here fails the test. */
const MAY: Record<string, readonly Who[]> = {
  'POST /v1/chat/completions': CALLERS,
  'POST /v1/completions': CALLERS,
  'POST /v1/messages': CALLERS,
  'POST /v1/messages/count_tokens': CALLERS,
  'POST /v1/responses': CALLERS,
  'GET /v1/responses/:id': CALLERS,
  'DELETE /v1/responses/:id': CALLERS,
  'GET /v1/responses/:id/input_items': CALLERS,
  'POST /v1/responses/:id/cancel': CALLERS,
  'POST /v1/embeddings': CALLERS,
  'POST /v1/images/generations': CALLERS,
  'POST /v1/images/edits': CALLERS,
  'POST /v1/images/variations': CALLERS,
  'POST /v1/audio/speech': CALLERS,
  'POST /v1/audio/transcriptions': CALLERS,
  'POST /v1/audio/translations': CALLERS,
  'POST /v1/moderations': CALLERS,
  'POST /v1/rerank': CALLERS,
  'GET /v1/files': KEYS,
  'POST /v1/files': CALLERS,
  'GET /v1/files/:id': KEYS,
  'DELETE /v1/files/:id': CALLERS,
  'GET /v1/files/:id/content': KEYS,
  'GET /v1/batches': KEYS,
  'POST /v1/batches': CALLERS,
  'GET /v1/batches/:id': KEYS,
  'POST /v1/batches/:id/cancel': CALLERS,
  'GET /v1/models': EVERYONE,
  'GET /v1/models/:id{.+}': EVERYONE,
  'GET /v1/key': KEYS,
  'GET /v1/credits': KEYS,
  'GET /v1/generations/:id': KEYS,
};

/** Where no role counts: what is open to all, and what carries a proof of its own; `/api` has its own table. */
const OTHERS = [
  'GET /health',
  'GET /v1/images/files/:workspace/:name',
  'GET /invitations/:id',
  'POST /invitations/:id',
  'GET /reset-password',
  'POST /reset-password',
  'ALL /api/*',
];

const secrets = new Map<Who, string>([['operator', OPERATOR]]);
let owner: Owner;
let stranger = '';
beforeAll(async () => {
  const workspace = (await newWorkspace()).id;
  for (const role of KEYS) secrets.set(role, (await newKey(workspace, role)).key);
  owner = { workspace, ...(await newKey(workspace)) };
  stranger = (await newKey((await newWorkspace('Other')).id, 'admin')).key;
});

/** What an error says in every format's envelope. */
const errorOf = ({ status, body }: Answer) => ({
  status,
  code: body.error?.code,
  param: body.error?.param ?? null,
});

/** The valid request of a route, as somebody sends it. */
async function ask(route: string, key: string | undefined) {
  const [method = '', path = ''] = route.split(' ');
  const { id, ...sent } = (await VALID[route]?.(owner)) ?? {};
  return call(method, at(path, id), { ...(key === undefined ? {} : { key }), ...sent });
}

describe('the roles of the data plane', () => {
  it('are decided, and a valid request is known, for every route there is', () => {
    const there = ROUTES.map(({ method, path }) => `${method} ${path}`).sort();
    expect(Object.keys(MAY).sort()).toEqual(there);
    expect(Object.keys(VALID).sort()).toEqual(there);
  });

  it('are all there is beside what needs none', () => {
    expect(OTHER_ROUTES.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([...OTHERS].sort());
  });

  it.each(Object.entries(MAY))('let %s be used by whom it is for, and nobody else', async (route, may) => {
    for (const who of EVERYONE) {
      // Each with a request of its own: some use up what they name.
      const answer = await ask(route, secrets.get(who));
      if (may.includes(who)) expect(answer.status, `${who}: ${JSON.stringify(answer.body)}`).toBe(200);
      else expect(errorOf(answer), who).toEqual({ status: 403, code: 'permission_denied', param: null });
    }
  });

  it.each(Object.keys(MAY))('let nobody without a key send %s a valid request', async (route) => {
    expect(errorOf(await ask(route, undefined))).toEqual({
      status: 401,
      code: 'missing_api_key',
      param: null,
    });
  });

  it.each(Object.keys(MAY).filter((route) => route.includes(':id') && !route.includes('/models/')))(
    'are of no use to another tenant at %s',
    async (route) => {
      const error = errorOf(await ask(route, stranger));
      expect(error.status).toBe(404);
      expect(error.code).toMatch(/not_found$/);
    },
  );
});
