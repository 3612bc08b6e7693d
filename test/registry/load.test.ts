import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../src/env.ts';
import { CATALOGUE } from '../../src/registry/catalogue/version.ts';
import { FRESH_MS, forgetRegistry, loadRegistry, refreshRegistry } from '../../src/registry/load.ts';
import { call, OPERATOR } from '../support/gateway.ts';

const bindings = env as unknown as Env;

const broken = new Proxy(
  {},
  {
    get: () => () => {
      throw new Error('storage is away');
    },
  },
);
const without = (...names: ('DB' | 'SNAPSHOTS')[]): Env =>
  new Proxy(bindings, {
    get: (target, name) => (names.includes(name as 'DB') ? broken : target[name as string]),
  });

/** Loads, and waits for what goes on in the background. */
async function load(on: Env = bindings) {
  const background: Promise<unknown>[] = [];
  const registry = await loadRegistry(on, (promise) => background.push(promise));
  await Promise.all(background);
  return registry;
}

beforeEach(() => {
  forgetRegistry();
  vi.useRealTimers();
});

describe('the registry', () => {
  it('is the shipped catalogue at first, by the names that people use', async () => {
    const registry = await load();
    const idOf = (name: string) => registry.find(name)?.id;
    expect(registry.catalogue).toBe(CATALOGUE.revision);
    expect(idOf('gpt-4o')).toBe('openai/gpt-4o');
    expect(idOf('claude-sonnet-4-5')).toMatch(/^anthropic\/claude-sonnet-4[.-]5$/);
    for (const name of ['gemini-2-5-flash', 'gemini-2.5-flash', 'google/gemini-2.5-flash']) {
      expect(idOf(name)).toBe('google/gemini-2.5-flash');
    }
    expect(idOf('Qwen/Qwen3-Max')).toBe('qwen/qwen3-max');
    expect(idOf('demo-echo')).toBe('demo/echo');
  });

  it('knows the prices of its endpoints exactly, first-party endpoints first', async () => {
    const registry = await load();
    const [first] = registry.endpoints('openai/gpt-4o');
    expect(first).toMatchObject({
      provider: 'openai',
      upstreamModel: 'gpt-4o',
      // 2.50, 10.00 and 1.25 USD per 1M tokens.
      price: { input: 2_500_000_000, output: 10_000_000_000, cachedInput: 1_250_000_000 },
    });
    expect(first?.priceVersion).toContain('openai/gpt-4o@openai');
    expect(registry.endpoints('openai/no-such')).toEqual([]);
  });

  it('comes from memory without a promise, and without storage', async () => {
    const first = await load();
    const again = loadRegistry(without('DB', 'SNAPSHOTS'), () => {
      throw new Error('nothing is to be done in the background');
    });
    expect(again).toBe(first);
  });

  it('comes from KV when D1 is away, and from D1 when KV is away or holds nonsense', async () => {
    const { version } = await load();
    forgetRegistry();
    expect((await load(without('DB'))).version).toBe(version);
    forgetRegistry();
    expect((await load(without('SNAPSHOTS'))).version).toBe(version);
    forgetRegistry();
    await bindings.SNAPSHOTS.put('registry:data', '{"version":99');
    expect((await load()).version).toBe(version);
  });

  it('is 503 when nothing is held and storage is away, and is served on when something is', async () => {
    await expect(load(without('DB', 'SNAPSHOTS'))).rejects.toMatchObject({ code: 'registry_unavailable' });
    vi.useFakeTimers({ toFake: ['Date'] });
    const held = await load();
    vi.setSystemTime(Date.now() + 100 * FRESH_MS);
    expect(await load(without('DB', 'SNAPSHOTS'))).toBe(held);
  });

  it('learns of a change made elsewhere within ten seconds of use', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    await load();
    const before = await load();
    await call('PUT', '/api/providers/elsewhere', {
      key: OPERATOR,
      body: { base_url: 'https://elsewhere.example', wire: 'openai' },
    });
    // The Worker under test shares this isolate, so what it has learned is undone first.
    const changed = await load();
    expect(changed.provider('elsewhere')).toBeDefined();
    forgetRegistry();
    await bindings.SNAPSHOTS.put('registry:data', JSON.stringify({ ...emptyData, version: before.version }));
    const stale = await load();
    expect(stale.provider('elsewhere')).toBeUndefined();
    vi.setSystemTime(Date.now() + FRESH_MS - 1);
    expect(await load()).toBe(stale);
    vi.setSystemTime(Date.now() + 1);
    await load();
    expect((await load()).provider('elsewhere')).toBeDefined();
  });

  it('is imported once: a second import changes no price and no endpoint', async () => {
    const first = await refreshRegistry(bindings);
    await bindings.DB.prepare("UPDATE registry_state SET value = '0' WHERE name = 'catalogue'").run();
    const second = await refreshRegistry(bindings);
    expect(second.version).toBeGreaterThan(first.version);
    expect(second.models).toEqual(first.models);
    for (const model of first.models) expect(second.endpoints(model.id)).toEqual(first.endpoints(model.id));
  });

  it('is loaded once by the first requests of an isolate, however many come at once', async () => {
    const imports = async () =>
      (
        await bindings.DB.prepare(
          "SELECT count(*) AS n FROM audit_log WHERE action = 'catalogue.import'",
        ).first<{ n: number }>()
      )?.n ?? 0;
    await load();
    const before = await imports();
    await bindings.DB.prepare("UPDATE registry_state SET value = '0' WHERE name = 'catalogue'").run();
    await bindings.SNAPSHOTS.delete('registry:data');
    forgetRegistry();
    const loaded = await Promise.all(Array.from({ length: 30 }, () => load()));
    expect(new Set(loaded).size).toBe(1);
    expect(await imports()).toBe(before + 1);
  });

  it('makes a new version of a shipped price that changed, and retires endpoints that are gone', async () => {
    const id = 'openai/gpt-4o@openai';
    await load();
    await bindings.DB.batch([
      bindings.DB.prepare('UPDATE prices SET price = \'{"input":1,"output":1}\' WHERE endpoint_id = ?').bind(
        id,
      ),
      bindings.DB.prepare(
        `INSERT INTO endpoints (id, model_id, provider_id, upstream_model, regions, capabilities, rank, source, updated_at)
         VALUES ('openai/gpt-4o@old', 'openai/gpt-4o', 'old', 'x', '[]', '{}', 0, 'catalogue', 0)`,
      ),
      bindings.DB.prepare("UPDATE registry_state SET value = '0' WHERE name = 'catalogue'"),
    ]);
    const registry = await refreshRegistry(bindings);
    const endpoints = registry.endpoints('openai/gpt-4o');
    expect(endpoints.find((endpoint) => endpoint.id === id)?.price?.input).toBe(2_500_000_000);
    expect(endpoints.map((endpoint) => endpoint.provider)).not.toContain('old');
    const rows = await bindings.DB.prepare('SELECT count(*) AS n FROM prices WHERE endpoint_id = ?')
      .bind(id)
      .first();
    expect(rows?.n).toBe(2);
  });
});

const emptyData = {
  catalogue: CATALOGUE.revision,
  providers: [],
  credentials: [],
  models: [],
  endpoints: [],
  aliases: {},
};
