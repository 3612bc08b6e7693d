import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../src/env.ts';
import { GatewayError } from '../../src/errors.ts';
import { authenticate } from '../../src/tenancy/authenticate.ts';
import { keyMemory } from '../../src/tenancy/key-memory.ts';
import { hashSecret, isWellFormed, newKeySecret } from '../../src/tenancy/key-secret.ts';
import { newKey, newWorkspace, OPERATOR } from '../support/gateway.ts';

const bindings = env as unknown as Env;

/** The environment with some of its storage broken or replaced. */
const without = (...broken: ('DB' | 'SNAPSHOTS')[]): Env =>
  new Proxy(bindings, {
    get(target, name) {
      if (broken.includes(name as 'DB')) {
        return new Proxy(
          {},
          {
            get: () => () => {
              throw new Error('storage is away');
            },
          },
        );
      }
      return target[name as string];
    },
  });

/** Authenticates and waits for what goes on in the background. */
async function ask(secret: string, on: Env = bindings) {
  const background: Promise<unknown>[] = [];
  try {
    return await authenticate(`Bearer ${secret}`, on, (promise) => background.push(promise));
  } finally {
    await Promise.all(background);
  }
}
const refusal = (secret: string, on?: Env) =>
  ask(secret, on).then(
    () => 'let in',
    (error: unknown) => (error instanceof GatewayError ? error.code : error),
  );

beforeEach(() => {
  keyMemory.clear();
  vi.useRealTimers();
});

describe('the secret of a key', () => {
  it('carries a checksum: whatever is changed in it makes it malformed', () => {
    const secret = newKeySecret();
    expect(isWellFormed(secret)).toBe(true);
    for (let at = 0; at < secret.length; at++) {
      const other = secret[at] === 'a' ? 'b' : 'a';
      expect(isWellFormed(secret.slice(0, at) + other + secret.slice(at + 1)), `position ${at}`).toBe(false);
    }
    for (const odd of ['', 'inf_', secret.slice(0, -1), `${secret}a`, ` ${secret}`, secret.toUpperCase()]) {
      expect(isWellFormed(odd), odd).toBe(false);
    }
  });

  it('uses every digit about as often', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 2000; i++) {
      for (const digit of newKeySecret().slice(4, 36)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
    }
    expect(counts.size).toBe(62);
    const mean = (2000 * 32) / 62;
    for (const count of counts.values()) expect(Math.abs(count - mean)).toBeLessThan(mean * 0.25);
  });
});

describe('authenticate', () => {
  it('tells keys and the operator apart', async () => {
    const workspace = await newWorkspace();
    const { id, key, project } = await newKey(workspace.id, 'developer');
    expect(await ask(key)).toMatchObject({
      kind: 'key',
      keyId: id,
      workspaceId: workspace.id,
      projectId: project,
      role: 'developer',
    });
    expect(await ask(OPERATOR)).toEqual({ kind: 'operator' });
  });

  it('answers from memory without a promise, and without storage', async () => {
    const { key } = await newKey((await newWorkspace()).id);
    await ask(key);
    const again = authenticate(`Bearer ${key}`, without('DB', 'SNAPSHOTS'), () => {
      throw new Error('nothing is to be done in the background');
    });
    expect(again).not.toBeInstanceOf(Promise);
  });

  it.each([
    ['', 'missing_api_key'],
    ['Bearer', 'missing_api_key'],
    ['Bearer ', 'missing_api_key'],
    ['Basic dXNlcjpwYXNz', 'missing_api_key'],
    ['Bearer sk-something', 'invalid_api_key'],
    [`Bearer ${newKeySecret().slice(0, -1)}`, 'invalid_api_key'],
    [`Bearer ${OPERATOR.slice(0, -1)}`, 'invalid_api_key'],
    [`Bearer ${OPERATOR} x`, 'invalid_api_key'],
  ])('refuses %j without a look-up', (header, code) => {
    let thrown: unknown;
    try {
      void authenticate(header, without('DB', 'SNAPSHOTS'), () => {});
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code });
  });

  it('takes the scheme in any case, with spaces around the key', async () => {
    const { id, key } = await newKey((await newWorkspace()).id);
    for (const header of [`bearer ${key}`, `BEARER   ${key} `, ` Bearer ${key}`]) {
      expect(await authenticate(header, bindings, () => {})).toMatchObject({ keyId: id });
    }
  });

  it('refuses a well-formed secret that is no key', async () => {
    const secret = newKeySecret();
    expect(await refusal(secret)).toBe('invalid_api_key');
    // Remembered for a moment: a flood of one bad key does not reach storage.
    expect(await refusal(secret, without('DB', 'SNAPSHOTS'))).toBe('invalid_api_key');
  });

  it('never says 401 for a fault of storage', async () => {
    const { key } = await newKey((await newWorkspace()).id);
    expect(await refusal(key, without('DB', 'SNAPSHOTS'))).toBe('auth_unavailable');
    expect(await refusal(newKeySecret(), without('DB'))).toBe('auth_unavailable');
  });

  it('finds a key in KV when D1 is away, and in D1 when KV is', async () => {
    const { id, key } = await newKey((await newWorkspace()).id);
    await ask(key);
    keyMemory.clear();
    expect(await ask(key, without('DB'))).toMatchObject({ keyId: id });
    keyMemory.clear();
    expect(await ask(key, without('SNAPSHOTS'))).toMatchObject({ keyId: id });
  });

  it.each(['garbage', '{}', '{"state":"active","hash":"other","keyId":"key_evil"}'])(
    'does not believe %j in KV',
    async (poison) => {
      const { id, key } = await newKey((await newWorkspace()).id);
      await bindings.SNAPSHOTS.put(`key:${hashSecret(key)}`, poison);
      expect(await ask(key)).toMatchObject({ keyId: id });
    },
  );

  it('stops serving a key that was revoked elsewhere within a minute', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { id, key } = await newKey((await newWorkspace()).id);
    await ask(key);
    // Another isolate revoked it: this one is not told, and KV still has the old copy.
    await bindings.DB.prepare('UPDATE keys SET revoked_at = 1 WHERE id = ?').bind(id).run();
    vi.setSystemTime(Date.now() + 9_000);
    expect(await ask(key)).toMatchObject({ keyId: id });
    vi.setSystemTime(Date.now() + 2_000);
    // This request is still served, and asks D1 in the background.
    expect(await ask(key)).toMatchObject({ keyId: id });
    expect(await refusal(key)).toBe('invalid_api_key');
    keyMemory.clear();
    expect(await refusal(key)).toBe('invalid_api_key');
  });

  it('serves no key from memory for longer than a minute while storage is away', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { id, key } = await newKey((await newWorkspace()).id);
    await ask(key);
    vi.setSystemTime(Date.now() + 59_000);
    expect(await ask(key, without('DB', 'SNAPSHOTS'))).toMatchObject({ keyId: id });
    vi.setSystemTime(Date.now() + 2_000);
    expect(await refusal(key, without('DB', 'SNAPSHOTS'))).toBe('auth_unavailable');
  });

  it('ends a rotated secret when its grace is over, also in memory', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { id, key } = await newKey((await newWorkspace()).id);
    await bindings.DB.prepare(
      'UPDATE keys SET hash = ?, previous_hash = ?, previous_expires_at = ? WHERE id = ?',
    )
      .bind('f'.repeat(64), hashSecret(key), Date.now() + 5_000, id)
      .run();
    expect(await ask(key)).toMatchObject({ keyId: id });
    vi.setSystemTime(Date.now() + 6_000);
    expect(await refusal(key)).toBe('invalid_api_key');
    keyMemory.clear();
    expect(await refusal(key)).toBe('invalid_api_key');
  });
});
