import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../../src/env.ts';
import { createFile } from '../../../src/files/create.ts';
import { BackgroundObject } from '../../../src/objects/background/object.ts';
import { Run } from '../../../src/objects/runs/run.ts';
import { isReplay, loseOne, newOnce } from '../../support/once.ts';
import { checkResponseEvents, responseEvents } from '../../support/response-events.ts';

const bindings = env as unknown as Env;

afterEach(() => vi.restoreAllMocks());

const input = 'one two three';

describe('a response of the background', () => {
  const body = { model: 'demo-slow', input, background: true };
  const statusOf = (once: Awaited<ReturnType<typeof newOnce>>, id: string) =>
    expect.poll(async () => (await once.get(`/v1/responses/${id}`)).body.status, { timeout: 10_000 });

  it('is begun once, though the object of its key was killed while its events came', async () => {
    const once = await newOnce();
    const first = await once.open('/v1/responses', { ...body, stream: true });
    const reader = first.body?.getReader();
    await reader?.read();
    await once.kill();
    await expect(reader?.read().then(() => reader.read())).rejects.toThrow();
    const again = await once.open('/v1/responses', { ...body, stream: true });
    expect([again.status, isReplay(again)]).toEqual([200, true]);
    expect(again.headers.get('x-generation-id')).toBe(first.headers.get('x-generation-id'));
    const sse = await again.text();
    checkResponseEvents(responseEvents(sse));
    expect(sse).toContain('response.completed');
    const last = await once.ask('/v1/responses', { ...body, stream: true });
    expect([isReplay(last), last.body === sse]).toEqual([true, true]);
    await once.untilCharged((await once.costOf(first)) ?? 0);
  });

  it('is begun once, though its client leaves for long before its first event', async () => {
    const once = await newOnce();
    await once.impatient();
    const leave = vi.spyOn(Run.prototype, 'leave');
    const controller = new AbortController();
    const left = once.open('/v1/responses', { ...body, stream: true }, controller.signal);
    await expect.poll(() => once.idsOfResponses()).toHaveLength(1);
    const [id] = await once.idsOfResponses();
    controller.abort();
    await left.catch(() => {});
    await expect.poll(() => leave.mock.calls.length).toBeGreaterThan(0);
    const again = await once.open('/v1/responses', { ...body, stream: true });
    expect([again.status, isReplay(again)]).toEqual([200, true]);
    checkResponseEvents(responseEvents(await again.text()));
    expect(await once.idsOfResponses()).toEqual([id]);
    await once.untilCharged((await once.costOf(again)) ?? 0);
  });

  it.each(['before', 'after'])('is begun once, though it was killed %s the run began', async (when) => {
    const once = await newOnce();
    const { fetch } = BackgroundObject.prototype;
    const killed = Promise.withResolvers<void>();
    let isWaiting = false;
    const spied = vi.spyOn(BackgroundObject.prototype, 'fetch');
    spied.mockImplementationOnce(async function (this: BackgroundObject, request) {
      if (when === 'after') await fetch.call(this, request);
      isWaiting = true;
      await killed.promise;
      return new Response(null, { status: 202 });
    });
    const lost = once.ask('/v1/responses', body).catch(() => null);
    await expect.poll(() => isWaiting).toBe(true);
    await once.kill();
    await lost;
    spied.mockRejectedValueOnce(new Error('unreachable'));
    expect((await once.ask('/v1/responses', body)).status).toBe(503);
    const again = await once.ask('/v1/responses', body);
    expect(again).toMatchObject({ status: 200, body: { status: 'queued', background: true } });
    await statusOf(once, again.body.id).toBe('completed');
    expect(await once.idsOfResponses()).toEqual([again.body.id]);
    expect((await once.ask('/v1/responses', body)).body).toEqual(again.body);
    await expect.poll(once.charges).toHaveLength(1);
    killed.resolve();
  });

  it('of which it is not known whether it began has not, and costs nothing', async () => {
    const once = await newOnce();
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const { fetch } = BackgroundObject.prototype;
    const spied = vi.spyOn(BackgroundObject.prototype, 'fetch');
    spied.mockImplementationOnce(async function (this: BackgroundObject, request) {
      await fetch.call(this, request);
      throw new Error('unreachable');
    });
    const first = await once.ask('/v1/responses', body);
    expect([first.status, first.body.error.code]).toEqual([503, 'storage_unavailable']);
    const again = await once.ask('/v1/responses', body);
    expect([again.status, isReplay(again)]).toEqual([200, false]);
    await statusOf(once, again.body.id).toBe('completed');
    await once.untilSettled(again);
    expect(await once.charges()).toHaveLength(1);
  });

  it('that cannot begin is not remembered', async () => {
    const once = await newOnce();
    const failing = { ...body, model: 'demo-fail', stream: true };
    const ids = new Set<string | null>();
    for (let time = 0; time < 2; time++) {
      const answer = await once.ask('/v1/responses', failing);
      expect(answer.status).toBe(502);
      ids.add(answer.body.error.request_id);
    }
    expect(ids.size).toBe(2);
    expect((await once.ask('/v1/responses', body)).status).toBe(200);
  });
});

describe('a batch', () => {
  it('is made once, though what was said of it is not remembered', async () => {
    const once = await newOnce();
    async function* lines(): AsyncGenerator<Uint8Array> {
      yield new TextEncoder().encode('\n');
    }
    const author = { workspaceId: once.workspace, projectId: once.project, actor: 'tests' };
    const content = { purpose: 'batch', filename: 'in.jsonl', contentType: 'application/jsonl' } as const;
    const { id } = await createFile(bindings, author, content, lines());
    const body = { input_file_id: id, endpoint: '/v1/embeddings', completion_window: '24h' };
    const lost = loseOne();
    const first = await once.ask('/v1/batches', body);
    expect([first.status, lost.mock.calls.length]).toEqual([200, 1]);
    const again = await once.ask('/v1/batches', body);
    expect([again.status, isReplay(again), again.body.id]).toEqual([200, true, first.body.id]);
  });

  it('that is refused is not remembered', async () => {
    const once = await newOnce();
    const body = { input_file_id: 'file-none', endpoint: '/v1/embeddings', completion_window: '24h' };
    expect((await once.ask('/v1/batches', body)).status).toBe(404);
    // Also another request may take the key then.
    const other = await once.ask('/v1/batches', { ...body, endpoint: '/v1/responses' });
    expect(other.status).toBe(404);
  });
});
