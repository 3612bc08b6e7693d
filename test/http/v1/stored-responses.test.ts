import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { app } from '../../../src/app.ts';
import type { Bindings, Env } from '../../../src/env.ts';
import { type Answer, call, errorOf, newKey, newWorkspace, OPERATOR, send } from '../../support/gateway.ts';
import { responseEvents } from '../../support/response-events.ts';
import { createResponse, readResponse, twoProjects } from './kept-responses.ts';

const bindings = env as unknown as Bindings;

let workspace = '';
let owner = { key: '', project: '' };
/** Of another project of the same workspace. */
let neighbour = '';
let reader = '';
let stranger = '';
beforeAll(async () => {
  ({ workspace, owner, neighbour } = await twoProjects());
  reader = (await newKey(workspace, 'read')).key;
  stranger = (await newKey((await newWorkspace('Other')).id)).key;
});
let logged: string[] = [];
beforeEach(() => {
  logged = [];
  vi.spyOn(console, 'error').mockImplementation((line: string) => void logged.push(line));
});
afterEach(() => vi.restoreAllMocks());

const create = (body: object, key = owner.key): Promise<Answer> => createResponse(key, body);
const get = (path: string): Promise<Answer> => readResponse(owner.key, path);
const rowsOf = async (id: string) =>
  (await bindings.DB.prepare('SELECT * FROM responses WHERE id = ?').bind(id).all()).results;
const fileOf = (id: string) => bindings.FILES.head(`${workspace}/responses/${id}.json`);
const textOf = ({ body }: Answer): string => body.output.at(-1).content[0].text;

describe('a response', () => {
  it.each<[string, object, string, string]>([
    ['metadata that is text', { metadata: 'a' }, 'invalid_type', 'metadata'],
    ['a number', { metadata: { a: 1 } }, 'invalid_type', 'metadata.a'],
    ['too long a value', { metadata: { a: 'v'.repeat(513) } }, 'invalid_value', 'metadata.a'],
    ['too long a name', { metadata: { ['n'.repeat(65)]: 'v' } }, 'invalid_value', 'metadata'],
    [
      'too many pairs',
      { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [n, ''])) },
      'invalid_value',
      'metadata',
    ],
    ['a truncation that there is not', { truncation: 'zzz' }, 'invalid_value', 'truncation'],
    ['a truncation that is a number', { truncation: 1 }, 'invalid_value', 'truncation'],
  ])('says nothing again that clients do not expect: %s', async (_, body, code, param) => {
    const refused = { status: 400, code, param };
    expect(errorOf(await create(body))).toEqual(refused);
    expect(errorOf(await create({ ...body, store: false }))).toEqual(refused);
    expect(errorOf(await create({ ...body, background: true }))).toEqual(refused);
  });

  it('says its metadata again up to the limits', async () => {
    const pairs = Array.from({ length: 16 }, (_, n) => [`${n}`.padEnd(64, 'n'), 'v'.repeat(512)]);
    const metadata = Object.fromEntries(pairs);
    expect((await create({ metadata, truncation: 'auto' })).body.metadata).toEqual(metadata);
    expect((await create({ metadata: null, truncation: null })).body.metadata).toEqual({});
  });

  it('is kept unless its request says otherwise, and is then as it was answered', async () => {
    const made = await create({ metadata: { a: 'b' } });
    expect(made.body.store).toBe(true);
    expect(made.headers.get('x-dropped-params')).toBeNull();
    const read = await get(made.body.id);
    expect(read.status).toBe(200);
    expect(read.body).toEqual(made.body);
    const [row] = await rowsOf(made.body.id);
    expect(row).toMatchObject({ workspace_id: workspace, project_id: owner.project, status: 'completed' });
    expect(Number(row?.expires_at) - Number(row?.created_at)).toBe(30 * 24 * 60 * 60 * 1000);
  });

  it('is not kept with `store: false`, nor are its words anywhere', async () => {
    const made = await create({ store: false });
    expect(made.body.store).toBe(false);
    expect(errorOf(await get(made.body.id))).toEqual({
      status: 404,
      code: 'response_not_found',
      param: 'response_id',
    });
    expect(await rowsOf(made.body.id)).toEqual([]);
    expect(await fileOf(made.body.id)).toBeNull();
  });

  it('of a stream is kept before the client reads the end', async () => {
    const response = await send('POST', '/v1/responses', {
      key: owner.key,
      body: { model: 'demo-echo', input: 'one two', stream: true },
    });
    const events = responseEvents(await response.text());
    const last = events.at(-1) as unknown as { type: string; response: { id: string; store: boolean } };
    expect(last.type).toBe('response.completed');
    expect(last.response.store).toBe(true);
    expect((await get(last.response.id)).body).toEqual(last.response);
  });

  it('that broke is kept as what it is', async () => {
    const response = await send('POST', '/v1/responses', {
      key: owner.key,
      body: { model: 'demo-break', input: 'one two', stream: true, midstream: 'error' },
    });
    const last = responseEvents(await response.text()).at(-1) as unknown as { response: { id: string } };
    const read = await get(last.response.id);
    expect(read.body).toMatchObject({ status: 'failed', error: { code: 'server_error' } });
    const next = await create({ previous_response_id: last.response.id });
    expect(errorOf(next)).toEqual({ status: 400, code: 'invalid_value', param: 'previous_response_id' });
  });

  it('is not kept where the data policy forbids it, and who asked for it is told', async () => {
    const endpoint = { provider: 'demo', upstream_model: 'demo-echo', data_policy: { training: false } };
    await call('PUT', '/api/models/tests%2Fdiscreet', {
      key: OPERATOR,
      body: { kind: 'chat', endpoints: [endpoint] },
    });
    const denied = { model: 'tests/discreet', provider: { data_collection: 'deny' } };
    for (const [store, dropped] of [
      [undefined, null],
      [true, 'store'],
    ]) {
      const made = await create({ ...denied, store });
      expect(made.body.store).toBe(false);
      expect(made.headers.get('x-dropped-params')).toBe(dropped);
      expect((await get(made.body.id)).status).toBe(404);
    }
  });

  it('is not kept by a deployment that keeps none, which says so', async () => {
    const deployment = { ...(env as object), RESPONSE_STORAGE: 'off' } as unknown as Env;
    const pending: Promise<unknown>[] = [];
    const ctx = { props: {}, waitUntil: (promise: Promise<unknown>) => void pending.push(promise) };
    const ask = async (body: object) => {
      const request = new Request('http://interline.test/v1/responses', {
        method: 'POST',
        headers: { authorization: `Bearer ${owner.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'demo-echo', input: 'one two', ...body }),
      });
      const response = await app.fetch(request, deployment, ctx as never);
      // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape.
      return { status: response.status, headers: response.headers, body: (await response.json()) as any };
    };
    for (const [store, dropped] of [
      [undefined, null],
      [true, 'store'],
    ]) {
      const made = await ask({ store });
      expect(made).toMatchObject({ status: 200, body: { status: 'completed', store: false } });
      expect(made.headers.get('x-dropped-params')).toBe(dropped);
      expect(await rowsOf(made.body.id)).toEqual([]);
      expect(await fileOf(made.body.id)).toBeNull();
    }
    expect(errorOf(await ask({ background: true }))).toEqual({
      status: 400,
      code: 'unsupported_parameter',
      param: 'background',
    });
    await Promise.all(pending);
  });

  it('is answered while storage is slow, but for the word that says whether it is kept', async () => {
    const released = Promise.withResolvers<void>();
    const { put } = bindings.FILES;
    vi.spyOn(bindings.FILES, 'put').mockImplementation((async (...args: Parameters<typeof put>) => {
      await released.promise;
      return await put.apply(bindings.FILES, args);
    }) as never);
    for (const stream of [false, true]) {
      const body = { model: 'demo-echo', input: 'one two', stream };
      const response = await send('POST', '/v1/responses', { key: owner.key, body });
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      let seen = '';
      while (!seen.includes('one two')) seen += (await reader?.read())?.value ?? '';
      expect(seen).not.toMatch(stream ? 'response.completed' : /"store":\w/);
      if (stream) released.resolve();
      else await reader?.cancel();
      for (let read = stream ? await reader?.read() : null; read && !read.done; read = await reader?.read())
        seen += read.value;
      if (stream) expect(seen).toContain('"type":"response.completed"');
    }
  });

  it.each([
    ['R2 fails', () => vi.spyOn(bindings.FILES, 'put').mockRejectedValue(new Error('R2 is down'))],
    ['the database fails', () => void failInserts()],
  ])('says that it is not kept when %s', async (_, fail) => {
    fail();
    const made = await create({});
    expect(made.status).toBe(200);
    expect(made.body.store).toBe(false);
    expect(textOf(made)).toBe('one two');
    const streamed = await send('POST', '/v1/responses', {
      key: owner.key,
      body: { model: 'demo-echo', input: 'one two', stream: true },
    });
    const last = responseEvents(await streamed.text()).at(-1) as unknown as { response: { store: boolean } };
    expect(last.response.store).toBe(false);
    expect(logged.filter((line) => line.includes('response_not_kept'))).toHaveLength(2);
    vi.restoreAllMocks();
    await vi.waitFor(async () => {
      expect(await rowsOf(made.body.id)).toEqual([]);
      expect(await fileOf(made.body.id)).toBeNull();
    });
  });

  it('is of its project alone', async () => {
    const { id } = (await create({})).body;
    for (const [method, path] of [
      ['GET', id],
      ['GET', `${id}/input_items`],
      ['DELETE', id],
    ]) {
      for (const key of [neighbour, stranger]) {
        const answer = await call(method ?? '', `/v1/responses/${path}`, { key });
        expect(errorOf(answer)).toEqual({ status: 404, code: 'response_not_found', param: 'response_id' });
      }
      expect((await call(method ?? '', `/v1/responses/${path}`, { key: reader })).status).toBe(403);
      expect((await call(method ?? '', `/v1/responses/${path}`, { key: OPERATOR })).status).toBe(403);
      expect((await call(method ?? '', `/v1/responses/${path}`)).status).toBe(401);
    }
    for (const key of [neighbour, stranger]) {
      expect(errorOf(await create({ previous_response_id: id }, key))).toEqual({
        status: 400,
        code: 'previous_response_not_found',
        param: 'previous_response_id',
      });
      const item = { type: 'item_reference', id: `msg_${id.slice(5)}_0` };
      expect(errorOf(await create({ input: [item] }, key))).toEqual({
        status: 404,
        code: 'item_not_found',
        param: 'input[0].id',
      });
    }
    expect((await get(id)).status).toBe(200);
  });

  it('is gone when it is deleted, and the change is in the audit log', async () => {
    const { id } = (await create({})).body;
    const deleted = await call('DELETE', `/v1/responses/${id}`, { key: owner.key });
    expect(deleted).toMatchObject({ status: 200, body: { id, object: 'response', deleted: true } });
    expect((await get(id)).status).toBe(404);
    expect((await call('DELETE', `/v1/responses/${id}`, { key: owner.key })).status).toBe(404);
    expect(await fileOf(id)).toBeNull();
    expect(errorOf(await create({ previous_response_id: id })).code).toBe('previous_response_not_found');
    const log = bindings.DB.prepare('SELECT action, workspace_id FROM audit_log WHERE target = ?').bind(id);
    expect((await log.all()).results).toEqual([{ action: 'response.delete', workspace_id: workspace }]);
  });

  it('that has expired is gone before it is swept', async () => {
    const { id } = (await create({})).body;
    await bindings.DB.prepare('UPDATE responses SET expires_at = 1 WHERE id = ?').bind(id).run();
    expect((await get(id)).status).toBe(404);
    expect(errorOf(await create({ previous_response_id: id })).code).toBe('previous_response_not_found');
  });

  it.each(['x', 'resp_', 'resp_..%2F..', 'resp_1', `resp_${'a'.repeat(500)}`])('%s is none', async (id) => {
    expect((await get(id)).status).toBe(404);
    expect(errorOf(await create({ previous_response_id: decodeURIComponent(id) })).code).toBe(
      'previous_response_not_found',
    );
  });

  it('is 503 while storage fails, for who reads it and who goes on from it', async () => {
    const { id } = (await create({})).body;
    vi.spyOn(bindings.FILES, 'get').mockRejectedValue(new Error('R2 is down'));
    expect(errorOf(await get(id)).code).toBe('storage_unavailable');
    expect(errorOf(await create({ previous_response_id: id })).code).toBe('storage_unavailable');
  });
});

it('other methods and actions are refused clearly', async () => {
  const { id } = (await create({})).body;
  const put = await call('PUT', `/v1/responses/${id}`, { key: owner.key, body: {} });
  expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, DELETE']);
  for (const action of ['compact', 'input_tokens']) {
    const answer = await call('POST', `/v1/responses/${action}`, { key: owner.key, body: {} });
    expect(errorOf(answer)).toMatchObject({ status: 404, code: 'not_found' });
  }
});

/** Lets what is inserted into the table fail. */
function failInserts(): void {
  const { prepare } = bindings.DB;
  vi.spyOn(bindings.DB, 'prepare').mockImplementation((query) => {
    if (query.startsWith('insert into "responses"')) throw new Error('D1 is down');
    return prepare.call(bindings.DB, query);
  });
}
