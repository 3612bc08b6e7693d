import { beforeEach, describe, expect, it, vi } from 'vitest';
import { syncWhenDue } from '../../../src/registry/sync/sync.ts';
import { call, OPERATOR } from '../../support/gateway.ts';
import { endpointOf, LISTED_QWEN, QWEN, world } from './small-world.ts';
import { BASE, bindings, CANONICAL, DEEPINFRA, emptyRegistry, fetcherOf } from './world.ts';

beforeEach(emptyRegistry);

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
