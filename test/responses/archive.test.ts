import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../src/env.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { type ArchiveOptions, ResponseArchive } from '../../src/responses/archive.ts';
import { findResponse } from '../../src/responses/find.ts';
import { insertRow } from '../../src/responses/rows.ts';
import { sweepResponses } from '../../src/responses/sweep.ts';

const bindings = env as unknown as Env;
const scope = { workspaceId: 'ws_archive', projectId: 'prj_archive' };
const MB = 1024 * 1024;

beforeEach(() => vi.spyOn(console, 'error').mockImplementation(() => {}));
afterEach(() => vi.restoreAllMocks());

let count = 0;
const newResponse = (more: JsonObject = {}): JsonObject & { id: string } => ({
  id: `resp_archive${++count}`,
  object: 'response',
  created_at: Math.floor(Date.now() / 1000),
  status: 'completed',
  output: [],
  ...more,
});

/** Keeps a response, and waits for what that leaves to do. */
async function keep(response: JsonObject, more: Partial<ArchiveOptions> = {}): Promise<boolean> {
  const pending: Promise<unknown>[] = [];
  const archive = new ResponseArchive({
    env: bindings,
    scope,
    input: () => [{ type: 'message', id: 'msg_1' }],
    asked: false,
    background: false,
    waitUntil: (promise) => void pending.push(promise),
    ...more,
  });
  const kept = await archive.keep(response);
  await Promise.all(pending);
  return kept;
}

const statusOf = async (id: string) =>
  (await bindings.DB.prepare('SELECT status FROM responses WHERE id = ?').bind(id).first())?.status;
const fileOf = (id: string) => bindings.FILES.head(`ws_archive/responses/${id}.json`);

describe('an archive', () => {
  it('keeps a response with the items that it answers', async () => {
    const response = newResponse({ output: [{ id: 'msg_2' }] });
    expect(await keep(response)).toBe(true);
    expect(await findResponse(bindings, scope, response.id)).toMatchObject({
      response,
      input: [{ type: 'message', id: 'msg_1' }],
    });
  });

  it('keeps it for its time, whatever its provider takes for the time', async () => {
    const response = newResponse({ created_at: 1 });
    await keep(response);
    expect(await findResponse(bindings, scope, response.id)).toMatchObject({ response });
  });

  it('does not keep what is larger than 32 MB, and leaves nothing of it', async () => {
    const response = newResponse();
    const input = () => [{ type: 'message', id: 'msg_1', content: 'x'.repeat(33 * MB) }];
    expect(await keep(response, { input })).toBe(false);
    expect(await statusOf(response.id)).toBeUndefined();
    expect(await fileOf(response.id)).toBeNull();
  });

  it('waits for storage no longer than ten seconds, and then keeps nothing', async () => {
    const response = newResponse();
    const { put } = bindings.FILES;
    const release = Promise.withResolvers<void>();
    vi.spyOn(bindings.FILES, 'put').mockImplementation((async (...args: Parameters<typeof put>) => {
      await release.promise;
      return await put.apply(bindings.FILES, args);
    }) as never);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const pending: Promise<unknown>[] = [];
      const waitUntil = (promise: Promise<unknown>) => void pending.push(promise);
      const archive = new ResponseArchive({
        ...{ env: bindings, scope, asked: false, background: false },
        input: () => [],
        waitUntil,
      });
      const keeping = archive.keep(response);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(await keeping).toBe(false);
      release.resolve();
      await Promise.all(pending);
    } finally {
      vi.useRealTimers();
    }
    expect(await fileOf(response.id)).toBeNull();
    expect(await statusOf(response.id)).toBeUndefined();
  });

  it('writes how a response of the background ended, but not over another end', async () => {
    const response = newResponse({ background: true });
    await insertRow(bindings, scope, { ...response, status: 'in_progress' });
    expect(await keep(response, { background: true })).toBe(true);
    expect(await statusOf(response.id)).toBe('completed');
    expect(await keep({ ...response, status: 'failed' }, { background: true })).toBe(false);
    expect(await statusOf(response.id)).toBe('completed');
  });

  it('says of a response of the background that could not be kept that it failed', async () => {
    const response = newResponse({ background: true });
    await insertRow(bindings, scope, { ...response, status: 'in_progress' });
    vi.spyOn(bindings.FILES, 'put').mockRejectedValue(new Error('R2 is down'));
    expect(await keep(response, { background: true })).toBe(false);
    expect(await statusOf(response.id)).toBe('failed');
  });

  it('leaves nothing of a response of the background that was deleted meanwhile', async () => {
    const response = newResponse({ background: true });
    expect(await keep(response, { background: true })).toBe(false);
    expect(await fileOf(response.id)).toBeNull();
  });
});

describe('the clock', () => {
  it('deletes what has expired, more than one batch of it, and nothing else', async () => {
    const now = Date.now();
    const kept = newResponse();
    await keep(kept);
    const old = Array.from({ length: 120 }, () => newResponse());
    for (const response of old) await insertRow(bindings, scope, response, now - 31 * 86_400_000);
    const [first] = old;
    await bindings.FILES.put(`ws_archive/responses/${first?.id}.json`, '{}');
    expect(await sweepResponses(bindings, now)).toBe(120);
    expect(await statusOf(first?.id ?? '')).toBeUndefined();
    expect(await fileOf(first?.id ?? '')).toBeNull();
    expect(await statusOf(kept.id)).toBe('completed');
    expect(await sweepResponses(bindings, now)).toBe(0);
  });

  it('keeps the rows of what R2 does not delete', async () => {
    const response = newResponse();
    await insertRow(bindings, scope, response, 1);
    vi.spyOn(bindings.FILES, 'delete').mockRejectedValueOnce(new Error('R2 is down'));
    await expect(sweepResponses(bindings, Date.now())).rejects.toThrow('R2 is down');
    expect(await statusOf(response.id)).toBe('completed');
    expect(await sweepResponses(bindings, Date.now())).toBe(1);
  });
});
