import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Bindings } from '../../../src/env.ts';
import { IdempotencyObject } from '../../../src/objects/idempotency/object.ts';
import { isReplay, loseOne, newOnce } from '../../support/once.ts';

const bindings = env as unknown as Bindings;
afterEach(() => vi.restoreAllMocks());

const text = 'one two three';
const messages = [{ role: 'user', content: text }];
const input = text;
const LONG = Array.from({ length: 200 }, (_, index) => `word${index}`).join(' ');

describe('an answer that was billed and is not remembered', () => {
  it.each([
    ['/v1/chat/completions', { model: 'demo-echo', messages }],
    ['/v1/chat/completions', { model: 'demo-echo', messages, stream: true }],
    ['/v1/messages', { model: 'demo-echo', messages, max_tokens: 50, stream: true }],
    ['/v1/responses', { model: 'demo-echo', input }],
    ['/v1/responses', { model: 'demo-echo', input, stream: true }],
    ['/v1/completions', { model: 'demo-echo', prompt: text }],
    ['/v1/embeddings', { model: 'demo-embed', input }],
    ['/v1/audio/speech', { model: 'demo-speech', input, voice: 'alloy', stream_format: 'sse' }],
  ])('is made anew for nothing: %s %o', async (path, body) => {
    const once = await newOnce();
    const lost = loseOne();
    const first = await once.ask(path, body);
    expect(lost).toHaveBeenCalledTimes(1);
    expect(first.status).toBe(200);
    const cost = (await once.costOf(first)) ?? 0;
    expect(cost).toBeGreaterThan(0);
    await once.untilCharged(cost);
    lost.mockImplementationOnce(() => {
      throw new Error('Storage is still full');
    });
    expect(await once.costOf(await once.ask(path, body))).toBe(0);
    const again = await once.ask(path, body);
    expect([again.status, isReplay(again)]).toEqual([200, false]);
    expect(await once.costOf(again)).toBe(0);
    const third = await once.ask(path, body);
    expect(isReplay(third)).toBe(true);
    expect(third.body).toEqual(again.body);
    await once.untilCharged(cost);
  });

  it('is owed also when making it anew fails', async () => {
    const once = await newOnce();
    loseOne();
    const body = { model: 'demo-slow', messages, stream: true };
    const cost = (await once.costOf(await once.ask('/v1/chat/completions', body))) ?? 0;
    await once.untilCharged(cost);
    const second = await once.open('/v1/chat/completions', body);
    await second.body?.getReader().read();
    await once.kill();
    const third = await once.ask('/v1/chat/completions', body);
    expect([isReplay(third), await once.costOf(third)]).toEqual([false, 0]);
    await once.untilCharged(cost);
  });

  it.each([false, true])('as its object was killed while it was stored; stream: %s', async (stream) => {
    const once = await newOnce();
    const body = { model: 'demo-echo', input, stream };
    // The provider is done and paid, and the last words wait for storage.
    const { promise, resolve } = Promise.withResolvers<void>();
    const { put } = bindings.FILES;
    vi.spyOn(bindings.FILES, 'put').mockImplementationOnce((async (...args: Parameters<typeof put>) => {
      await promise;
      return await put.apply(bindings.FILES, args);
    }) as never);
    const opening = once.open('/v1/responses', body);
    const before = stream ? await opening : null;
    const reading = stream ? before?.text() : opening;
    await expect.poll(once.charges).toHaveLength(1);
    await once.kill();
    resolve();
    await reading?.catch(() => {});
    const again = await once.ask('/v1/responses', body);
    expect([again.status, isReplay(again), await once.costOf(again)]).toEqual([200, false, 0]);
    await once.untilSettled(again);
    expect(await once.charges()).toHaveLength(1);
  });
});

describe('an answer that a limit of its request has cut', () => {
  it('is billed as far as it went, and replayed so', async () => {
    const once = await newOnce();
    const body = {
      model: 'demo-slow',
      messages: [{ role: 'user', content: LONG }],
      stream: true,
      policy: { total_ms: 2_000 },
    };
    const first = await once.ask('/v1/chat/completions', body);
    expect(first.body).toContain('"finish_reason":"error"');
    const cost = (await once.costOf(first)) ?? 0;
    expect(cost).toBeGreaterThan(0);
    const again = await once.ask('/v1/chat/completions', body);
    expect([again.status, isReplay(again)]).toEqual([200, true]);
    expect(again.body).toBe(first.body);
    await once.untilCharged(cost);
  });
});

describe('a request that was given up', () => {
  const body = { model: 'demo-slow', messages: [{ role: 'user', content: LONG }], stream: true };
  const leave = async (once: Awaited<ReturnType<typeof newOnce>>) => {
    await once.impatient();
    const response = await once.open('/v1/chat/completions', body);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    return response.headers.get('x-generation-id');
  };

  it('is spent before it is billed', async () => {
    const once = await newOnce();
    // Nothing that is said after that arrives.
    vi.spyOn(IdempotencyObject.prototype, 'ended').mockRejectedValue(new Error('unreachable'));
    const id = await leave(once);
    await expect.poll(once.charges).toHaveLength(1);
    await once.kill();
    const again = await once.ask('/v1/chat/completions', body);
    expect([again.status, again.body.error.code]).toEqual([409, 'idempotency_key_spent']);
    expect(again.headers.get('x-generation-id')).toBe(id);
  });

  it('costs nothing where its object dies before it agrees to that, and is made anew', async () => {
    const once = await newOnce();
    vi.spyOn(IdempotencyObject.prototype, 'mayBill').mockRejectedValueOnce(new Error('unreachable'));
    const id = await leave(once);
    const { get } = once;
    await expect.poll(async () => (await get(`/v1/generations/${id}`)).body.status).toBe('failed');
    await once.kill();
    const again = await once.open('/v1/chat/completions', body);
    expect([again.status, isReplay(again)]).toEqual([200, false]);
    expect(await once.charges()).toEqual([]);
    await again.body?.cancel();
  });
});
