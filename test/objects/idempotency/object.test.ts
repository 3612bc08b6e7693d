import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bindings } from '../../../src/env.ts';
import { MAX_ANSWER_BYTES, type Remembered } from '../../../src/objects/idempotency/types.ts';
import { type Answer, call, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';

const bindings = env as unknown as Bindings;
const DAY_MS = 24 * 60 * 60 * 1000;

/** What the provider answers. */
function completion(content: string): Response {
  return Response.json({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'large',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  });
}

let workspace = '';
let owner = { key: '', project: '' };
beforeAll(async () => {
  workspace = (await newWorkspace()).id;
  owner = await newKey(workspace);
  const provider = { base_url: 'https://large.test/v1', wire: 'openai', secret: 'sk-large' };
  await call('PUT', '/api/providers/large', { key: OPERATOR, body: provider });
  const endpoint = { provider: 'large', upstream_model: 'large', price: { input: 1, output: 1 } };
  const model = { kind: 'chat', endpoints: [endpoint] };
  await call('PUT', '/api/models/tests%2Flarge', { key: OPERATOR, body: model });
});
beforeEach(() => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => completion('x'.repeat(1_200_000)));
});
afterEach(() => vi.restoreAllMocks());

const objectOf = (name: string) =>
  bindings.IDEMPOTENCY.get(bindings.IDEMPOTENCY.idFromName(`${workspace}/${owner.project}/${name}`));
const ask = (name: string, content: string, more = {}): Promise<Answer> =>
  call('POST', '/v1/chat/completions', {
    key: owner.key,
    body: { model: 'demo-echo', messages: [{ role: 'user', content }], ...more },
    headers: { 'idempotency-key': name },
  });
const isReplay = ({ headers }: Answer) => headers.get('x-idempotent-replay') === 'true';

const recordOf = (name: string) =>
  runInDurableObject(objectOf(name), (_, { storage }) => storage.kv.get<Remembered>('answer'));
const keysOf = (name: string) =>
  runInDurableObject(objectOf(name), (_, { storage }) => [...storage.kv.list()].map(([key]) => key));
const filesOf = async () => (await bindings.FILES.list({ prefix: `idempotency/${workspace}/` })).objects;

/** Lets what is remembered be as old as a day. */
const age = (name: string) =>
  runInDurableObject(objectOf(name), (_, { storage }) => {
    const record = storage.kv.get<Remembered>('answer');
    if (record) storage.kv.put('answer', { ...record, expiresAt: Date.now() - 1 });
  });

/** Whose answers are larger than a megabyte. */
const LARGE = { model: 'tests/large' };

describe('the object of an idempotency key', () => {
  it('remembers an answer for a day, also when it was put out of memory', async () => {
    const before = Date.now();
    const first = await ask('evicted', 'hello');
    const record = await recordOf('evicted');
    expect(record?.expiresAt).toBeGreaterThanOrEqual(before + DAY_MS);
    expect(record?.expiresAt).toBeLessThanOrEqual(Date.now() + DAY_MS);
    await evictDurableObject(objectOf('evicted'));
    const again = await ask('evicted', 'hello');
    expect(isReplay(again)).toBe(true);
    expect(again.body).toEqual(first.body);
  });

  it('keeps a small body itself, and a large one in R2', async () => {
    await ask('small', 'hello');
    expect(await recordOf('small')).toMatchObject({ kind: 'answer', file: null });
    expect(await filesOf()).toEqual([]);
    const first = await ask('large', 'hello', LARGE);
    await vi.waitFor(async () => expect(await recordOf('large')).toMatchObject({ pieces: [] }));
    expect(await keysOf('large')).toEqual(['answer']);
    const [file] = await filesOf();
    expect(file?.key).toBe(((await recordOf('large')) as { file: string }).file);
    expect(file?.size).toBeGreaterThan(1_200_000);
    const again = await ask('large', 'hello', LARGE);
    expect(isReplay(again)).toBe(true);
    expect(again.body).toEqual(first.body);
  });

  it('forgets after a day: the body, its file and everything else', async () => {
    await ask('forgotten', 'hello', LARGE);
    await vi.waitFor(async () => expect(await recordOf('forgotten')).toMatchObject({ pieces: [] }));
    const { file } = (await recordOf('forgotten')) as { file: string };
    expect(await bindings.FILES.head(file)).not.toBeNull();
    // Too early: it sleeps on.
    expect(await runDurableObjectAlarm(objectOf('forgotten'))).toBe(true);
    expect(await recordOf('forgotten')).toBeDefined();
    await age('forgotten');
    expect(await runDurableObjectAlarm(objectOf('forgotten'))).toBe(true);
    expect(await keysOf('forgotten')).toEqual([]);
    expect(await bindings.FILES.head(file)).toBeNull();
    expect(await runDurableObjectAlarm(objectOf('forgotten'))).toBe(false);
    expect(isReplay(await ask('forgotten', 'now another'))).toBe(false);
  });

  it('does not forget which file is to be deleted when R2 fails', async () => {
    await ask('no-delete', 'hello', LARGE);
    await vi.waitFor(async () => expect(await recordOf('no-delete')).toMatchObject({ pieces: [] }));
    const { file } = (await recordOf('no-delete')) as { file: string };
    await age('no-delete');
    vi.spyOn(bindings.FILES, 'delete').mockRejectedValueOnce(new Error('R2 is down'));
    const alarm = () => runInDurableObject(objectOf('no-delete'), (object) => object.alarm());
    await expect(alarm()).rejects.toThrow('R2 is down');
    await alarm();
    expect(await bindings.FILES.head(file)).toBeNull();
    expect(await keysOf('no-delete')).toEqual([]);
  });

  it('makes an answer anew after a day, though the alarm is late', async () => {
    const first = await ask('late', 'hello', LARGE);
    await vi.waitFor(async () => expect(await recordOf('late')).toMatchObject({ pieces: [] }));
    const { file } = (await recordOf('late')) as { file: string };
    await age('late');
    const other = await ask('late', 'another body');
    expect(isReplay(other)).toBe(false);
    expect(other.body.id).not.toBe(first.body.id);
    expect((await ask('late', 'another body')).body).toEqual(other.body);
    await vi.waitFor(async () => expect(await bindings.FILES.head(file)).toBeNull());
  });

  it('stores nothing of what failed', async () => {
    expect((await ask('failed', 'hello', { model: 'demo-fail' })).status).toBe(502);
    const broken = { model: 'demo-break', stream: true, midstream: 'error' };
    expect((await ask('failed', 'hello', broken)).body).toContain('"finish_reason":"error"');
    await vi.waitFor(async () => expect(await keysOf('failed')).toEqual([]));
  });

  it('keeps a large body where R2 fails', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
    vi.spyOn(bindings.FILES, 'put').mockRejectedValue(new Error('R2 is down'));
    const first = await ask('no-r2', 'hello', LARGE);
    await vi.waitFor(() => expect(warned).toHaveBeenCalled());
    await evictDurableObject(objectOf('no-r2'));
    const again = await ask('no-r2', 'hello', LARGE);
    expect(isReplay(again)).toBe(true);
    expect(again.body).toEqual(first.body);
  });

  it('neither remembers nor owes what is too large, whose repetition is billed', async () => {
    // Large enough to be taken of a provider, and too large with the longer id that it gets here.
    const { length } = await completion('').text();
    const content = 'x'.repeat(MAX_ANSWER_BYTES - length);
    vi.spyOn(globalThis, 'fetch').mockImplementation(async () => completion(content));
    for (let time = 0; time < 2; time++) {
      const answer = await ask('too-large', 'hello', LARGE);
      expect([answer.status, isReplay(answer)]).toEqual([200, false]);
      expect(answer.body.choices[0].message.content.length).toBe(content.length);
      const receipt = await call('GET', `/v1/generations/${answer.body.id}`, { key: owner.key });
      expect(receipt.body.credits_used).toBeGreaterThan(0);
      await vi.waitFor(async () => expect(await keysOf('too-large')).toEqual([]));
    }
  });

  it('deletes what a run had stored in whose middle it was killed', async () => {
    const delta = { index: 0, delta: { content: 'x'.repeat(1_200_000) }, finish_reason: null };
    const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'large' };
    const event = `data: ${JSON.stringify({ ...chunk, choices: [delta] })}\n\n`;
    const endless = new ReadableStream({ start: (out) => out.enqueue(new TextEncoder().encode(event)) });
    vi.spyOn(globalThis, 'fetch').mockImplementation(
      async () => new Response(endless, { headers: { 'content-type': 'text/event-stream' } }),
    );
    const asking = ask('stored', 'hello', { ...LARGE, stream: true }).catch(() => null);
    await expect.poll(() => keysOf('stored')).not.toEqual([]);
    await runInDurableObject(objectOf('stored'), (_, state) => state.abort('killed')).catch(() => {});
    await asking;
    expect((await keysOf('stored'))[0]).toContain('piece/');
    expect(await runDurableObjectAlarm(objectOf('stored'))).toBe(true);
    expect(await keysOf('stored')).toEqual([]);
  });

  it('says nothing of runs that it does not know', async () => {
    const first = await ask('unknown-run', 'hello');
    await objectOf('unknown-run').ended('made-up', false);
    expect(await objectOf('unknown-run').mayBill('made-up', 'told', 'gen_1')).toBe(false);
    expect(await objectOf('unknown-run').begins('made-up', { id: 'gen_1', startedAt: 1 })).toBe(false);
    expect((await ask('unknown-run', 'hello')).body).toEqual(first.body);
  });
});
