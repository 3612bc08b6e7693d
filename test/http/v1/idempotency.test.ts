import { runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Bindings } from '../../../src/env.ts';
import { call, errorOf, newKey, newWorkspace, OPERATOR, send } from '../../support/gateway.ts';

const bindings = env as unknown as Bindings;
const worker = (exports as unknown as { default: Fetcher }).default;
const messages = [{ role: 'user', content: 'one two three' }];
const echo = { model: 'demo-echo', messages };

let workspace = '';
let key = '';
beforeAll(async () => {
  workspace = (await newWorkspace()).id;
  key = (await newKey(workspace)).key;
});
afterEach(() => vi.restoreAllMocks());

let names = 0;
const newName = (): string => `name-${++names}`;
const chat = (name: string, body: unknown = echo, headers: Record<string, string> = {}) =>
  call('POST', '/v1/chat/completions', { key, body, headers: { 'idempotency-key': name, ...headers } });
const isReplay = ({ headers }: { headers: Headers }) => headers.get('x-idempotent-replay');

describe('a POST with an Idempotency-Key', () => {
  it('answers a repetition as the first time, with an id of its own and no limits of then', async () => {
    const name = newName();
    await call('PUT', `/api/workspaces/${workspace}/limits`, {
      key: OPERATOR,
      body: { requests_per_minute: 500 },
    });
    const first = await chat(name);
    const again = await chat(name);
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(first.body.choices[0].message.content).toBe('one two three');
    expect(again.body).toEqual(first.body);
    expect(isReplay(first)).toBeNull();
    expect(isReplay(again)).toBe('true');
    expect(first.headers.get('x-ratelimit-limit-requests')).toBe('500');
    // Who adds up the header counts what was paid.
    expect(Number(first.headers.get('x-credits-used'))).toBeGreaterThan(0);
    expect(again.headers.get('x-credits-used')).toBe('0');
    const own = ['x-request-id', 'x-idempotent-replay', 'x-credits-used'];
    const kept = (headers: Headers) => [...headers].filter(([header]) => !own.includes(header));
    expect(kept(again.headers)).toEqual(
      kept(first.headers).filter(([header]) => !header.startsWith('x-ratelimit-')),
    );
    expect(again.headers.get('x-request-id')).toMatch(/^req_/);
    expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    expect([...again.headers.keys()].filter((header) => header.startsWith('x-idempotency-'))).toEqual([]);
  });

  it('names the request that ran on its receipt', async () => {
    const first = await chat(newName());
    const { body } = await call('GET', `/v1/generations/${first.body.id}`, { key });
    expect(body.request_id).toBe(first.headers.get('x-request-id'));
  });

  it.each(['', ' ', 'a b', 'schlüssel', 'x'.repeat(256), 'a\tb'])('refuses the key %j', async (name) => {
    expect(errorOf(await chat(name))).toEqual({
      status: 400,
      code: 'invalid_value',
      param: 'Idempotency-Key',
    });
  });

  it.each(['x', '!~"/\\', 'x'.repeat(255)])('takes the key %j', async (name) => {
    expect((await chat(name)).status).toBe(200);
    expect(isReplay(await chat(name))).toBe('true');
  });

  it('takes the same body with another key for another request', async () => {
    const first = await chat(newName());
    const other = await chat(newName());
    expect(isReplay(other)).toBeNull();
    expect(other.body.id).not.toBe(first.body.id);
  });

  it('refuses another body under the same key, and leaves what is remembered', async () => {
    const name = newName();
    const first = await chat(name);
    expect(errorOf(await chat(name, { ...echo, temperature: 0 }))).toEqual({
      status: 409,
      code: 'idempotency_key_conflict',
      param: 'Idempotency-Key',
    });
    const other = await chat(name, { ...echo, temperature: 0 });
    expect(other.headers.get('x-should-retry')).toBe('false');
    expect((await chat(name)).body).toEqual(first.body);
  });

  it('answers in the format of the path, errors too', async () => {
    const name = newName();
    const body = { model: 'demo-echo', max_tokens: 100, messages };
    const ask = (more = {}) =>
      call('POST', '/v1/messages', { key, body: { ...body, ...more }, headers: { 'idempotency-key': name } });
    const first = await ask();
    expect(first.body.type).toBe('message');
    expect((await ask()).body).toEqual(first.body);
    const conflict = await ask({ max_tokens: 101 });
    expect(conflict.status).toBe(409);
    expect(conflict.body.type).toBe('error');
  });

  it('does not remember a stream that fails in another format', async () => {
    const name = newName();
    const body = { model: 'demo-break', max_tokens: 100, stream: true, midstream: 'error', messages };
    for (let time = 0; time < 2; time++) {
      const answer = await call('POST', '/v1/messages', { key, body, headers: { 'idempotency-key': name } });
      expect(answer.body).toContain('event: error');
      expect(isReplay(answer)).toBeNull();
    }
  });

  it.each([
    ['unreadable', 'not json', 400],
    ['without a model', { messages }, 400],
    ['of an unknown model', { model: 'no-such-model', messages }, 404],
    ['that fails upstream', { model: 'demo-fail', messages }, 502],
  ])('does not remember a request %s', async (_, body, status) => {
    const name = newName();
    const first = await chat(name, body);
    expect(errorOf(first).status).toBe(status);
    const again = await chat(name, body);
    expect(errorOf(again).status).toBe(status);
    expect(isReplay(again)).toBeNull();
    expect(again.body.error.request_id).not.toBe(first.body.error.request_id);
    expect((await chat(name)).status).toBe(200);
  });

  it('goes on when its client leaves before the answer', async () => {
    const name = newName();
    const own = await newWorkspace();
    const secret = (await newKey(own.id)).key;
    const body = { model: 'demo-slow', messages: [{ role: 'user', content: 'hi' }] };
    const headers = {
      authorization: `Bearer ${secret}`,
      'content-type': 'application/json',
      'idempotency-key': name,
    };
    const controller = new AbortController();
    const left = worker.fetch('http://interline.test/v1/chat/completions', {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal: controller.signal,
    });
    // The model takes a second and a half; what was reserved for it shows that it was asked.
    const credits = async () =>
      (await call('GET', `/api/workspaces/${own.id}`, { key: OPERATOR })).body.credits;
    await expect.poll(credits).toBeLessThan(10);
    controller.abort();
    await expect(left).rejects.toThrow();
    const answer = await call('POST', '/v1/chat/completions', { key: secret, body, headers });
    expect(answer.status).toBe(200);
    expect(isReplay(answer)).toBe('true');
    const { body: receipt } = await call('GET', `/v1/generations/${answer.body.id}`, { key: secret });
    expect(receipt.status).toBe('completed');
    await expect.poll(credits).toBeCloseTo(10 - receipt.credits_used, 9);
  });

  it('tells who may not call models so, and gives them nothing that is remembered', async () => {
    const name = newName();
    await chat(name);
    const reader = await newKey(workspace, 'read');
    const ask = (secret: string) =>
      call('POST', '/v1/chat/completions', { key: secret, body: echo, headers: { 'idempotency-key': name } });
    expect(errorOf(await ask(reader.key)).code).toBe('permission_denied');
    expect(errorOf(await ask(OPERATOR)).code).toBe('permission_denied');
    expect(errorOf(await ask('inf_no')).code).toBe('invalid_api_key');
  });

  it('asks nobody else where there is no key, or nothing to repeat', async () => {
    const object = vi.spyOn(bindings.IDEMPOTENCY, 'get');
    expect((await call('POST', '/v1/chat/completions', { key, body: echo })).status).toBe(200);
    const listed = await call('GET', '/v1/models', { key, headers: { 'idempotency-key': newName() } });
    expect(listed.status).toBe(200);
    expect(isReplay(listed)).toBeNull();
    expect(object).not.toHaveBeenCalled();
  });

  it('gives no answer where the object cannot be reached', async () => {
    vi.spyOn(bindings.IDEMPOTENCY, 'get').mockImplementation(() => {
      throw new Error('unreachable');
    });
    expect(errorOf(await chat(newName()))).toMatchObject({ status: 503, code: 'storage_unavailable' });
  });

  it('costs nothing when the object itself dies in the middle, and the next request runs anew', async () => {
    const name = newName();
    const own = await newWorkspace();
    const { key: secret, project } = await newKey(own.id);
    const content = 'one two three four';
    const body = { model: 'demo-slow', messages: [{ role: 'user', content }], stream: true };
    const headers = { 'idempotency-key': name };
    const first = await send('POST', '/v1/chat/completions', { key: secret, body, headers });
    const reader = first.body?.getReader();
    await reader?.read();
    const id = bindings.IDEMPOTENCY.idFromName(`${own.id}/${project}/${name}`);
    const object = bindings.IDEMPOTENCY.get(id);
    await runInDurableObject(object, (_, state) => state.abort('killed')).catch(() => {});
    const rest = async (): Promise<void> => {
      while (!(await reader?.read())?.done);
    };
    await expect(rest()).rejects.toThrow();
    const receiptOf = async (of: Response) =>
      (await call('GET', `/v1/generations/${of.headers.get('x-generation-id')}`, { key: secret })).body;
    await expect.poll(async () => (await receiptOf(first)).status).toBe('failed');
    expect((await receiptOf(first)).credits_used).toBe(0);
    const again = await send('POST', '/v1/chat/completions', { key: secret, body, headers });
    expect(isReplay(again)).toBeNull();
    expect(await again.text()).toContain('four');
    const { credits_used: cost } = await receiptOf(again);
    expect(cost).toBeGreaterThan(0);
    const credits = async () =>
      (await call('GET', `/api/workspaces/${own.id}`, { key: OPERATOR })).body.credits;
    await expect.poll(credits).toBeCloseTo(10 - cost, 9);
  });
});
