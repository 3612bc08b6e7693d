import { describe, expect, it } from 'vitest';
import { ContinentHealth } from '../../../src/objects/health/continent-health.ts';
import { Snapshots } from '../../../src/objects/health/snapshots.ts';
import type { Observation, Snapshot } from '../../../src/objects/health/types.ts';

const START = Date.UTC(2026, 0, 1);
const NOTHING = { observations: [], coolDowns: [], waking: [] };

const ok = (endpoint: string, at: number): Observation => ({ endpoint, model: 'm', at, outcome: 'ok' });

function made() {
  const health = new ContinentHealth();
  const snapshots = new Snapshots(health);
  const told = (since: number, now: number): Snapshot => JSON.parse(snapshots.since(since, now));
  return { health, snapshots, told };
}

describe('snapshots', () => {
  it('are put together once a second, however many ask', () => {
    const { health, told } = made();
    health.apply({ ...NOTHING, observations: [ok('a@p', START)] }, START);
    expect(told(0, START).endpoints).toHaveLength(1);
    health.apply({ ...NOTHING, observations: [ok('b@p', START + 1)] }, START + 1);
    expect(told(0, START + 999).endpoints).toHaveLength(1);
    expect(told(0, START + 1_000).endpoints).toHaveLength(2);
  });

  it('take in at once what cannot wait, and that alone', () => {
    const { health, snapshots, told } = made();
    health.apply({ ...NOTHING, observations: [ok('a@p', START), ok('b@p', START)] }, START);
    const { version } = told(0, START);
    const coolDowns = [{ credential: 'cred_1', until: START + 30_000 }];
    const failures = [1, 2, 3].map((ms) => ({ ...ok('a@p', START + ms), outcome: 'error' as const }));
    const news = { observations: [...failures, ok('b@p', START + 4)], coolDowns, waking: [] };
    snapshots.hurry(health.apply(news, START + 5), coolDowns, START + 5);
    const hurried = told(version, START + 5);
    expect(hurried.endpoints.map(({ id }) => id)).toEqual(['a@p']);
    expect(hurried.coolDowns).toEqual(coolDowns);
    // What was hurried puts nothing else off.
    expect(told(hurried.version, START + 1_000).endpoints.map(({ id }) => id)).toContain('b@p');
  });

  it('tell that windows have slid, without any news', () => {
    const { health, told } = made();
    health.apply({ ...NOTHING, observations: [ok('a@p', START)] }, START);
    const first = told(0, START);
    expect(told(first.version, START + 10_000).endpoints).toEqual([]);
    const slid = told(first.version, START + 40_000);
    expect(slid.endpoints[0]?.health).toMatchObject({ last30s: { requests: 0 }, last5m: { requests: 1 } });
    const over = told(slid.version, START + 310_000);
    expect(over.endpoints[0]?.health.last5m.requests).toBe(0);
    // The circuit's half-opening is known to who knows until when it is open.
    expect(told(over.version, START + 3_600_000).endpoints).toEqual([]);
  });

  it('take nothing of a model from requests that are hardly text', () => {
    const { health, told } = made();
    const taught = { ...ok('a@p', START), inputBytes: 100, inputTokens: 25 };
    const padded = { ...taught, inputBytes: 100_000 };
    health.apply({ ...NOTHING, observations: [padded, taught, padded] }, START);
    expect(told(0, START + 2_000).models).toEqual([{ id: 'm', tokensPerByte: 0.25 }]);
  });

  it('forget endpoints, models and credentials in time', () => {
    const { health, told } = made();
    const day = 24 * 60 * 60_000;
    const taught = { ...ok('a@p', START), inputBytes: 10, inputTokens: 5 };
    const coolDowns = [{ credential: 'cred_1', until: START + 30_000 }];
    health.apply({ ...NOTHING, observations: [taught], coolDowns }, START);
    expect(told(0, START + 61_000)).toMatchObject({ endpoints: [{ id: 'a@p' }], coolDowns: [] });
    expect(told(0, START + day - 1).models).toEqual([{ id: 'm', tokensPerByte: 0.5 }]);
    expect(told(0, START + day + 2_000)).toMatchObject({ endpoints: [], models: [] });
  });
});
