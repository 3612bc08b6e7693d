import { beforeAll, describe, expect, it } from 'vitest';
import { call, errorOf, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';
import { FILE, kept, PURPOSE, upload, uploaded } from './file-forms.ts';

let workspace: string;
let key: string;
beforeAll(async () => {
  workspace = (await newWorkspace()).id;
  key = (await newKey(workspace)).key;
});

describe('GET /v1/files', () => {
  it('lists the files of a project in pages', async () => {
    const { id } = await newWorkspace();
    const { key: own } = await newKey(id);
    const list = async (query: string) => (await call('GET', `/v1/files${query}`, { key: own })).body;
    expect(await list('')).toEqual({
      object: 'list',
      data: [],
      has_more: false,
      first_id: null,
      last_id: null,
    });
    const made: string[] = [];
    for (const purpose of ['batch', 'user_data', 'vision']) {
      made.push((await uploaded(own, [FILE, ['name="purpose"', purpose]])).id);
    }
    const [a, b, c] = made.toSorted();
    const ids = (page: { data: { id: string }[] }) => page.data.map((file) => file.id);
    const first = await list('?limit=2');
    expect(first).toMatchObject({ has_more: true, first_id: c, last_id: b });
    expect(ids(first)).toEqual([c, b]);
    expect(first.data[0]).toEqual((await call('GET', `/v1/files/${c}`, { key: own })).body);
    expect(await list(`?limit=2&after=${b}`)).toMatchObject({ has_more: false, first_id: a, last_id: a });
    expect(ids(await list('?order=asc'))).toEqual([a, b, c]);
    expect(ids(await list('?purpose=vision'))).toEqual([made[2]]);
    expect(ids(await list('?limit=10000'))).toHaveLength(3);
    await call('DELETE', `/v1/files/${b}`, { key: own });
    expect(ids(await list(`?after=${b}`))).toEqual([a]);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=10001', 'limit'],
    ['limit=ten', 'limit'],
    ['order=up', 'order'],
    ['after=file-nope', 'after'],
    ['after=', 'after'],
    ['after=batch_01k00000000000000000000000', 'after'],
    ['after=file-01K00000000000000000000000', 'after'],
  ])('refuses %s', async (query, param) => {
    const answer = await call('GET', `/v1/files?${query}`, { key });
    expect(errorOf(answer)).toEqual({ status: 400, code: 'invalid_value', param });
  });
});

describe('GET /v1/files/{id}/content', () => {
  it('is the file, and nothing that a browser would run', async () => {
    const { id } = await uploaded(key, [
      ['name="file"; filename="a.html"', '<script>', 'text/html'],
      PURPOSE,
    ]);
    const { status, headers, body } = await call('GET', `/v1/files/${id}/content`, { key });
    expect([status, body]).toEqual([200, '<script>']);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/html',
      'content-length': '8',
      'content-disposition': 'attachment; filename="a.html"',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'bytes',
      'x-request-id': expect.any(String),
    });
  });

  it.each([
    ['bytes=0-3', 206, 'some', 'bytes 0-3/10'],
    ['bytes=5-', 206, 'notes', 'bytes 5-9/10'],
    ['bytes=-3', 206, 'tes', 'bytes 7-9/10'],
    ['bytes=-30', 206, 'some notes', 'bytes 0-9/10'],
    ['bytes=8-100', 206, 'es', 'bytes 8-9/10'],
    ['bytes=0-1,3-4', 200, 'some notes', null],
    ['bytes=4-2', 200, 'some notes', null],
    ['lines=1-2', 200, 'some notes', null],
    ['bytes=-', 200, 'some notes', null],
  ])('gives the range %s', async (range, status, body, contentRange) => {
    const { id } = await uploaded(key, [FILE, PURPOSE]);
    const answer = await call('GET', `/v1/files/${id}/content`, { key, headers: { range } });
    expect([answer.status, answer.body]).toEqual([status, body]);
    expect(answer.headers.get('content-range')).toBe(contentRange);
    expect(answer.headers.get('content-length')).toBe(String(body.length));
  });

  it('has nothing outside, and a range of another file is not continued', async () => {
    const { id } = await uploaded(key, [FILE, PURPOSE]);
    for (const range of ['bytes=10-', 'bytes=10-12', 'bytes=-0']) {
      const answer = await call('GET', `/v1/files/${id}/content`, { key, headers: { range } });
      expect(errorOf(answer)).toEqual({ status: 416, code: 'range_not_satisfiable', param: 'Range' });
      expect(answer.headers.get('content-range')).toBe('bytes */10');
    }
    const asked = (ifRange: string) =>
      call('GET', `/v1/files/${id}/content`, { key, headers: { range: 'bytes=0-3', 'if-range': ifRange } });
    expect((await asked('"other"')).status).toBe(200);
    expect((await asked(`"${id}"`)).status).toBe(206);
  });
});

describe('DELETE /v1/files/{id}', () => {
  it('deletes a file once', async () => {
    const { id: own } = await newWorkspace();
    const { key: as } = await newKey(own);
    const { id } = await uploaded(as, [FILE, PURPOSE]);
    expect(await kept(own)).toEqual([1, 1]);
    const answer = await call('DELETE', `/v1/files/${id}`, { key: as });
    expect([answer.status, answer.body]).toEqual([200, { id, object: 'file', deleted: true }]);
    expect(await kept(own)).toEqual([0, 0]);
    expect(errorOf(await call('DELETE', `/v1/files/${id}`, { key: as }))).toEqual({
      status: 404,
      code: 'not_found',
      param: 'id',
    });
  });
});

describe('who may use files', () => {
  const ROUTES = [
    ['GET', ''],
    ['GET', '/content'],
    ['DELETE', ''],
  ] as const;

  it('is nobody of another workspace or project', async () => {
    const { id } = await uploaded(key, [FILE, PURPOSE]);
    const stranger = await newKey((await newWorkspace()).id);
    const project = await call('POST', '/api/projects', { key: OPERATOR, body: { name: 'Two', workspace } });
    const sister = await call('POST', '/api/keys', {
      key: OPERATOR,
      body: { name: 'two', workspace, project: project.body.id, role: 'admin' },
    });
    for (const other of [stranger.key, sister.body.key]) {
      for (const [method, path] of ROUTES) {
        const answer = await call(method, `/v1/files/${id}${path}`, { key: other });
        expect(errorOf(answer)).toEqual({ status: 404, code: 'not_found', param: 'id' });
        expect(answer.body.error.message).toBe(`No such File object: ${id}`);
      }
      expect((await call('GET', '/v1/files', { key: other })).body.data).toEqual([]);
    }
    expect((await call('GET', `/v1/files/${id}`, { key })).status).toBe(200);
  });

  it('is nobody without a key, and not the operator', async () => {
    expect(errorOf(await upload('inf_wrong', [FILE, PURPOSE]))).toMatchObject({ status: 401 });
    expect(errorOf(await call('GET', '/v1/files'))).toMatchObject({ code: 'missing_api_key' });
    expect(errorOf(await upload(OPERATOR, [FILE, PURPOSE]))).toMatchObject({ code: 'permission_denied' });
    const answer = await call('GET', '/v1/files', { key: OPERATOR });
    expect(errorOf(answer)).toMatchObject({ status: 403, code: 'permission_denied' });
  });

  it('sees with a key of the role "read", and changes nothing', async () => {
    const { key: reader } = await newKey(workspace, 'read');
    const { id } = await uploaded(key, [FILE, PURPOSE]);
    expect(errorOf(await upload(reader, [FILE, PURPOSE]))).toMatchObject({ code: 'permission_denied' });
    const answer = await call('DELETE', `/v1/files/${id}`, { key: reader });
    expect(errorOf(answer)).toMatchObject({ code: 'permission_denied' });
    for (const path of ['', `/${id}`, `/${id}/content`]) {
      expect((await call('GET', `/v1/files${path}`, { key: reader })).status).toBe(200);
    }
  });

  it('calls from an address that the key allows', async () => {
    const bound = await call('POST', '/api/keys', {
      key: OPERATOR,
      body: { name: 'bound', workspace, role: 'inference', allowed_ips: ['203.0.113.0/24'] },
    });
    const from = (address: string) =>
      call('GET', '/v1/files', { key: bound.body.key, headers: { 'cf-connecting-ip': address } });
    expect((await from('203.0.113.9')).status).toBe(200);
    expect(errorOf(await from('198.51.100.1'))).toMatchObject({ status: 403, code: 'ip_not_allowed' });
  });
});

it.each([
  ['PUT', '/v1/files', 'GET, POST'],
  ['POST', '/v1/files/file-x', 'GET, DELETE'],
  ['DELETE', '/v1/files/file-x/content', 'GET'],
])('%s %s is no method of the address', async (method, path, allow) => {
  const answer = await call(method, path, { key });
  expect(errorOf(answer)).toMatchObject({ status: 405, code: 'method_not_allowed' });
  expect(answer.headers.get('allow')).toBe(allow);
});
