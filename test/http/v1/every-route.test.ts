import { beforeAll, describe, expect, it } from 'vitest';
import { app } from '../../../src/app.ts';
import { nothingHere } from '../../../src/http/data-plane.ts';
import { call, errorOf, newKey, newWorkspace, OPERATOR, send } from '../../support/gateway.ts';

/** Every path of the data plane with the methods that it takes, so that a new route is held to this page too. */
const ROUTES = routes();
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

let reader = '';
let caller = '';
beforeAll(async () => {
  const workspace = (await newWorkspace()).id;
  reader = (await newKey(workspace, 'read')).key;
  caller = (await newKey(workspace)).key;
});

describe.each(ROUTES)('$method $path', ({ method, path }) => {
  it('is not for those without a key', async () => {
    const answer = await call(method, at(path));
    expect(answer.status).toBe(401);
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

describe.each(POSTS)('POST %s', (path) => {
  it('is not for keys that may only read', async () => {
    const body = FORMS.includes(path) ? undefined : {};
    const answer = await call('POST', at(path), { key: reader, body });
    // What cannot be read is refused before its caller is looked at: it does nothing either way.
    expect([400, 403, 415]).toContain(answer.status);
    expect(answer.body.error.code).not.toBe('internal_error');
  });

  it('is not for the operator', async () => {
    const answer = await call('POST', at(path), {
      key: OPERATOR,
      body: FORMS.includes(path) ? undefined : {},
    });
    expect([400, 403, 415]).toContain(answer.status);
  });
});

describe.each(JSON_POSTS)('the body of POST %s', (path) => {
  it.each([
    ['{', 'invalid_json'],
    ['', 'invalid_json'],
    ['[]', 'invalid_type'],
    ['"text"', 'invalid_type'],
    ['null', 'invalid_type'],
    ['\ud800{}', 'invalid_json'],
  ])('%j is %s', async (body, code) => {
    const response = await send('POST', path, { key: caller, body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code } });
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

function at(path: string, id = 'none'): string {
  return path.replace(/:id(\{[^}]*\})?/, id);
}

function routes(): { method: string; path: string }[] {
  const ours = app.routes.filter(
    ({ path }) => path.startsWith('/v1/') && !path.startsWith('/v1/images/files/'),
  );
  // No path takes HEAD by itself, so what answers that refuses methods.
  const refusals = new Set(ours.filter(({ method }) => method === 'HEAD').map(({ handler }) => handler));
  return ours.filter(({ handler }) => handler !== nothingHere && !refusals.has(handler));
}
