import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../../src/env.ts';
import { refreshRegistry } from '../../../src/registry/load.ts';
import { syncRegistry } from '../../../src/registry/sync/sync.ts';
import { call, OPERATOR } from '../../support/gateway.ts';
import {
  BASE,
  base,
  baseModel,
  bindings,
  CANONICAL,
  emptyRegistry,
  everything,
  listedModel,
} from './world.ts';

const SECRET = 'sk-canary-3f9a';
const OPENAI = 'https://api.openai.com/v1/models';
const ANTHROPIC = 'https://api.anthropic.com/v1/models?limit=1000';
const GOOGLE = 'https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000';
const KEYED: Env = { ...bindings, OPENAI_API_KEY: SECRET };

type Answer = object | string | number | ((headers: Headers) => Response);

/** The base with models of OpenAI's, Anthropic's and Google's, and what else is answered. */
function fetcherOf(answers: Record<string, Answer>, openai = ['gpt-9', 'gpt-8', 'gpt-7']) {
  const price = { input: 1, output: 2 };
  const world: Record<string, Answer> = {
    [BASE]: base({
      openai: openai.map((id) => baseModel(id, price)),
      anthropic: ['claude-nine-1', 'claude-eight-20250101'].map((id) => baseModel(id, price)),
      google: ['gemini-9-pro', 'gemini-8-pro'].map((id) => baseModel(id, price)),
    }),
    [CANONICAL]: { data: [listedModel('openai/gpt-9', '0.000001', '0.000002')] },
    ...answers,
  };
  const sent: { url: string; headers: Headers }[] = [];
  const fetcher = (url: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    sent.push({ url, headers });
    const answer = world[url] ?? 404;
    if (typeof answer === 'function') return Promise.resolve(answer(headers));
    if (typeof answer === 'number') return Promise.resolve(new Response('no', { status: answer }));
    return Promise.resolve(new Response(typeof answer === 'string' ? answer : JSON.stringify(answer)));
  };
  return { fetcher, sent };
}

const listOf = (...ids: string[]) => ({ object: 'list', data: ids.map((id) => ({ id, object: 'model' })) });

const sync = (env: Env, answers: Record<string, Answer>, openai?: string[], believed: string[] = []) =>
  syncRegistry(env, 'operator', { fetcher: fetcherOf(answers, openai).fetcher, believed });

const served = async (provider: string): Promise<string[]> => {
  const registry = await refreshRegistry(bindings);
  return registry.models.flatMap(({ id }) =>
    registry
      .endpoints(id)
      .flatMap((endpoint) => (endpoint.provider === provider ? endpoint.upstreamModel : [])),
  );
};

beforeEach(emptyRegistry);

describe('a provider’s own list', () => {
  it('is not asked for without a credential', async () => {
    const { fetcher, sent } = fetcherOf({ [OPENAI]: listOf('gpt-9') });
    const report = await syncRegistry(bindings, 'operator', { fetcher });
    expect(sent.map(({ url }) => url)).not.toContain(OPENAI);
    expect(report.unlisted).toEqual([]);
    expect(await served('openai')).toEqual(['gpt-7', 'gpt-8', 'gpt-9']);
  });

  it('retires what it does not have, tells what the base does not, and adds none of that', async () => {
    await sync(KEYED, { [OPENAI]: listOf('gpt-9', 'gpt-8', 'gpt-7') });
    const report = await sync(KEYED, { [OPENAI]: listOf('gpt-9', 'gpt-8', 'gpt-10', 'ft:gpt-9:me') });
    expect(report.changes).toEqual([{ kind: 'endpoint.vanished', endpoint: 'openai/gpt-7@openai' }]);
    expect(report.unlisted).toEqual(['openai:ft:gpt-9:me', 'openai:gpt-10']);
    expect(report.sources).toContainEqual({ source: 'openai', state: 'read', entries: 4, error: null });
    expect(await served('openai')).toEqual(['gpt-8', 'gpt-9']);
    expect((await sync(KEYED, { [OPENAI]: listOf('gpt-9', 'gpt-8') })).applied).toBe(false);
    const back = await sync(KEYED, { [OPENAI]: listOf('gpt-9', 'gpt-8', 'gpt-7') });
    expect(back.counts).toEqual({ 'endpoint.returned': 1 });
  });

  it('names a model by a dated snapshot or an alias too, and need not name what moves', async () => {
    const openai = ['gpt-9', 'gpt-8', 'gpt-9-chat-latest', 'gpt-7', 'gpt-6-2026-01-02'];
    const list = {
      data: [{ id: 'gpt-9-2026-03-04' }, { id: 'gpt-8-0102', aliases: ['gpt-7'] }, { id: 'gpt-6' }],
    };
    await sync(KEYED, { [OPENAI]: list }, openai);
    expect(await served('openai')).toEqual(['gpt-7', 'gpt-8', 'gpt-9', 'gpt-9-chat-latest']);
  });

  it.each<[string, Answer, string | null]>([
    ['is empty', { data: [] }, 'no models'],
    ['is garbled', '{"data":[{"id":"gpt-', 'no JSON'],
    ['has another shape', { data: [{ id: 'gpt-9' }, { id: 7 }, null] }, '2 models are unreadable'],
    ['is one page of several', { ...listOf('gpt-9', 'gpt-8'), has_more: true }, 'more than one page'],
    ['goes on', { models: [{ name: 'models/gpt-9' }], nextPageToken: 'x' }, 'more than one page'],
    ['refuses the credential', 401, 'HTTP 401'],
    ['leads elsewhere', 302, 'HTTP 302'],
    ['is too large', `{"data":"${'x'.repeat(4 * 1024 * 1024)}"}`, 'larger than 4194304 bytes'],
  ])('retires nothing when it %s', async (_what, answer, error) => {
    await sync(bindings, {});
    const before = await everything();
    const report = await sync(KEYED, { [OPENAI]: answer });
    expect(report).toMatchObject({ applied: false, changes: [], unlisted: [] });
    expect(report.sources).toContainEqual({ source: 'openai', state: 'failed', entries: 0, error });
    expect(await everything()).toBe(before);
  });

  it('is doubted when it lacks more than two thirds, unless the operator says so', async () => {
    const openai = ['gpt-9', 'gpt-8', 'gpt-7', 'gpt-6'];
    await sync(bindings, {}, openai);
    const before = await everything();
    const doubted = await sync(KEYED, { [OPENAI]: listOf('gpt-9', 'else') }, openai);
    expect(doubted.changes).toEqual([{ kind: 'provider.doubted', provider: 'openai', vanished: 3 }]);
    expect(doubted.unlisted).toEqual([]);
    expect(await everything()).toBe(before);
    await sync(KEYED, { [OPENAI]: listOf('gpt-9', 'else') }, openai, ['openai']);
    expect(await served('openai')).toEqual(['gpt-9']);
  });

  it('of two thirds less is believed, be it at the first sync', async () => {
    await sync(KEYED, { [OPENAI]: listOf('gpt-9') });
    expect(await served('openai')).toEqual(['gpt-9']);
  });

  it('is read in each wire’s shape', async () => {
    const env: Env = {
      ...bindings,
      ANTHROPIC_API_KEY: 'sk-ant-1',
      GEMINI_API_KEY: 'AIza-1',
      TOGETHER_API_KEY: 't',
    };
    const { fetcher, sent } = fetcherOf({
      [ANTHROPIC]: { data: [{ type: 'model', id: 'claude-nine-1-20260101' }], has_more: false, last_id: 'x' },
      [GOOGLE]: { models: [{ name: 'models/gemini-9-pro', displayName: 'Gemini 9 Pro' }] },
      'https://api.together.xyz/v1/models': [{ id: 'some/model' }],
    });
    const report = await syncRegistry(env, 'operator', { fetcher });
    expect(await served('anthropic')).toEqual(['claude-nine-1']);
    expect(await served('google')).toEqual(['gemini-9-pro']);
    expect(report.unlisted).toEqual(['together:some/model']);
    const headersOf = (asked: string) => sent.find(({ url }) => url === asked)?.headers;
    expect(headersOf(ANTHROPIC)?.get('x-api-key')).toBe('sk-ant-1');
    expect(headersOf(ANTHROPIC)?.get('anthropic-version')).toBe('2023-06-01');
    expect(headersOf(GOOGLE)?.get('x-goog-api-key')).toBe('AIza-1');
  });
});

describe('the credential', () => {
  it('goes to its provider alone, and into no answer and no log', async () => {
    const logs = (['log', 'warn', 'error'] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => {}),
    );
    const mirror = (headers: Headers) => new Response(headers.get('authorization'), { status: 403 });
    const { fetcher, sent } = fetcherOf({ [OPENAI]: mirror });
    const report = await syncRegistry(KEYED, 'operator', { fetcher });
    const carriers = sent.filter(({ url, headers }) => `${url}${[...headers].join()}`.includes(SECRET));
    expect(carriers.map(({ url }) => url)).toEqual([OPENAI]);
    expect(carriers[0]?.headers.get('authorization')).toBe(`Bearer ${SECRET}`);
    expect(JSON.stringify(report)).not.toContain(SECRET);
    expect(JSON.stringify(logs.flatMap((log) => log.mock.calls))).not.toContain(SECRET);
    expect(await everything()).not.toContain(SECRET);
    for (const log of logs) log.mockRestore();
  });

  it('may be any of those that the operator stored: what one of them may call is served', async () => {
    // Storing one asks the provider about it.
    const network = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('no network'));
    const path = '/api/providers/openai/credentials';
    const add = (secret: string) => call('POST', path, { key: OPERATOR, body: { secret } });
    const added = [await add('sk-stored-one-1'), await add('sk-stored-two-2')];
    network.mockRestore();
    expect(added.map(({ status }) => status)).toEqual([201, 201]);
    const lists: Record<string, object> = {
      'Bearer sk-stored-one-1': listOf('gpt-9'),
      'Bearer sk-stored-two-2': listOf('gpt-8'),
    };
    await sync(KEYED, {
      [OPENAI]: (headers) => Response.json(lists[headers.get('authorization') ?? ''] ?? { error: 'who?' }),
    });
    expect(await served('openai')).toEqual(['gpt-8', 'gpt-9']);
    for (const { body } of added) await call('DELETE', `${path}/${body.id}`, { key: OPERATOR });
  });
});
