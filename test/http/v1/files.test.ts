import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { call, errorOf, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';

const { DB, FILES } = env as unknown as { DB: D1Database; FILES: R2Bucket };
const BOUNDARY = 'x--y';
const TYPE = `multipart/form-data; boundary="${BOUNDARY}"`;

let workspace: string;
let key: string;
beforeAll(async () => {
  workspace = (await newWorkspace()).id;
  key = (await newKey(workspace)).key;
});

type Part = [disposition: string, value: string, contentType?: string];

/** A form as text, so that tests may write it wrongly. */
function form(parts: readonly Part[]): string {
  const written = parts.map(([disposition, value, type]) => {
    const header = type === undefined ? '' : `\r\nContent-Type: ${type}`;
    return `--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}${header}\r\n\r\n${value}\r\n`;
  });
  return `${written.join('')}--${BOUNDARY}--\r\n`;
}

const FILE: Part = ['name="file"; filename="notes.txt"', 'some notes', 'text/plain'];
const PURPOSE: Part = ['name="purpose"', 'user_data'];

async function upload(parts: readonly Part[] | string, headers: Record<string, string> = {}, as = key) {
  const body = typeof parts === 'string' ? parts : form(parts);
  return await call('POST', '/v1/files', { key: as, body, headers: { 'content-type': TYPE, ...headers } });
}

async function uploaded(parts: readonly Part[], as = key) {
  const answer = await upload(parts, {}, as);
  expect(answer).toMatchObject({ status: 200 });
  return answer.body;
}

/** How much there is of a workspace: rows, and objects. */
async function kept(of: string): Promise<[number, number]> {
  const rows = await DB.prepare('select id from files where workspace_id = ?').bind(of).all();
  return [rows.results.length, (await FILES.list({ prefix: `${of}/files/` })).objects.length];
}

describe('POST /v1/files', () => {
  it('answers the file, whatever the order of the form', async () => {
    for (const parts of [
      [FILE, PURPOSE],
      [PURPOSE, FILE],
    ]) {
      const before = Math.floor(Date.now() / 1000);
      const file = await uploaded(parts);
      expect(file).toEqual({
        id: expect.stringMatching(/^file-[0-9a-z]{26}$/),
        object: 'file',
        bytes: 10,
        created_at: expect.any(Number),
        expires_at: null,
        filename: 'notes.txt',
        purpose: 'user_data',
        status: 'processed',
      });
      expect(file.created_at).toBeGreaterThanOrEqual(before);
    }
  });

  it('lets files expire when they are told to, and those of batches after thirty days', async () => {
    const expiring = await uploaded([
      ['name="expires_after[anchor]"', 'created_at'],
      FILE,
      ['name="expires_after[seconds]"', '3600'],
      PURPOSE,
    ]);
    expect(expiring.expires_at - expiring.created_at).toBe(3600);
    const batch = await uploaded([FILE, ['name="purpose"', 'batch']]);
    expect(batch.expires_at - batch.created_at).toBe(2_592_000);
  });

  it.each([
    ['a name outside Latin-1', 'filename="文書 😀.txt"', '文書 😀.txt'],
    ['an extended name', `filename="x"; filename*=UTF-8''na%C3%AFve.txt`, 'naïve.txt'],
    ['quotes', 'filename="a%22b\\"c.txt"', 'a"b"c.txt'],
    ['folders', 'filename="../../etc/passwd"', 'passwd'],
    ['folders of Windows', 'filename="C:\\Users\\me\\a.txt"', 'a.txt'],
    ['line ends', 'filename="a%0D%0Ab.txt"', 'ab.txt'],
    ['control characters', 'filename="a\u0007\u0085\u202eb.txt"', 'ab.txt'],
    ['nothing', 'filename=""', 'file'],
    ['dots', 'filename=".."', 'file'],
    ['as much as may be', `filename="${'x'.repeat(255)}"`, 'x'.repeat(255)],
  ])('takes %s for a name', async (_, name, filename) => {
    const file = await uploaded([[`name="file"; ${name}`, 'x', 'text/plain'], PURPOSE]);
    expect(file.filename).toBe(filename);
    const content = await call('GET', `/v1/files/${file.id}/content`, { key });
    expect(content).toMatchObject({ status: 200, body: 'x' });
    expect(content.headers.get('content-disposition')).toMatch(/^attachment; filename="[\x20-\x7e]+"/);
  });

  const ANCHOR: Part = ['name="expires_after[anchor]"', 'created_at'];
  const seconds = (value: string): Part => ['name="expires_after[seconds]"', value];
  it.each<[string, readonly Part[], string, string]>([
    ['no file', [PURPOSE], 'missing_parameter', 'file'],
    ['no purpose', [FILE], 'missing_parameter', 'purpose'],
    ['an unknown purpose', [FILE, ['name="purpose"', 'fun']], 'invalid_value', 'purpose'],
    ['a purpose of OpenAI’s own', [FILE, ['name="purpose"', 'batch_output']], 'invalid_value', 'purpose'],
    ['two files', [FILE, FILE, PURPOSE], 'invalid_value', 'file'],
    ['an empty file', [[FILE[0], ''], PURPOSE], 'invalid_value', 'file'],
    ['a file that is a field', [['name="file"', 'text'], PURPOSE], 'invalid_type', 'file'],
    [
      'a file of another name',
      [['name="data"; filename="a"', 'x'], PURPOSE],
      'unsupported_parameter',
      'data',
    ],
    ['an unknown field', [FILE, PURPOSE, ['name="model"', 'x']], 'unsupported_parameter', 'model'],
    [
      'a very long name',
      [[`name="file"; filename="${'x'.repeat(256)}"`, 'x'], PURPOSE],
      'invalid_value',
      'file',
    ],
    [
      'an expiry without anchor',
      [FILE, PURPOSE, seconds('3600')],
      'missing_parameter',
      ANCHOR[0].slice(6, -1),
    ],
    ['an anchor alone', [FILE, PURPOSE, ANCHOR], 'missing_parameter', 'expires_after[seconds]'],
    [
      'too early an expiry',
      [FILE, PURPOSE, ANCHOR, seconds('3599')],
      'invalid_value',
      'expires_after[seconds]',
    ],
    [
      'too late an expiry',
      [FILE, PURPOSE, ANCHOR, seconds('2592001')],
      'invalid_value',
      'expires_after[seconds]',
    ],
    ['half a second', [FILE, PURPOSE, ANCHOR, seconds('3600.5')], 'invalid_value', 'expires_after[seconds]'],
    [
      'another anchor',
      [FILE, PURPOSE, ['name="expires_after[anchor]"', 'now'], seconds('3600')],
      'invalid_value',
      'expires_after[anchor]',
    ],
  ])('refuses %s, and keeps nothing', async (_, parts, code, param) => {
    const before = await kept(workspace);
    expect(errorOf(await upload(parts))).toEqual({ status: 400, code, param });
    expect(await kept(workspace)).toEqual(before);
  });

  it.each([
    ['a form that is cut short', form([FILE, PURPOSE]).slice(0, -6), TYPE, 400, 'invalid_form'],
    [
      'a form of another boundary',
      form([FILE, PURPOSE]),
      'multipart/form-data; boundary=z',
      400,
      'invalid_form',
    ],
    ['a form without boundary', form([FILE, PURPOSE]), 'multipart/form-data', 400, 'invalid_form'],
    ['an empty body', '', TYPE, 400, 'invalid_form'],
    ['JSON', '{}', 'application/json', 415, 'unsupported_content_type'],
  ])('refuses %s', async (_, body, type, status, code) => {
    const before = await kept(workspace);
    expect(errorOf(await upload(body, { 'content-type': type }))).toEqual({ status, code, param: null });
    expect(await kept(workspace)).toEqual(before);
  });
});

describe('POST /v1/files with an idempotency key', () => {
  const once = (parts: readonly Part[] | string, name: string, headers = {}) =>
    upload(parts, { 'idempotency-key': name, ...headers });

  it('is answered with the same file, however the form is written', async () => {
    const first = await once([FILE, PURPOSE], 'same');
    expect([first.status, first.headers.get('x-idempotent-replay')]).toEqual([200, null]);
    const before = await kept(workspace);
    const other = { 'content-type': 'multipart/form-data; boundary=other' };
    for (const answer of [
      await once([PURPOSE, FILE], 'same'),
      await once(form([FILE, PURPOSE]).replaceAll(BOUNDARY, 'other'), 'same', other),
    ]) {
      expect([answer.status, answer.body]).toEqual([200, first.body]);
      expect(answer.headers.get('x-idempotent-replay')).toBe('true');
      expect(answer.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    }
    expect(await kept(workspace)).toEqual(before);
  });

  it('is refused for another file', async () => {
    await once([FILE, PURPOSE], 'other');
    const before = await kept(workspace);
    const answer = await once([FILE, ['name="purpose"', 'vision']], 'other');
    const param = 'Idempotency-Key';
    expect(errorOf(answer)).toEqual({ status: 409, code: 'idempotency_key_conflict', param });
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(await kept(workspace)).toEqual(before);
  });

  it('remembers no refusal', async () => {
    expect(errorOf(await once([FILE], 'refused'))).toMatchObject({ code: 'missing_parameter' });
    expect(errorOf(await once(form([FILE, PURPOSE]).slice(0, -6), 'refused'))).toMatchObject({
      code: 'invalid_form',
    });
    const answer = await once([FILE, PURPOSE], 'refused');
    expect([answer.status, answer.headers.get('x-idempotent-replay')]).toEqual([200, null]);
  });

  it.each([
    ['of nothing', ''],
    ['with a space', 'a b'],
    ['of 256 characters', 'x'.repeat(256)],
  ])('refuses a key %s', async (_, name) => {
    const param = 'Idempotency-Key';
    expect(errorOf(await once([FILE, PURPOSE], name))).toEqual({ status: 400, code: 'invalid_value', param });
  });
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
      made.push((await uploaded([FILE, ['name="purpose"', purpose]], own)).id);
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
    const { id } = await uploaded([['name="file"; filename="a.html"', '<script>', 'text/html'], PURPOSE]);
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
    const { id } = await uploaded([FILE, PURPOSE]);
    const answer = await call('GET', `/v1/files/${id}/content`, { key, headers: { range } });
    expect([answer.status, answer.body]).toEqual([status, body]);
    expect(answer.headers.get('content-range')).toBe(contentRange);
    expect(answer.headers.get('content-length')).toBe(String(body.length));
  });

  it('has nothing outside, and a range of another file is not continued', async () => {
    const { id } = await uploaded([FILE, PURPOSE]);
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
    const { id } = await uploaded([FILE, PURPOSE], as);
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
    const { id } = await uploaded([FILE, PURPOSE]);
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
    expect(errorOf(await upload([FILE, PURPOSE], {}, 'inf_wrong'))).toMatchObject({ status: 401 });
    expect(errorOf(await call('GET', '/v1/files'))).toMatchObject({ code: 'missing_api_key' });
    expect(errorOf(await upload([FILE, PURPOSE], {}, OPERATOR))).toMatchObject({ code: 'permission_denied' });
    const answer = await call('GET', '/v1/files', { key: OPERATOR });
    expect(errorOf(answer)).toMatchObject({ status: 403, code: 'permission_denied' });
  });

  it('sees with a key of the role "read", and changes nothing', async () => {
    const { key: reader } = await newKey(workspace, 'read');
    const { id } = await uploaded([FILE, PURPOSE]);
    expect(errorOf(await upload([FILE, PURPOSE], {}, reader))).toMatchObject({ code: 'permission_denied' });
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
