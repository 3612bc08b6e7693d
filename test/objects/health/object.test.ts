import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Bindings } from '../../../src/env.ts';
import type { HealthObject } from '../../../src/objects/health/object.ts';
import type { Observation, Report, Snapshot } from '../../../src/objects/health/types.ts';

const bindings = env as unknown as Bindings;

function objectNamed(name: string): DurableObjectStub<HealthObject> {
  return bindings.HEALTH.get(bindings.HEALTH.idFromName(name));
}

const report = async (stub: DurableObjectStub<HealthObject>, news: Partial<Report>): Promise<Snapshot> =>
  JSON.parse(await stub.report({ since: 0, observations: [], coolDowns: [], waking: [], ...news }));

const read = async (stub: DurableObjectStub<HealthObject>): Promise<Snapshot> =>
  JSON.parse(await stub.read());

const observed = (more: Partial<Observation> = {}): Observation => ({
  endpoint: 'm@p',
  model: 'm',
  at: Date.now(),
  outcome: 'ok',
  ...more,
});

describe('the health of a continent', () => {
  it('adds up what isolates report', async () => {
    const stub = objectNamed('adds up');
    await report(stub, {
      observations: [
        observed({
          ttftMs: 400,
          outputTokens: 90,
          streamMs: 1_500,
          toolCalls: 'valid',
          structured: 'invalid',
        }),
        observed({ answerMs: 2_000, toolCalls: 'invalid' }),
      ],
    });
    await report(stub, {
      observations: [
        observed({ outcome: 'cut' }),
        observed({ outcome: 'stall' }),
        observed({ outcome: 'timeout' }),
        observed({ outcome: 'error' }),
        observed({ endpoint: 'other@p', inputBytes: 4_000, inputTokens: 1_000 }),
      ],
    });
    const { endpoints, models } = await read(stub);
    const one = endpoints.find(({ id }) => id === 'm@p');
    const counts = { requests: 6, errors: 2, cuts: 1, stalls: 1 };
    expect(one?.health).toMatchObject({
      circuit: 'open',
      last30s: counts,
      last5m: counts,
      ttft: { ewma: 400, samples: 1 },
      answer: { ewma: 2_000, samples: 1 },
      throughput: { ewma: 60, samples: 1 },
      toolCalls: { valid: 1, invalid: 1 },
      structured: { valid: 0, invalid: 1 },
      wakingSince: null,
    });
    expect(endpoints.find(({ id }) => id === 'other@p')?.health.last5m.requests).toBe(1);
    expect(models).toEqual([{ id: 'm', tokensPerByte: 0.25 }]);
  });

  it('tells what has changed since a version, and at once when a circuit opened', async () => {
    const stub = objectNamed('changes');
    await report(stub, { observations: [observed(), observed({ endpoint: 'still@p' })] });
    const { version, endpoints } = await read(stub);
    expect(endpoints.map(({ id }) => id).sort()).toEqual(['m@p', 'still@p']);
    const failures = [1, 2, 3].map(() => observed({ outcome: 'error' }));
    const told = await report(stub, { since: version, observations: failures });
    expect(told.version).toBeGreaterThan(version);
    expect(told.endpoints.map(({ id, health }) => [id, health.circuit])).toEqual([['m@p', 'open']]);
    expect((await report(stub, { since: told.version })).endpoints).toEqual([]);
    expect((await report(stub, { since: told.version + 1_000_000 })).endpoints).toHaveLength(2);
  });

  it('shares credentials that rest, and that they no longer do', async () => {
    const stub = objectNamed('credentials');
    const until = Date.now() + 30_000;
    const first = await report(stub, { coolDowns: [{ credential: 'cred_1', until }] });
    expect(first.coolDowns).toEqual([{ credential: 'cred_1', until }]);
    const second = await report(stub, {
      since: first.version,
      coolDowns: [
        { credential: 'cred_1', until: 0 },
        { credential: 'cred_2', until },
      ],
    });
    expect(second.coolDowns).toEqual([
      { credential: 'cred_1', until: 0 },
      { credential: 'cred_2', until },
    ]);
  });

  it('knows what is being woken, from the first who did, until it serves', async () => {
    const stub = objectNamed('waking');
    const since = Date.now() - 20_000;
    await report(stub, { waking: [{ endpoint: 'm@p', since: since + 5_000 }] });
    const told = await report(stub, { waking: [{ endpoint: 'm@p', since }] });
    expect(told.endpoints[0]?.health.wakingSince).toBe(since);
    await report(stub, { observations: [observed()] });
    expect((await read(stub)).endpoints[0]?.health.wakingSince).toBeNull();
    const late = [{ endpoint: 'm@p', since: Date.now() - 10 * 60_000 }];
    expect((await report(stub, { waking: late })).endpoints[0]?.health.wakingSince).toBeNull();
  });

  it('takes the time of an isolate whose clock is ahead for now', async () => {
    const stub = objectNamed('clocks');
    const ahead = Date.now() + 3_600_000;
    await report(stub, { observations: [observed({ at: ahead, outcome: 'error' })] });
    const [one] = (await read(stub)).endpoints;
    expect(one?.observedAt).toBeLessThan(ahead);
    expect(one?.circuit.openUntil).toBeLessThan(ahead);
  });

  it('begins anew with what it had stored', async () => {
    const stub = objectNamed('evicted');
    const before = await report(stub, {
      observations: [
        observed({ ttftMs: 300, inputBytes: 100, inputTokens: 30 }),
        observed({ outcome: 'cut' }),
      ],
      coolDowns: [{ credential: 'cred_1', until: Date.now() + 60_000 }],
      waking: [{ endpoint: 'm@p', since: Date.now() - 1_000 }],
    });
    await evictDurableObject(stub);
    const after = await read(stub);
    expect({ ...after, version: 0 }).toEqual({ ...before, version: 0 });
    expect(after.version).toBeGreaterThanOrEqual(before.version);
  });

  it('begins with nothing where another version of it had stored', async () => {
    const stub = objectNamed('format');
    await report(stub, { observations: [observed()] });
    await runInDurableObject(stub, (_, state) => {
      state.storage.sql.exec('UPDATE state SET value = ?', '{"format":99}');
    });
    await evictDurableObject(stub);
    expect((await read(stub)).endpoints).toEqual([]);
  });

  it('stores more than one row holds', async () => {
    const stub = objectNamed('large');
    const observations = Array.from({ length: 1_500 }, (_, i) =>
      observed({ endpoint: `model-${i}@provider`, ttftMs: i, answerMs: i, outputTokens: i, streamMs: 1_000 }),
    );
    await report(stub, { observations });
    const rows = await runInDurableObject(stub, (_, state) => [
      ...state.storage.sql.exec('SELECT length(value) AS size FROM state'),
    ]);
    expect(rows.length).toBeGreaterThan(1);
    await evictDurableObject(stub);
    expect((await read(stub)).endpoints).toHaveLength(1_500);
  });
});
