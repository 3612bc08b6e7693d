import { beforeAll, describe, expect, it } from 'vitest';
import { call, errorOf, newKey, newWorkspace, send } from '../../support/gateway.ts';
import { at, ROUTES } from './routes.ts';
import { form } from './valid-requests.ts';

const POSTS = ROUTES.filter(({ method }) => method === 'POST').map(({ path }) => path);
/** Those whose body is a form; edits of pictures take either. */
const FORMS = [
  '/v1/files',
  '/v1/images/edits',
  '/v1/images/variations',
  '/v1/audio/transcriptions',
  '/v1/audio/translations',
];
/** Those that take no body. */
const BARE = POSTS.filter((path) => path.endsWith('/cancel'));
const JSON_POSTS = POSTS.filter((path) => !FORMS.includes(path) && !BARE.includes(path));

/** Over the limit by the words around it. */
const LARGE = form([{ name: 'file', filename: 'a', type: 'x/x', bytes: new Uint8Array(32 * 1024 * 1024) }]);

let caller = '';
beforeAll(async () => {
  caller = (await newKey((await newWorkspace()).id)).key;
});

describe.each(ROUTES)('$method $path', ({ method, path }) => {
  it('is not for those without a key', async () => {
    const answer = await call(method, at(path));
    expect(answer.status).toBe(401);
    expect(answer.body.error.message).toBe(
      'No API key was given. Send it as "Authorization: Bearer inf_…" or, under /v1, as "x-api-key: inf_…".',
    );
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
    const wrong = await call(method, at(path), { key: 'inf_no-such-key' });
    expect(wrong.status).toBe(401);
  });

  it('names what it takes to those who use another method', async () => {
    const answer = await call('PATCH', at(path), { key: caller });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')?.split(', ')).toContain(method);
  });
});

describe.each(JSON_POSTS)('the body of POST %s', (path) => {
  it.each([
    ['{', 'invalid_json', 'is not valid JSON'],
    ['', 'invalid_json', 'is empty'],
    ['[]', 'invalid_type', 'must be a JSON object'],
    ['"text"', 'invalid_type', 'must be a JSON object'],
    ['null', 'invalid_type', 'must be a JSON object'],
    ['\ud800{}', 'invalid_json', 'is not valid JSON'],
  ])('%j is %s', async (body, code, what) => {
    const response = await send('POST', path, { key: caller, body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code, message: `The request body ${what}.` } });
  });

  it('is JSON', async () => {
    const answer = await call('POST', path, {
      key: caller,
      body: 'a=b',
      headers: { 'content-type': 'text/plain' },
    });
    expect(answer.status).toBe(415);
    expect(answer.body).toMatchObject({ error: { code: 'unsupported_content_type' } });
  });

  it('is 32 MB at most', async () => {
    const body = `{"model":"demo-echo","input":"${'x'.repeat(32 * 1024 * 1024)}"}`;
    const answer = await call('POST', path, { key: caller, body });
    expect(answer.status).toBe(413);
    expect(answer.body).toMatchObject({ error: { code: 'request_too_large' } });
  });
});

describe.each(FORMS)('the form of POST %s', (path) => {
  const post = (body: unknown, type: string) =>
    call('POST', path, { key: caller, body, headers: { 'content-type': type } });

  it.each([
    ['--x\r\nnot a form', 'multipart/form-data; boundary=x', 400, 'invalid_form'],
    ['', 'multipart/form-data; boundary=x', 400, 'invalid_form'],
    ['a=b', 'application/x-www-form-urlencoded', 415, 'unsupported_content_type'],
    ['a=b', 'text/plain', 415, 'unsupported_content_type'],
  ])('%j, %s, is %i %s', async (body, type, status, code) => {
    expect(errorOf(await post(body, type))).toMatchObject({ status, code });
  });
});

// Files are uploaded as they come, and have a limit of their own.
describe.each(FORMS.filter((path) => path !== '/v1/files'))('the form of POST %s', (path) => {
  it('is 32 MB at most', async () => {
    const { body, headers } = LARGE;
    const answer = await call('POST', path, { key: caller, body, ...(headers ? { headers } : {}) });
    expect(errorOf(answer)).toEqual({ status: 413, code: 'request_too_large', param: null });
  });
});

describe.each(ROUTES.filter(({ path }) => path.includes(':id')))('$method $path', ({ method, path }) => {
  it.each(['no-such-id', "x'; drop table files; --", '../../etc/passwd', 'ü🚀', 'x'.repeat(300)])(
    'knows nothing by the id %j',
    async (id) => {
      const answer = await call(method, at(path, encodeURIComponent(id)), { key: caller });
      expect(answer.status).toBe(404);
      expect(errorOf(answer).code).toMatch(/not_found$/);
    },
  );
});
