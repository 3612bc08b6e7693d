import { beforeEach, describe, expect, it } from 'vitest';
import { refreshRegistry } from '../../../src/registry/load.ts';
import { call, OPERATOR } from '../../support/gateway.ts';
import { endpointOf, priced, QWEN, sync, world } from './small-world.ts';
import { bindings, CANONICAL, DEEPINFRA, emptyRegistry, everything, listedModel, ownModel } from './world.ts';

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
