import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Env } from '../../../src/env.ts';
import { createFile } from '../../../src/files/create.ts';
import type { NewFile } from '../../../src/files/types.ts';
import { call, errorOf, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';

const bindings = env as unknown as Env;
const INPUT: NewFile = { purpose: 'batch', filename: 'in.jsonl', contentType: 'application/jsonl' };

interface Caller {
  workspace: string;
  key: string;
  project: string;
}

let caller: Caller;
let file = '';
beforeAll(async () => {
  caller = await newCaller();
  file = await newFile(caller);
});

async function newCaller(role: 'inference' | 'read' = 'inference', workspace?: string): Promise<Caller> {
  const id = workspace ?? (await newWorkspace()).id;
  return { workspace: id, ...(await newKey(id, role)) };
}

/** A file of a project, with nothing in it that could be run. */
async function newFile({ workspace, project }: Caller, more: Partial<NewFile> = {}): Promise<string> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode('\n');
  }
  const author = { workspaceId: workspace, projectId: project, actor: 'tests' };
  return (await createFile(bindings, author, { ...INPUT, ...more }, bytes())).id;
}

const bodyOf = (more: object = {}) => ({
  input_file_id: file,
  endpoint: '/v1/chat/completions',
  completion_window: '24h',
  ...more,
});
const post = (body: unknown, key = caller.key) => call('POST', '/v1/batches', { key, body });

describe('POST /v1/batches', () => {
  it('answers the batch, and logs who made it', async () => {
    const metadata = Object.fromEntries(
      Array.from({ length: 16 }, (_, index) => [`${index}`.padEnd(64, 'n'), 'v'.repeat(512)]),
    );
    const { status, body } = await post(bodyOf({ metadata }));
    expect(status).toBe(200);
    expect(body).toEqual({
      id: expect.stringMatching(/^batch_[0-9a-z]{26}$/),
      object: 'batch',
      endpoint: '/v1/chat/completions',
      model: null,
      errors: null,
      input_file_id: file,
      completion_window: '24h',
      status: 'validating',
      output_file_id: null,
      error_file_id: null,
      created_at: expect.any(Number),
      in_progress_at: null,
      expires_at: body.created_at + 86_400,
      finalizing_at: null,
      completed_at: null,
      failed_at: null,
      expired_at: null,
      cancelling_at: null,
      cancelled_at: null,
      request_counts: { total: 0, completed: 0, failed: 0 },
      usage: {
        input_tokens: 0,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 0,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 0,
      },
      metadata,
    });
    const { results } = await bindings.DB.prepare(
      "select action, workspace_id from audit_log where target = ? and action = 'batch.create'",
    )
      .bind(body.id)
      .all();
    expect(results).toEqual([{ action: 'batch.create', workspace_id: caller.workspace }]);
  });

  it.each([
    ['{', 400, 'invalid_json', null],
    ['[]', 400, 'invalid_type', null],
    [{ input_file_id: undefined }, 400, 'missing_parameter', 'input_file_id'],
    [{ input_file_id: 7 }, 400, 'invalid_type', 'input_file_id'],
    [{ input_file_id: 'file-unknown' }, 404, 'not_found', 'input_file_id'],
    [{ endpoint: undefined }, 400, 'missing_parameter', 'endpoint'],
    [{ endpoint: '/v1/videos' }, 400, 'invalid_value', 'endpoint'],
    [{ completion_window: '1h' }, 400, 'invalid_value', 'completion_window'],
    [{ metadata: 'x' }, 400, 'invalid_type', 'metadata'],
    [{ metadata: { a: 1 } }, 400, 'invalid_type', 'metadata.a'],
    [{ metadata: { a: 'v'.repeat(513) } }, 400, 'invalid_value', 'metadata.a'],
    [
      { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [n, ''])) },
      400,
      'invalid_value',
      'metadata',
    ],
    [
      { output_expires_after: { anchor: 'created_at' } },
      400,
      'missing_parameter',
      'output_expires_after.seconds',
    ],
    [
      { output_expires_after: { anchor: 'x', seconds: 3600 } },
      400,
      'invalid_value',
      'output_expires_after.anchor',
    ],
    [
      { output_expires_after: { anchor: 'created_at', seconds: 3599 } },
      400,
      'invalid_value',
      'output_expires_after.seconds',
    ],
    [
      { output_expires_after: { anchor: 'created_at', seconds: 2_592_001 } },
      400,
      'invalid_value',
      'output_expires_after.seconds',
    ],
  ])('refuses %j by the name of what is wrong', async (given, status, code, param) => {
    const answer = await post(typeof given === 'string' ? given : bodyOf(given));
    expect(errorOf(answer)).toEqual({ status, code, param });
  });

  it('refuses a name of metadata that is too long', async () => {
    const answer = await post(bodyOf({ metadata: { ['n'.repeat(65)]: 'v' } }));
    expect(errorOf(answer)).toMatchObject({ status: 400, code: 'invalid_value' });
  });

  it('refuses a file that is no input', async () => {
    const other = await newFile(caller, { purpose: 'user_data' });
    const refused = { status: 400, code: 'invalid_value', param: 'input_file_id' };
    expect(errorOf(await post(bodyOf({ input_file_id: other })))).toEqual(refused);
    const large = await newFile(caller);
    await bindings.DB.prepare('update files set bytes = ? where id = ?')
      .bind(200 * 1024 * 1024 + 1, large)
      .run();
    expect(errorOf(await post(bodyOf({ input_file_id: large })))).toEqual(refused);
  });

  it('refuses a body that is too large, and another type', async () => {
    const body = JSON.stringify(bodyOf({ metadata: { a: 'x'.repeat(33 * 1024 * 1024) } }));
    expect(errorOf(await post(body))).toMatchObject({ status: 413, code: 'request_too_large' });
    const headers = { 'content-type': 'text/plain' };
    const answer = await call('POST', '/v1/batches', { key: caller.key, body: bodyOf(), headers });
    expect(errorOf(answer)).toMatchObject({ status: 415, code: 'unsupported_content_type' });
  });
});

describe('batches', () => {
  const ROUTES = [
    ['POST', '/v1/batches'],
    ['GET', '/v1/batches'],
    ['GET', '/v1/batches/batch_1'],
    ['POST', '/v1/batches/batch_1/cancel'],
  ] as const;

  it.each(ROUTES)('want a key: %s %s', async (method, path) => {
    expect(errorOf(await call(method, path))).toMatchObject({ status: 401, code: 'missing_api_key' });
    const unknown = await call(method, path, { key: 'inf_unknown' });
    expect(errorOf(unknown)).toMatchObject({ status: 401, code: 'invalid_api_key' });
    const operator = await call(method, path, {
      key: OPERATOR,
      body: method === 'POST' ? bodyOf() : undefined,
    });
    expect(errorOf(operator)).toMatchObject({ status: 403, code: 'permission_denied' });
  });

  it('are read, but neither made nor cancelled, with a key that only reads', async () => {
    const { body } = await post(bodyOf());
    const { key } = await newCaller('read', caller.workspace);
    const denied = { status: 403, code: 'permission_denied' };
    expect(errorOf(await post(bodyOf(), key))).toMatchObject(denied);
    expect(errorOf(await call('POST', `/v1/batches/${body.id}/cancel`, { key }))).toMatchObject(denied);
    expect((await call('GET', `/v1/batches/${body.id}`, { key })).body.id).toBe(body.id);
    expect((await call('GET', '/v1/batches', { key })).status).toBe(200);
  });

  it('are not there for other workspaces, nor for other projects', async () => {
    const { body } = await post(bodyOf());
    const stranger = await newCaller();
    const project = await call('POST', '/api/projects', {
      key: OPERATOR,
      body: { name: 'Other', workspace: caller.workspace },
    });
    const colleague = await call('POST', '/api/keys', {
      key: OPERATOR,
      body: { name: 'other', workspace: caller.workspace, project: project.body.id, role: 'inference' },
    });
    for (const key of [stranger.key, String(colleague.body.key)]) {
      const missing = { status: 404, code: 'not_found', param: 'batch_id' };
      expect(errorOf(await call('GET', `/v1/batches/${body.id}`, { key }))).toEqual(missing);
      expect(errorOf(await call('POST', `/v1/batches/${body.id}/cancel`, { key }))).toEqual(missing);
      expect((await call('GET', '/v1/batches', { key })).body).toEqual({
        object: 'list',
        data: [],
        has_more: false,
      });
      expect(errorOf(await post(bodyOf(), key))).toEqual({
        status: 404,
        code: 'not_found',
        param: 'input_file_id',
      });
    }
  });

  it.each(['batch_nope', '', 'file-01k00000000000000000000000'])(
    'are not listed behind %j',
    async (after) => {
      const answer = await call('GET', `/v1/batches?after=${after}`, { key: caller.key });
      expect(errorOf(answer)).toEqual({ status: 400, code: 'invalid_value', param: 'after' });
    },
  );

  it('are listed behind one that is there no more', async () => {
    const { body } = await call('GET', '/v1/batches?after=batch_01k00000000000000000000000', {
      key: caller.key,
    });
    expect(body).toEqual({ object: 'list', data: [], has_more: false });
  });

  it.each(['0', '101', '-1', '1.5', 'x', ''])('are not listed %j at a time', async (limit) => {
    const answer = await call('GET', `/v1/batches?limit=${limit}`, { key: caller.key });
    expect(errorOf(answer)).toEqual({ status: 400, code: 'invalid_value', param: 'limit' });
  });

  it('are cancelled only while they run', async () => {
    const { body } = await post(bodyOf());
    await expect
      .poll(async () => (await call('GET', `/v1/batches/${body.id}`, { key: caller.key })).body.status, {
        timeout: 15_000,
      })
      .toBe('failed');
    const answer = await call('POST', `/v1/batches/${body.id}/cancel`, { key: caller.key });
    expect(errorOf(answer)).toEqual({ status: 409, code: 'conflict', param: 'batch_id' });
  });

  it('take no other methods', async () => {
    for (const [method, path, allow] of [
      ['PUT', '/v1/batches', 'GET, POST'],
      ['DELETE', '/v1/batches/batch_1', 'GET'],
      ['GET', '/v1/batches/batch_1/cancel', 'POST'],
    ] as const) {
      const answer = await call(method, path, { key: caller.key });
      expect(errorOf(answer)).toMatchObject({ status: 405, code: 'method_not_allowed' });
      expect(answer.headers.get('allow')).toBe(allow);
    }
  });
});
