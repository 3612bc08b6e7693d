import { beforeEach, describe, expect, it } from 'vitest';
import { FRESH_MS, keyMemory, STALE_MS } from '../../src/tenancy/key-memory.ts';
import type { KeyState } from '../../src/tenancy/key-state.ts';

const HASH = 'ab'.repeat(32);
const NOW = 1_800_000_000_000;

const resting: KeyState = { state: 'resting', hash: HASH };
const revoked: KeyState = { state: 'revoked', hash: HASH };
const active: KeyState = {
  state: 'active',
  hash: HASH,
  expiresAt: null,
  grant: {
    keyId: 'key_1',
    workspaceId: 'ws_1',
    projectId: 'prj_1',
    userId: null,
    role: 'admin',
    models: null,
    workspaceModels: null,
    workspaceAliases: null,
    allowedIps: null,
    allowance: null,
    workspaceAllowance: null,
    projectAllowance: null,
    memberAllowance: null,
    pricing: { margin_percent: 0, models: [], cached_percent: 10 },
  },
};

beforeEach(() => keyMemory.clear());

describe('what a workspace declared of routing', () => {
  const routing = (region: string) => ({
    policy: { region },
    policies: {},
    fallbacks: {},
    splits: {},
    workflows: {},
    scores: {},
  });
  const keyOf = (hash: string, workspaceId: string, region: string): KeyState => ({
    ...active,
    hash,
    grant: { ...active.grant, workspaceId, routing: routing(region) },
  });
  const held = (hash: string) => {
    const state = keyMemory.recall(hash, NOW)?.state;
    return state?.state === 'active' ? state.grant.routing : null;
  };

  it('is held once for all keys of a workspace, and anew when it has changed', () => {
    keyMemory.remember(keyOf('a', 'ws_1', 'eu'), NOW);
    keyMemory.remember(keyOf('b', 'ws_1', 'eu'), NOW);
    keyMemory.remember(keyOf('c', 'ws_2', 'eu'), NOW);
    expect(held('b')).toBe(held('a'));
    expect(held('c')).not.toBe(held('a'));
    keyMemory.remember(keyOf('b', 'ws_1', 'us'), NOW + 1);
    expect(held('b')?.policy).toEqual({ region: 'us' });
    expect(held('a')?.policy).toEqual({ region: 'eu' });
  });
});

describe('what is remembered of a key', () => {
  const state = (now = NOW) => keyMemory.recall(HASH, now)?.state.state ?? null;

  it('is what was said last, also when an older answer comes later', () => {
    keyMemory.remember(active, NOW - 2000);
    keyMemory.remember(resting, NOW);
    keyMemory.remember(active, NOW - 1000);
    expect(state()).toBe('resting');
    keyMemory.remember(active, NOW + 1);
    expect(state()).toBe('active');
  });

  it('is revoked for good, however old the answer was', () => {
    keyMemory.remember(active, NOW);
    keyMemory.remember(revoked, NOW - 5000);
    expect(state()).toBe('revoked');
    keyMemory.remember(active, NOW + 5000);
    expect(state()).toBe('revoked');
  });

  it('is asked anew by one caller after ten seconds, and not used after sixty', () => {
    keyMemory.remember(active, NOW);
    expect(keyMemory.recall(HASH, NOW + FRESH_MS - 1)?.mustAsk).toBe(false);
    expect(keyMemory.recall(HASH, NOW + FRESH_MS)?.mustAsk).toBe(true);
    expect(keyMemory.recall(HASH, NOW + FRESH_MS)?.mustAsk).toBe(false);
    expect(keyMemory.recall(HASH, NOW + STALE_MS)).toBeNull();
  });
});
