import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../src/env.ts';
import { GatewayError } from '../../src/errors.ts';
import { coolDown, isCredentialFault, warmUp } from '../../src/providers/cool-down.ts';
import { credentialsFor, isOwn } from '../../src/providers/credentials.ts';
import type { Provider } from '../../src/providers/types.ts';
import { Registry } from '../../src/registry/snapshot.ts';
import type { SealedCredential } from '../../src/registry/types.ts';

const PROVIDER: Provider = {
  id: 'acme',
  name: 'Acme',
  baseUrl: 'https://api.acme.example',
  wire: 'openai',
  auth: { kind: 'bearer' },
  env: ['ACME_KEY'],
};

const env = (more: object = {}) => ({ ...more }) as unknown as Env;

let counter = 0;
function credential(more: Partial<SealedCredential> = {}): SealedCredential {
  return { id: `cred_${counter++}`, provider: 'acme', sealed: 'v2', lastFour: '', ...more };
}

const registryWith = (credentials: SealedCredential[]) =>
  new Registry({
    version: 1,
    catalogue: 0,
    providers: [PROVIDER],
    credentials,
    models: [],
    endpoints: [],
    aliases: {},
  });

const ids = (operators: SealedCredential[], own: SealedCredential[] = [], more: object = {}) =>
  credentialsFor(PROVIDER, registryWith(operators), env(more), own).map(({ id }) => id);

const rejected = new GatewayError('upstream_credentials_rejected');
const limited = (retryAfterMs?: number) =>
  new GatewayError('upstream_rate_limited', retryAfterMs === undefined ? {} : { retryAfterMs });

beforeEach(() => {
  vi.restoreAllMocks();
});

describe('the credentials of a provider', () => {
  it('are tried by priority, whatever their weight', () => {
    const [late, early] = [credential({ priority: 5, weight: 1000 }), credential({ priority: 1, weight: 1 })];
    for (let i = 0; i < 20; i++) expect(ids([late, early])).toEqual([early.id, late.id]);
  });

  it('of one priority share the requests by weight', () => {
    const [heavy, light, spare] = [
      credential({ weight: 3 }),
      credential({ weight: 1 }),
      credential({ weight: 0 }),
    ];
    const firsts = Array.from({ length: 4000 }, () => ids([spare, light, heavy])[0]);
    const share = firsts.filter((id) => id === heavy.id).length / firsts.length;
    // Three of four; six standard deviations of a fair draw are 0.041.
    expect(Math.abs(share - 0.75)).toBeLessThan(0.045);
    expect(firsts).not.toContain(spare.id);
    expect(ids([spare, light, heavy])[2]).toBe(spare.id);
  });

  it('are a variable of the environment when none is stored, and nothing when there is none', () => {
    expect(ids([], [], { ACME_KEY: 'x' })).toEqual(['environment:acme']);
    const stored = credential();
    expect(ids([stored], [], { ACME_KEY: 'x' })).toEqual([stored.id]);
    expect(ids([])).toEqual([]);
  });

  it('are the workspace’s own first, then the operator’s, unless the own ones are exclusive', () => {
    const operators = credential();
    const own = credential({ workspace: 'ws_1', priority: 9 });
    const found = credentialsFor(PROVIDER, registryWith([operators]), env(), [own]);
    expect(found.map((one) => [one.id, isOwn(one)])).toEqual([
      [own.id, true],
      [operators.id, false],
    ]);
    const exclusive = { ...own, exclusive: true };
    expect(ids([operators], [exclusive], { ACME_KEY: 'x' })).toEqual([own.id]);
  });

  it('for another provider are not used', () => {
    const operators = credential();
    expect(ids([operators], [credential({ workspace: 'ws_1', provider: 'other', exclusive: true })])).toEqual(
      [operators.id],
    );
  });

  it('leave room for other endpoints: three of them are tried', () => {
    expect(ids(Array.from({ length: 5 }, () => credential()))).toHaveLength(3);
  });
});

describe('a credential that failed', () => {
  const at = (now: number) => vi.spyOn(Date, 'now').mockReturnValue(now);
  const NOW = 1_700_000_000_000;

  it('rests ten minutes after it was refused', () => {
    const [first, second] = [credential({ priority: 0 }), credential({ priority: 1 })];
    coolDown(first.id, rejected, NOW);
    at(NOW + 599_999);
    expect(ids([first, second])).toEqual([second.id]);
    at(NOW + 600_000);
    expect(ids([first, second])).toEqual([first.id, second.id]);
  });

  it('rests half a minute after it was limited, or as long as the provider says, an hour at most', () => {
    for (const [error, ms] of [
      [limited(), 30_000],
      [limited(5_000), 5_000],
      [limited(86_400_000), 3_600_000],
    ] as const) {
      const [first, second] = [credential({ priority: 0 }), credential({ priority: 1 })];
      coolDown(first.id, error, NOW);
      at(NOW + ms - 1);
      expect(ids([first, second])).toEqual([second.id]);
      at(NOW + ms);
      expect(ids([first, second])).toEqual([first.id, second.id]);
    }
  });

  it('is tried all the same when all rest: the one that is ready first', () => {
    const [first, second] = [credential({ priority: 0 }), credential({ priority: 1 })];
    coolDown(first.id, rejected, NOW);
    coolDown(second.id, limited(), NOW);
    at(NOW + 1);
    expect(ids([first, second])).toEqual([second.id]);
  });

  it('rests no longer once it has served', () => {
    const [first, second] = [credential({ priority: 0 }), credential({ priority: 1 })];
    coolDown(first.id, rejected, NOW);
    warmUp(first.id);
    at(NOW + 1);
    expect(ids([first, second])).toEqual([first.id, second.id]);
  });

  it('does not rest for what is the provider’s fault', () => {
    const [first, second] = [credential({ priority: 0 }), credential({ priority: 1 })];
    for (const code of ['upstream_error', 'upstream_timeout', 'upstream_overloaded'] as const) {
      expect(isCredentialFault(new GatewayError(code))).toBe(false);
      coolDown(first.id, new GatewayError(code), NOW);
    }
    at(NOW + 1);
    expect(ids([first, second])).toEqual([first.id, second.id]);
  });
});
