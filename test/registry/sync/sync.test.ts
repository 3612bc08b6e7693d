import { beforeEach, describe, expect, it, vi } from 'vitest';
import { refreshRegistry } from '../../../src/registry/load.ts';
import { syncRegistry, syncWhenDue } from '../../../src/registry/sync/sync.ts';
import { call, errorOf, OPERATOR } from '../../support/gateway.ts';
import {
  BASE,
  base,
  baseModel,
  bindings,
  CANONICAL,
  DEEPINFRA,
  emptyRegistry,
  everything,
  fetcherOf,
  listedModel,
  ownModel,
  type World,
} from './world.ts';

/** A vendor's own model, and an open one at a host and at the reseller. USD per 1M tokens. */
function world(): World {
  return {
    [BASE]: base({
      openai: [baseModel('gpt-9', { input: 2.5, output: 10, cache_read: 0.25 }, { open_weights: false })],
      deepinfra: [baseModel('Qwen/Qwen9-Max', { input: 0.4, output: 1.2 })],
      openrouter: [baseModel('qwen/qwen9-max', { input: 0.5, output: 1.5 })],
    }),
    [CANONICAL]: {
      data: [
        listedModel('openai/gpt-9', '0.0000025', '0.00001'),
        listedModel('qwen/qwen9-max', '0.0000005', '0.0000015'),
      ],
    },
    [DEEPINFRA]: { object: 'list', data: [ownModel('Qwen/Qwen9-Max', 0.4, 1.2)] },
  };
}

const sync = (of: World, options: object = {}) =>
  syncRegistry(bindings, 'operator', { fetcher: fetcherOf(of).fetcher, ...options });

const endpointOf = async (id: string) => {
  const registry = await refreshRegistry(bindings);
  return registry.endpoints(id.slice(0, id.indexOf('@'))).find((endpoint) => endpoint.id === id);
};

const QWEN = 'qwen/qwen9-max@deepinfra';
const LISTED_QWEN = `${CANONICAL}/qwen/qwen9-max/endpoints`;

/** The world with another price of the open model at its host. */
function priced(input: number, output: number): World {
  const changed = world();
  changed[BASE] = base({
    openai: [baseModel('gpt-9', { input: 2.5, output: 10, cache_read: 0.25 }, { open_weights: false })],
    deepinfra: [baseModel('Qwen/Qwen9-Max', { input, output })],
    openrouter: [baseModel('qwen/qwen9-max', { input: 0.5, output: 1.5 })],
  });
  changed[DEEPINFRA] = { object: 'list', data: [ownModel('Qwen/Qwen9-Max', input, output)] };
  return changed;
}

beforeEach(emptyRegistry);

describe('a first sync', () => {
  it('tells everything without writing in a dry run', async () => {
    const before = await everything();
    const report = await sync(world(), { dryRun: true });
    expect(report.applied).toBe(false);
    expect(report.sources).toEqual([
      { source: 'base', state: 'read', entries: 3, error: null },
      { source: 'canonical', state: 'read', entries: 2, error: null },
      { source: 'deepinfra', state: 'read', entries: 1, error: null },
    ]);
    expect(report.counts).toEqual({ 'model.new': 2, 'endpoint.new': 4, 'price.changed': 4 });
    expect(await everything()).toBe(before);
  });

  it('brings models, endpoints in the provider’s casing and exact prices', async () => {
    expect((await sync(world())).applied).toBe(true);
    const registry = await refreshRegistry(bindings);
    expect(registry.find('gpt-9')).toMatchObject({ id: 'openai/gpt-9', vendor: 'openai', kind: 'chat' });
    expect(registry.find('Qwen/Qwen9-Max')?.id).toBe('qwen/qwen9-max');
    expect(registry.endpoints('qwen/qwen9-max')).toMatchObject([
      {
        id: QWEN,
        upstreamModel: 'Qwen/Qwen9-Max',
        price: { input: 400_000_000, output: 1_200_000_000 },
        capabilities: { tools: true },
      },
      { provider: 'openrouter', upstreamModel: 'qwen/qwen9-max', price: { input: 500_000_000 } },
    ]);
    expect(registry.endpoints('openai/gpt-9').map(({ provider, price }) => [provider, price])).toEqual([
      ['openai', { input: 2_500_000_000, output: 10_000_000_000, cachedInput: 250_000_000 }],
      ['openrouter', { input: 2_500_000_000, output: 10_000_000_000 }],
    ]);
  });

  it('changes nothing when it is repeated', async () => {
    await sync(world());
    const before = await everything();
    const again = await sync(world());
    expect(again).toMatchObject({ applied: false, changes: [] });
    expect(await everything()).toBe(before);
  });

  it('takes of open-weight hosts only what the canonical catalogue knows, and tells the rest', async () => {
    const more = world();
    more[DEEPINFRA] = {
      data: [ownModel('Qwen/Qwen9-Max', 0.4, 1.2), ownModel('someone/Finetune-7B', 0.1, 0.1)],
    };
    const report = await sync(more);
    expect(report.changes).toContainEqual({
      kind: 'model.unknown',
      upstream: 'deepinfra:someone/Finetune-7B',
    });
    expect((await refreshRegistry(bindings)).find('someone/finetune-7b')).toBeUndefined();
  });

  it('brings what a host lists and the base does not have, once the canonical catalogue knows it', async () => {
    const more = world();
    more[CANONICAL] = {
      data: [
        listedModel('openai/gpt-9', '0.0000025', '0.00001'),
        listedModel('qwen/qwen9-max', '0.0000005', '0.0000015'),
        listedModel('z-ai/glm-9', '0.000001', '0.000002'),
      ],
    };
    more[DEEPINFRA] = { data: [ownModel('Qwen/Qwen9-Max', 0.4, 1.2), ownModel('zai-org/GLM-9', 0.6, 1.8)] };
    await sync(more);
    const registry = await refreshRegistry(bindings);
    expect(registry.find('glm-9')).toMatchObject({ name: 'z-ai/glm-9', contextLength: 100_000 });
    expect(registry.endpoints('z-ai/glm-9')).toMatchObject([
      { provider: 'deepinfra', upstreamModel: 'zai-org/GLM-9', price: { input: 600_000_000 } },
      {
        provider: 'openrouter',
        upstreamModel: 'z-ai/glm-9',
        capabilities: { tools: true, temperature: true },
      },
    ]);
  });
});

describe('a later sync', () => {
  beforeEach(async () => {
    await sync(world());
  });

  it('retires what has vanished, and brings it back', async () => {
    const less = world();
    less[DEEPINFRA] = { data: [ownModel('Else/Where', 1, 1)] };
    const report = await sync(less);
    expect(report.changes).toContainEqual({ kind: 'endpoint.vanished', endpoint: QWEN });
    expect(await endpointOf(QWEN)).toBeUndefined();
    const row = await bindings.DB.prepare('SELECT retired_at FROM endpoints WHERE id = ?').bind(QWEN).first();
    expect(row?.retired_at).toEqual(expect.any(Number));
    const back = await sync(world());
    expect(back.changes).toEqual([
      { kind: 'endpoint.returned', endpoint: QWEN },
      { kind: 'endpoint.changed', endpoint: 'qwen/qwen9-max@openrouter' },
    ]);
    expect((await endpointOf(QWEN))?.price).toEqual({ input: 400_000_000, output: 1_200_000_000 });
  });

  it('makes a changed price a new version and keeps the old one', async () => {
    const before = (await endpointOf(QWEN))?.priceVersion;
    const report = await sync(priced(0.6, 1.2));
    expect(report.counts).toEqual({ 'price.changed': 1 });
    const after = await endpointOf(QWEN);
    expect(after?.price).toEqual({ input: 600_000_000, output: 1_200_000_000 });
    expect(after?.priceVersion).not.toBe(before);
    const { results } = await bindings.DB.prepare(
      'SELECT id, price FROM prices WHERE endpoint_id = ? ORDER BY effective_from',
    )
      .bind(QWEN)
      .all();
    expect(results.map(({ price }) => JSON.parse(String(price)).input)).toEqual([400_000_000, 600_000_000]);
    expect(results[0]?.id).toBe(before);
    const history = await call('GET', '/api/models/qwen%2Fqwen9-max/prices', { key: OPERATOR });
    const own = history.body.data.filter(({ endpoint }: { endpoint: string }) => endpoint === QWEN);
    expect(own).toEqual([
      {
        endpoint: QWEN,
        price_version: after?.priceVersion,
        price: { input: 0.6, output: 1.2 },
        effective_from: expect.any(Number),
        retired: false,
      },
      expect.objectContaining({ price_version: before, price: { input: 0.4, output: 1.2 } }),
    ]);
  });

  it.each([
    ['more than doubles', priced(0.81, 1.2), 'jump'],
    ['falls under the half', priced(0.4, 0.59), 'jump'],
    ['falls to zero', priced(0, 0), 'zero'],
  ])('lets a price wait that %s', async (_what, changed, reason) => {
    const report = await sync(changed);
    expect(report.changes.filter(({ kind }) => kind.startsWith('price'))).toMatchObject([
      { kind: 'price.held', endpoint: QWEN, reason },
    ]);
    expect((await endpointOf(QWEN))?.price).toEqual({ input: 400_000_000, output: 1_200_000_000 });
    const before = await everything();
    expect((await sync(changed)).applied).toBe(false);
    expect(await everything()).toBe(before);
  });

  it('lets a price pass that exactly doubles', async () => {
    await sync(priced(0.8, 2.4));
    expect((await endpointOf(QWEN))?.price).toEqual({ input: 800_000_000, output: 2_400_000_000 });
  });

  it('holds a price that OpenRouter disputes, and leaves one that it cannot check for next time', async () => {
    const address = `${CANONICAL}/qwen/qwen9-max/endpoints`;
    const listed = (prompt: string) => ({
      data: { endpoints: [{ tag: 'deepinfra/fp8', pricing: { prompt, completion: '0.0000012' } }] },
    });
    const held = await sync({ ...priced(0.6, 1.2), [address]: listed('0.000002') });
    expect(held.changes).toContainEqual(expect.objectContaining({ kind: 'price.held', reason: 'disputed' }));
    const deferred = await sync({ ...priced(0.6, 1.2), [address]: 503 });
    expect(deferred.changes).toContainEqual(
      expect.objectContaining({ kind: 'price.deferred', endpoint: QWEN }),
    );
    expect((await endpointOf(QWEN))?.price?.input).toBe(400_000_000);
    await sync({ ...priced(0.6, 1.2), [address]: listed('0.0000006') });
    expect((await endpointOf(QWEN))?.price?.input).toBe(600_000_000);
  });

  it('brings back what a newer shipped catalogue has taken away, names too', async () => {
    await bindings.DB.batch([
      bindings.DB.prepare("DELETE FROM aliases WHERE source = 'catalogue'"),
      bindings.DB.prepare("UPDATE endpoints SET retired_at = 1 WHERE model_id = 'openai/gpt-9'"),
    ]);
    expect((await refreshRegistry(bindings)).find('gpt-9')).toBeUndefined();
    await sync(world());
    const registry = await refreshRegistry(bindings);
    expect(registry.find('gpt-9')?.id).toBe('openai/gpt-9');
    expect(registry.endpoints('openai/gpt-9')).toHaveLength(2);
  });

  it('leaves alone what the operator declared', async () => {
    const body = { kind: 'chat', endpoints: [{ provider: 'openai', upstream_model: 'mine' }] };
    expect((await call('PUT', '/api/models/openai%2Fgpt-9', { key: OPERATOR, body })).status).toBe(200);
    const report = await sync(world());
    expect(JSON.stringify(report.changes)).not.toContain('gpt-9');
    const registry = await refreshRegistry(bindings);
    expect(registry.endpoints('openai/gpt-9')).toMatchObject([{ upstreamModel: 'mine', price: null }]);
  });
});

describe('a source that fails or is garbled', () => {
  const broken: [string, World][] = [
    ['base away', { [BASE]: 500 }],
    ['base moved', { [BASE]: 301 }],
    ['base no JSON', { [BASE]: '<html>' }],
    ['base empty', { [BASE]: {} }],
    ['base of another shape', { [BASE]: { openai: { models: { a: { id: 'a' } } } } }],
    ['canonical away', { [CANONICAL]: 502 }],
    ['canonical empty', { [CANONICAL]: { data: [] } }],
    ['canonical of another shape', { [CANONICAL]: { data: [{ id: 'openai/gpt-9' }, null, 3] } }],
  ];

  it.each(broken)('changes nothing: %s', async (_what, part) => {
    await sync(world());
    const before = await everything();
    const report = await sync({ ...priced(0.5, 1), ...part });
    expect(report).toMatchObject({ applied: false, changes: [] });
    expect(report.sources.filter(({ state }) => state === 'failed')).toHaveLength(1);
    expect(await everything()).toBe(before);
  });

  it.each([
    ['away', 500],
    ['cut', '{"data":[{"id":"Qwen/Q'],
    [
      'of another shape',
      { data: [{ id: 7 }, { id: 'Qwen/Qwen9-Max', metadata: { pricing: { input_tokens: '1' } } }] },
    ],
  ])('changes nothing: a provider’s own list %s', async (_what, list) => {
    await sync(world());
    const before = await everything();
    expect((await sync({ ...world(), [DEEPINFRA]: list })).changes).toEqual([]);
    expect(await everything()).toBe(before);
  });

  it('is not believed that most of a provider is gone at once, unless the operator says so', async () => {
    const models = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) =>
      baseModel(`gpt-${name}`, { input: 1, output: 2 }),
    );
    await sync({ ...world(), [BASE]: base({ openai: models }) });
    const less = { ...world(), [BASE]: base({ openai: models.slice(0, 1) }) };
    const before = await everything();
    const report = await sync(less);
    expect(report.changes).toContainEqual({ kind: 'provider.doubted', provider: 'openai', vanished: 5 });
    expect(await everything()).toBe(before);
    const believed = await sync(less, { believed: ['openai'] });
    expect(believed.counts['endpoint.vanished']).toBe(5);
  });

  it('is none of ours when it is larger than anything it should send', async () => {
    const large = `{"data":"${'x'.repeat(16 * 1024 * 1024)}"}`;
    const report = await sync({ ...world(), [CANONICAL]: large });
    expect(report.sources.find(({ source }) => source === 'canonical')?.error).toContain('larger than');
  });
});

describe('prices that wait', () => {
  const pending = async (state = 'pending') =>
    (await call('GET', `/api/registry/changes?state=${state}`, { key: OPERATOR })).body.data;

  beforeEach(async () => {
    await sync(world());
    await sync(priced(4, 1.2));
  });

  it('are listed, and come into force when they are approved', async () => {
    const [change] = await pending();
    expect(change).toEqual({
      id: expect.stringMatching(/^chg_[0-9a-f]{24}$/),
      endpoint: QWEN,
      reason: 'jump',
      before: { input: 0.4, output: 1.2 },
      after: { input: 4, output: 1.2 },
      state: 'pending',
      found_at: expect.any(Number),
      decided_at: null,
      decided_by: null,
    });
    const answer = await call('POST', `/api/registry/changes/${change.id}/approve`, { key: OPERATOR });
    expect(answer).toMatchObject({ status: 200, body: { state: 'approved', decided_by: 'operator' } });
    expect((await endpointOf(QWEN))?.price).toEqual({ input: 4_000_000_000, output: 1_200_000_000 });
    expect(await pending()).toEqual([]);
    const again = await call('POST', `/api/registry/changes/${change.id}/reject`, { key: OPERATOR });
    expect(errorOf(again)).toEqual({ status: 409, code: 'conflict', param: 'id' });
    expect((await sync(priced(4, 1.2))).counts['price.held']).toBeUndefined();
    const log = await call('GET', '/api/audit', { key: OPERATOR });
    expect(log.body.data[0].action).toMatch(/^registry\.(approve|sync)$/);
  });

  it('are not asked about again when they were rejected', async () => {
    const [change] = await pending();
    const answer = await call('POST', `/api/registry/changes/${change.id}/reject`, { key: OPERATOR });
    expect(answer.body.state).toBe('rejected');
    const report = await sync(priced(4, 1.2));
    expect(report.counts['price.held']).toBeUndefined();
    expect(await pending()).toEqual([]);
    expect((await endpointOf(QWEN))?.price?.input).toBe(400_000_000);
  });

  it('do not wait any more when the sources say something else', async () => {
    await sync(world());
    expect(await pending()).toEqual([]);
    expect(await pending('superseded')).toHaveLength(1);
    await sync(priced(4, 1.2));
    expect(await pending()).toHaveLength(1);
  });

  it('must exist', async () => {
    const answer = await call('POST', '/api/registry/changes/chg_none/approve', { key: OPERATOR });
    expect(errorOf(answer)).toEqual({ status: 404, code: 'not_found', param: 'id' });
  });
});

describe('POST /api/registry/sync', () => {
  it('syncs with the sources, dry or not', async () => {
    const { fetcher, asked } = fetcherOf(world());
    const spy = vi.spyOn(globalThis, 'fetch').mockImplementation((url) => fetcher(String(url)));
    try {
      const dry = await call('POST', '/api/registry/sync', { key: OPERATOR, body: { dry_run: true } });
      expect(dry).toMatchObject({ status: 200, body: { dry_run: true, applied: false } });
      expect(dry.body.changes).toContainEqual({
        kind: 'price.changed',
        endpoint: QWEN,
        before: null,
        after: { input: 0.4, output: 1.2 },
      });
      expect(await endpointOf(QWEN)).toBeUndefined();
      const wet = await call('POST', '/api/registry/sync', { key: OPERATOR, body: {} });
      expect(wet.body).toMatchObject({ dry_run: false, applied: true });
      expect(await endpointOf(QWEN)).toBeDefined();
      expect([...new Set(asked)].sort()).toEqual([DEEPINFRA, BASE, CANONICAL, LISTED_QWEN].sort());
    } finally {
      spy.mockRestore();
    }
  });
});

describe('the sync of the clock', () => {
  const HOUR = 60 * 60 * 1000;
  const located = { ...bindings, REGISTRY_BASE_URL: BASE };

  it('is every six hours, and again at the next hour after a failure', async () => {
    const now = Date.now();
    const { fetcher, asked } = fetcherOf(world());
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    expect(await syncWhenDue(located, now, fetcherOf({ ...world(), [BASE]: 500 }).fetcher)).toBe(0);
    expect(await syncWhenDue(located, now + HOUR, fetcher)).toBe(10);
    // The three sources, and one hosted model that is asked about.
    expect(asked).toHaveLength(4);
    expect(await syncWhenDue(located, now + 5 * HOUR, fetcher)).toBe(0);
    expect(asked).toHaveLength(4);
    await syncWhenDue(located, now + 7 * HOUR, fetcher);
    expect(asked).toHaveLength(8);
  });

  it('is off where it is said, and locally without an address', async () => {
    const { fetcher, asked } = fetcherOf(world());
    await syncWhenDue({ ...located, REGISTRY_SYNC: 'off' }, Date.now(), fetcher);
    await syncWhenDue(bindings, Date.now(), fetcher);
    expect(asked).toEqual([]);
  });
});
