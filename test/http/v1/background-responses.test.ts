import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Bindings } from '../../../src/env.ts';
import { backgroundClient } from '../../../src/objects/background/client.ts';
import { type Answer, call, errorOf, newKey, newWorkspace, OPERATOR, send } from '../../support/gateway.ts';
import { checkResponseEvents, responseEvents } from '../../support/response-events.ts';

const bindings = env as unknown as Bindings;

let workspace = '';
let owner = { key: '', project: '' };
let stranger = '';
beforeAll(async () => {
  workspace = (await newWorkspace()).id;
  owner = await newKey(workspace);
  stranger = (await newKey((await newWorkspace('Other')).id)).key;
});
afterEach(() => vi.restoreAllMocks());

const LONG = Array.from({ length: 200 }, (_, index) => `word${index}`).join(' ');

const begin = (body: object, headers: Record<string, string> = {}): Promise<Answer> =>
  call('POST', '/v1/responses', {
    key: owner.key,
    body: { model: 'demo-echo', input: 'one two', background: true, ...body },
    headers,
  });
const at = (method: string, path: string, key = owner.key) => call(method, `/v1/responses/${path}`, { key });
const get = (path: string) => at('GET', path);
const untilStatus = (id: string, status: string) =>
  expect.poll(async () => (await get(id)).body.status, { timeout: 10_000 }).toBe(status);
const objectOf = (id: string) =>
  bindings.BACKGROUND.get(
    bindings.BACKGROUND.idFromName(`${workspace}/${owner.project}/${id.replace('resp_', 'gen_')}`),
  );
const kill = (id: string) =>
  runInDurableObject(objectOf(id), (_, state) => state.abort('killed')).catch(() => {});
const receiptOf = async (id: string) =>
  (await call('GET', `/v1/generations/${id.replace('resp_', 'gen_')}`, { key: owner.key })).body;
const balance = async () =>
  (await call('GET', `/api/workspaces/${workspace}`, { key: OPERATOR })).body.credits;

/** The events of a response, and what ends their connection. */
async function open(path: string) {
  const response = await send('GET', `/v1/responses/${path}`, { key: owner.key });
  expect(response.status).toBe(200);
  return response;
}
const eventsOf = async (path: string) => responseEvents(await (await open(path)).text());

describe('a response in the background', () => {
  it('is queued at once, is made, billed once, and is there to be read', async () => {
    const before = await balance();
    const made = await begin({ model: 'demo-slow', input: 'one two three' });
    expect(made).toMatchObject({
      status: 200,
      body: { status: 'queued', background: true, store: true, output: [] },
    });
    const { id } = made.body;
    expect(['queued', 'in_progress']).toContain((await get(id)).body.status);
    await untilStatus(id, 'completed');
    const { body } = await get(id);
    expect(body).toMatchObject({ id, background: true, store: true, created_at: made.body.created_at });
    expect(body.output.at(-1).content[0].text).toBe('one two three');
    const receipt = await receiptOf(id);
    expect(receipt).toMatchObject({ status: 'completed' });
    await expect.poll(balance).toBeCloseTo(before - receipt.credits_used, 9);
    const next = await call('POST', '/v1/responses', {
      key: owner.key,
      body: { model: 'demo-echo', input: 'four', previous_response_id: id },
    });
    expect(next.status).toBe(200);
  });

  it('gives its events live, from the start and behind any of them', async () => {
    const { id } = (await begin({ model: 'demo-slow', input: 'one two three four' })).body;
    const live = await eventsOf(`${id}?stream=true`);
    checkResponseEvents(live);
    expect(live.at(-1)).toMatchObject({ type: 'response.completed', response: { id, status: 'completed' } });
    expect(await eventsOf(`${id}?stream=true`)).toEqual(live);
    for (const after of [0, 3, live.length - 2]) {
      expect(await eventsOf(`${id}?stream=true&starting_after=${after}`)).toEqual(live.slice(after + 1));
    }
    expect(await eventsOf(`${id}?stream=true&starting_after=${live.length - 1}`)).toEqual([]);
  });

  it('streams to who began it, and goes on when that client leaves', async () => {
    const body = { model: 'demo-slow', input: 'one two three', background: true, stream: true };
    const response = await send('POST', '/v1/responses', { key: owner.key, body });
    const id = response.headers.get('x-generation-id')?.replace('gen_', 'resp_') ?? '';
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await untilStatus(id, 'completed');
    checkResponseEvents(await eventsOf(`${id}?stream=true`));
  });

  it('can be cancelled: what was used is settled, and what there is of the answer is kept', async () => {
    const { id } = (await begin({ model: 'demo-slow', input: LONG })).body;
    const reader = (await open(`${id}?stream=true`)).body?.getReader();
    let seen = '';
    while (!seen.includes('output_text.delta')) {
      seen += new TextDecoder().decode((await reader?.read())?.value);
    }
    const cancelled = await at('POST', `${id}/cancel`);
    expect(cancelled).toMatchObject({ status: 200, body: { id, status: 'cancelled', error: null } });
    const [message] = cancelled.body.output;
    expect(message).toMatchObject({ status: 'incomplete', content: [{ type: 'output_text' }] });
    expect(LONG.startsWith(message.content[0].text)).toBe(true);
    expect((await get(id)).body).toEqual(cancelled.body);
    expect((await at('POST', `${id}/cancel`)).body).toEqual(cancelled.body);
    await expect.poll(async () => (await receiptOf(id)).status).toBe('client_closed_request');
    expect((await receiptOf(id)).credits_used).toBeGreaterThan(0);
  });

  it('has failed when its object dies in the middle, and costs nothing', async () => {
    const { id } = (await begin({ model: 'demo-slow', input: LONG })).body;
    const reader = (await open(`${id}?stream=true`)).body?.getReader();
    await reader?.read();
    await kill(id);
    const rest = async (): Promise<void> => {
      while (!(await reader?.read())?.done);
    };
    await expect(rest()).rejects.toThrow();
    await untilStatus(id, 'failed');
    expect((await get(id)).body.error).toMatchObject({ code: 'server_error', message: expect.any(String) });
    await expect.poll(async () => (await receiptOf(id)).status).toBe('failed');
    expect((await receiptOf(id)).credits_used).toBe(0);
    expect((await eventsOf(`${id}?stream=true`)).map(({ type }) => type)).toEqual([
      'response.created',
      'response.failed',
    ]);
  });

  it('has failed when nobody knows of its run any more', async () => {
    const { id } = (await begin({})).body;
    await untilStatus(id, 'completed');
    const update = bindings.DB.prepare("UPDATE responses SET status = 'in_progress' WHERE id = ?");
    await update.bind(id).run();
    expect((await get(id)).body).toMatchObject({
      status: 'failed',
      error: { code: 'server_error', message: expect.stringContaining('lost') },
    });
    await update.bind(id).run();
    expect((await at('POST', `${id}/cancel`)).body).toMatchObject({ status: 'cancelled', error: null });
  });

  it.each([
    ['demo-fail', 'failed', 'server_error'],
    ['demo-limited', 'failed', 'rate_limit_exceeded'],
  ])('of %s is kept as %s', async (model, status, code) => {
    const policy = { max_attempts: 1 };
    const { id } = (await begin({ model, policy })).body;
    await untilStatus(id, status);
    expect((await get(id)).body).toMatchObject({
      error: { code, gateway_code: expect.any(String) },
      output: [],
    });
    const streamed = await begin({ model, policy, stream: true });
    expect(streamed.status).toBeGreaterThanOrEqual(400);
    expect(streamed.body.error.code).toEqual(expect.any(String));
  });

  it('says why its run could not begin any more', async () => {
    const first = await call('POST', '/v1/responses', {
      key: owner.key,
      body: { model: 'demo-echo', input: 'one' },
    });
    // Between the request and its run it is deleted.
    const { put } = bindings.FILES;
    vi.spyOn(bindings.FILES, 'put').mockImplementationOnce((async (...args: Parameters<typeof put>) => {
      await at('DELETE', first.body.id);
      return await put.apply(bindings.FILES, args);
    }) as never);
    const { id } = (await begin({ previous_response_id: first.body.id })).body;
    await untilStatus(id, 'failed');
    expect((await get(id)).body).toMatchObject({
      id,
      error: { code: 'server_error', gateway_code: 'previous_response_not_found' },
    });
    expect((await eventsOf(`${id}?stream=true`)).map(({ type }) => type)).toEqual([
      'response.created',
      'response.failed',
    ]);
  });

  it('that fails at once is still answered with its error where it is streamed', async () => {
    const client = backgroundClient(bindings, {
      workspaceId: workspace,
      projectId: owner.project,
      generationId: 'gen_quick',
    });
    await client.start({ id: 'gen_quick', startedAt: Date.now() }, 'http://interline.test/v1/responses', {
      method: 'POST',
      headers: { authorization: `Bearer ${owner.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'demo-fail', input: 'x', background: true, stream: true }),
    });
    await expect.poll(() => client.state()).toBeNull();
    const answer = await client.answer();
    expect(answer?.status).toBeGreaterThanOrEqual(400);
    expect(await answer?.json()).toMatchObject({ error: { code: expect.any(String) } });
  });

  it('is continued by what the database says of its end', async () => {
    const { id } = (await begin({})).body;
    await untilStatus(id, 'completed');
    const update = bindings.DB.prepare('UPDATE responses SET status = ? WHERE id = ?');
    await update.bind('cancelled', id).run();
    const next = await begin({ previous_response_id: id });
    expect(errorOf(next)).toEqual({ status: 400, code: 'invalid_value', param: 'previous_response_id' });
    expect(next.body.error.message).toContain('is cancelled');
  });

  it('that is deleted is stopped, and nothing of it is left', async () => {
    const { id } = (await begin({ model: 'demo-slow', input: LONG })).body;
    expect((await at('DELETE', id)).status).toBe(200);
    expect((await get(id)).status).toBe(404);
    await expect.poll(async () => (await receiptOf(id)).status).toBe('client_closed_request');
    expect(await bindings.FILES.head(`${workspace}/responses/${id}.json`)).toBeNull();
    const left = await runInDurableObject(objectOf(id), (_, { storage }) => [...storage.kv.list()]);
    expect(left).toEqual([]);
  });

  it('gives its events for a day, and then the first and the last', async () => {
    const { id } = (await begin({})).body;
    await untilStatus(id, 'completed');
    await expect.poll(() => objectOf(id).state()).toBeNull();
    expect(await runDurableObjectAlarm(objectOf(id))).toBe(true);
    const [first, last] = await eventsOf(`${id}?stream=true`);
    expect(first).toMatchObject({ type: 'response.created', sequence_number: 0 });
    expect(last).toMatchObject({ type: 'response.completed', sequence_number: 1 });
    expect(last?.response).toEqual((await get(id)).body);
    expect(await eventsOf(`${id}?stream=true&starting_after=7`)).toMatchObject([
      { type: 'response.completed', sequence_number: 8 },
    ]);
  });

  it('is begun once for one idempotency key', async () => {
    const headers = { 'idempotency-key': 'background-1' };
    const first = await begin({}, headers);
    const again = await begin({}, headers);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('x-idempotent-replay')).toBe('true');
    await untilStatus(first.body.id, 'completed');
  });
});

describe('refused', () => {
  it.each([
    [{ store: false }, 'invalid_value', 'background', 400],
    [{ background: 'yes' }, 'invalid_type', 'background', 400],
    [{ model: 'none/such' }, 'model_not_found', 'model', 404],
    [{ input: null }, 'missing_parameter', 'input', 400],
    [{ previous_response_id: 'resp_1' }, 'previous_response_not_found', 'previous_response_id', 400],
  ])('%o', async (body, code, param, status) => {
    expect(errorOf(await begin(body))).toEqual({ status, code, param });
  });

  it('where nothing may be stored', async () => {
    const endpoint = { provider: 'demo', upstream_model: 'demo-echo', data_policy: { training: false } };
    const model = { kind: 'chat', endpoints: [endpoint] };
    await call('PUT', '/api/models/tests%2Fdiscreet', { key: OPERATOR, body: model });
    const body = { model: 'tests/discreet', provider: { data_collection: 'deny' } };
    expect(errorOf(await begin(body))).toEqual({
      status: 400,
      code: 'unsupported_parameter',
      param: 'background',
    });
  });

  it('where storage fails, and then nothing is begun', async () => {
    vi.spyOn(bindings.FILES, 'put').mockRejectedValue(new Error('R2 is down'));
    vi.spyOn(console, 'error').mockImplementation(() => {});
    expect(errorOf(await begin({})).code).toBe('storage_unavailable');
    const rows = bindings.DB.prepare("SELECT id FROM responses WHERE status = 'queued'");
    expect((await rows.all()).results).toEqual([]);
  });

  it('to cancel or stream what is not of the background, or not of the project', async () => {
    const sync = (
      await call('POST', '/v1/responses', { key: owner.key, body: { model: 'demo-echo', input: 'x' } })
    ).body;
    expect(errorOf(await at('POST', `${sync.id}/cancel`))).toMatchObject({
      status: 400,
      param: 'response_id',
    });
    expect(errorOf(await get(`${sync.id}?stream=true`))).toMatchObject({ status: 400, param: 'stream' });
    expect(errorOf(await get(`${sync.id}?starting_after=1`))).toMatchObject({ param: 'starting_after' });
    const { id } = (await begin({})).body;
    expect(errorOf(await get(`${id}?stream=true&starting_after=x`))).toMatchObject({
      param: 'starting_after',
    });
    expect((await at('POST', `${id}/cancel`, stranger)).status).toBe(404);
    expect((await at('GET', `${id}?stream=true`, stranger)).status).toBe(404);
    expect((await call('POST', `/v1/responses/${id}/cancel`)).status).toBe(401);
    expect((await at('GET', `${id}/cancel`)).status).toBe(405);
    await untilStatus(id, 'completed');
  });
});
