import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import type { HealthBinding } from '../../../src/objects/health/client.ts';
import { ContinentHealth } from '../../../src/objects/health/continent-health.ts';
import { Snapshots } from '../../../src/objects/health/snapshots.ts';
import type { Continent, Observation, Report, Snapshot } from '../../../src/objects/health/types.ts';
import { coolDown, restsUntil, takeOverCoolDown, warmUp } from '../../../src/providers/cool-down.ts';
import { type Carrier, IsolateHealth } from '../../../src/routing/health/isolate-health.ts';
import { FRESH_MS, REPORT_EVERY_MS } from '../../../src/routing/health/reporter.ts';

const START = Date.UTC(2026, 0, 1);

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A continent's object, in memory. */
class FakeContinent {
  readonly reports: { continent: Continent; report: Report; at: number }[] = [];
  isAway = false;
  readonly #health = new ContinentHealth();
  readonly #snapshots = new Snapshots(this.#health);

  readonly connect = (_: HealthBinding, continent: Continent) => ({
    report: async (report: Report): Promise<Snapshot> => {
      this.reports.push({ continent, report, at: Date.now() });
      if (this.isAway) throw new Error('the object is away');
      this.#snapshots.hurry(this.#health.apply(report, Date.now()), report.coolDowns, Date.now());
      return JSON.parse(this.#snapshots.since(report.since, Date.now()));
    },
    read: async (): Promise<Snapshot> => JSON.parse(this.#snapshots.since(0, Date.now())),
  });
}

/** Isolates of one continent. */
function world() {
  const continent = new FakeContinent();
  const pending: Promise<unknown>[] = [];
  const carrier = (from: Continent = 'EU'): Carrier => ({
    env: {} as HealthBinding,
    continent: from,
    waitUntil: (promise) => void pending.push(promise),
  });
  const isolate = () => new IsolateHealth(continent.connect);
  /** Time passes, and what is carried comes along. */
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  return { continent, pending, carrier, isolate, pass };
}

const observed = (more: Partial<Observation> = {}): Observation => ({
  endpoint: 'm@p',
  model: 'm',
  at: Date.now(),
  outcome: 'ok',
  ...more,
});

describe('what an isolate knows of endpoints', () => {
  it('is nothing at first, and then what it saw, at once', () => {
    const { isolate, carrier } = world();
    const mine = isolate();
    expect(mine.endpoint('m@p')).toBeNull();
    expect(mine.model('m')).toBeNull();
    expect(mine.circuit('m@p', START)).toBe('closed');
    mine.observe(observed({ ttftMs: 400, inputBytes: 400, inputTokens: 100 }), carrier());
    expect(mine.endpoint('m@p')).toMatchObject({
      circuit: 'closed',
      openUntil: 0,
      ttft: { ewma: 400, samples: 1 },
      answer: null,
      last30s: { requests: 1, errors: 0, cuts: 0, stalls: 0 },
    });
    expect(mine.model('m')).toEqual({ tokensPerByte: 0.25 });
    for (const outcome of ['error', 'cut', 'stall'] as const) {
      mine.observe(observed({ outcome }), carrier());
    }
    expect(mine.endpoint('m@p')).toMatchObject({
      circuit: 'open',
      last30s: { requests: 4, errors: 1, cuts: 1, stalls: 1 },
    });
    expect(mine.endpoint('m@p')?.openUntil).toBeGreaterThan(START);
    expect(mine.claimProbe('m@p', START)).toBe(false);
  });

  it('lets one request try when the cool-down is over', async () => {
    const { isolate, carrier, pass } = world();
    const mine = isolate();
    mine.observe(observed({ outcome: 'error' }), carrier());
    await pass(1_300);
    const now = Date.now();
    expect(mine.circuit('m@p', now)).toBe('half_open');
    expect(mine.endpoint('m@p')?.circuit).toBe('half_open');
    expect([mine.claimProbe('m@p', now), mine.claimProbe('m@p', now)]).toEqual([true, false]);
    mine.releaseProbe('m@p');
    expect(mine.claimProbe('m@p', now)).toBe(true);
    mine.observe(observed(), carrier());
    expect(mine.claimProbe('m@p', now)).toBe(true);
    expect(mine.claimProbe('m@p', now)).toBe(true);
    expect(mine.endpoint('m@p')).toMatchObject({ circuit: 'closed', openUntil: 0 });
  });

  it('comes to the other isolates of the continent', async () => {
    const { isolate, carrier, pass } = world();
    const [one, other] = [isolate(), isolate()];
    one.observe(observed({ ttftMs: 500, inputBytes: 10, inputTokens: 5 }), carrier());
    one.observe(observed({ outcome: 'error' }), carrier());
    one.observe(observed({ outcome: 'error' }), carrier());
    one.observe(observed({ outcome: 'error' }), carrier());
    one.waking('cold@p', START - 1_000, carrier());
    await pass(REPORT_EVERY_MS);
    other.refresh(carrier());
    await pass(1);
    expect(other.circuit('m@p', START)).toBe('open');
    expect(other.endpoint('m@p')).toMatchObject({
      ttft: { ewma: 500, samples: 1 },
      last30s: { requests: 4, errors: 3, cuts: 0, stalls: 0 },
    });
    expect(other.model('m')).toEqual({ tokensPerByte: 0.5 });
    expect(other.endpoint('cold@p')?.wakingSince).toBe(START - 1_000);
    other.waking('cold@p', null, carrier());
    expect(other.endpoint('cold@p')?.wakingSince).toBeNull();
    await pass(REPORT_EVERY_MS);
    const third = isolate();
    third.refresh(carrier());
    await pass(1);
    expect(third.endpoint('cold@p')?.wakingSince).toBeNull();
  });

  it('does not count its own twice when the continent tells them back', async () => {
    const { isolate, carrier, pass } = world();
    const mine = isolate();
    for (let i = 0; i < 7; i++) mine.observe(observed({ ttftMs: 100 }), carrier());
    for (const outcome of ['stall', 'error'] as const) mine.observe(observed({ outcome }), carrier());
    mine.observe(observed({ toolCalls: 'invalid' }), carrier());
    await pass(REPORT_EVERY_MS * 2);
    expect(mine.endpoint('m@p')).toMatchObject({
      last30s: { requests: 10, errors: 1, cuts: 0, stalls: 1 },
      last5m: { requests: 10, errors: 1, cuts: 0, stalls: 1 },
      toolCalls: { valid: 0, invalid: 1 },
    });
  });
});

describe('telling the continent', () => {
  it('happens at most once a second, whatever the number of requests', async () => {
    const { continent, isolate, carrier, pass } = world();
    const mine = isolate();
    for (let i = 0; i < 500; i++) {
      mine.refresh(carrier());
      mine.observe(observed(), carrier());
      await pass(10);
    }
    await pass(REPORT_EVERY_MS);
    const times = continent.reports.map(({ at }) => at);
    expect(times.length).toBeLessThanOrEqual(7);
    for (const [index, at] of times.entries()) {
      if (index > 0) expect(at - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(REPORT_EVERY_MS);
    }
    const told = continent.reports.reduce((sum, { report }) => sum + report.observations.length, 0);
    expect(told).toBe(500);
  });

  it('asks anew after five seconds, naming the version it has', async () => {
    const { continent, isolate, carrier, pass } = world();
    const mine = isolate();
    mine.refresh(carrier());
    await pass(FRESH_MS);
    mine.refresh(carrier());
    expect(continent.reports).toHaveLength(1);
    await pass(1);
    mine.refresh(carrier());
    expect(continent.reports.map(({ report }) => report.since)).toEqual([0, START]);
  });

  it('is of the continent of the first request whose continent is known', async () => {
    const { continent, isolate, carrier, pass } = world();
    const mine = isolate();
    for (const from of ['local', 'AS', 'EU'] as const) {
      mine.refresh(carrier(from));
      await pass(FRESH_MS + 1);
    }
    expect(continent.reports.map((one) => one.continent)).toEqual(['local', 'AS', 'AS']);
  });

  it('is left to a later request when the one that carried it was ended', async () => {
    const { continent, pending, isolate, carrier, pass } = world();
    const mine = isolate();
    const report = vi.fn(() => new Promise<Snapshot>(() => {}));
    const stuck = new IsolateHealth((...reach) => ({ ...continent.connect(...reach), report }));
    stuck.observe(observed(), carrier());
    await pass(10_000);
    stuck.observe(observed(), carrier());
    expect(report).toHaveBeenCalledTimes(1);
    await pass(5_001);
    stuck.observe(observed(), carrier());
    await pass(REPORT_EVERY_MS);
    expect(report).toHaveBeenCalledTimes(2);
    expect(mine.endpoint('m@p')).toBeNull();
    expect(pending).toHaveLength(2);
  });
});

describe('while the object is away', () => {
  it('the last snapshot serves, and what the isolate sees itself', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { continent, isolate, carrier, pass, pending } = world();
    const [other, mine] = [isolate(), isolate()];
    for (let i = 0; i < 20; i++) other.observe(observed({ ttftMs: 800 }), carrier());
    await pass(REPORT_EVERY_MS);
    mine.refresh(carrier());
    await pass(1);
    continent.isAway = true;
    await pass(FRESH_MS);
    mine.observe(observed({ ttftMs: 100 }), carrier());
    mine.observe(observed({ outcome: 'cut' }), carrier());
    await pass(1);
    await Promise.all(pending);
    expect(warn).toHaveBeenCalled();
    expect(mine.endpoint('m@p')).toMatchObject({
      ttft: { ewma: 800, samples: 20 },
      last5m: { requests: 20, errors: 0, cuts: 1, stalls: 0 },
    });
    // What the continent counted within half a minute is over; the isolate's own is not.
    await pass(26_000);
    mine.observe(observed({ outcome: 'cut' }), carrier());
    expect(mine.endpoint('m@p')?.last30s.requests).toBeLessThanOrEqual(3);
    await pass(5 * 60_000 + 5_000);
    mine.observe(observed({ ttftMs: 100 }), carrier());
    await pass(1_000);
    expect(mine.endpoint('m@p')).toMatchObject({ last5m: { requests: 1 }, ttft: { samples: 1 } });
  });

  it('is left alone for five seconds, and then told what it missed', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { continent, isolate, carrier, pass } = world();
    const mine = isolate();
    continent.isAway = true;
    mine.observe(observed(), carrier());
    await pass(100);
    mine.waking('cold@p', START, carrier());
    await pass(4_800);
    mine.observe(observed(), carrier());
    expect(continent.reports).toHaveLength(1);
    continent.isAway = false;
    await pass(101);
    mine.refresh(carrier());
    await pass(1);
    expect(continent.reports).toHaveLength(2);
    const { observations, waking } = continent.reports[1]?.report ?? {};
    expect(observations).toHaveLength(2);
    expect(waking).toEqual([{ endpoint: 'cold@p', since: START }]);
  });

  it('keeps a bounded number of observations', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { continent, isolate, carrier, pass } = world();
    const mine = isolate();
    continent.isAway = true;
    mine.observe(observed(), carrier());
    await pass(1);
    for (let i = 0; i < 5_000; i++) mine.observe(observed({ at: START + i }), carrier());
    continent.isAway = false;
    await pass(6_000);
    mine.refresh(carrier());
    await pass(1);
    const told = continent.reports.at(-1)?.report.observations ?? [];
    expect(told.length).toBeLessThanOrEqual(2_200);
    expect(told.at(-1)?.at).toBe(START + 4_999);
  });
});

describe('credentials that rest', () => {
  const limited = () => new GatewayError('upstream_rate_limited', { retryAfterMs: 40_000 });

  it('rest everywhere on the continent, until one has served', async () => {
    const { continent, isolate, carrier, pass } = world();
    const [mine, other] = [isolate(), isolate()];
    coolDown('cred_shared', limited(), START);
    mine.refresh(carrier());
    await pass(1);
    expect(continent.reports[0]?.report.coolDowns).toEqual([
      { credential: 'cred_shared', until: START + 40_000 },
    ]);
    // Isolates of a test share what another isolate would have of its own.
    takeOverCoolDown('cred_shared', 0);
    expect(restsUntil('cred_shared')).toBe(0);
    other.refresh(carrier());
    await pass(1);
    expect(restsUntil('cred_shared')).toBe(START + 40_000);
    warmUp('cred_shared');
    await pass(REPORT_EVERY_MS);
    mine.refresh(carrier());
    await pass(1);
    expect(continent.reports.at(-1)?.report.coolDowns).toEqual([{ credential: 'cred_shared', until: 0 }]);
  });

  it('are told once, and a credential that did not rest is no news', async () => {
    const { continent, isolate, carrier, pass } = world();
    const mine = isolate();
    warmUp('cred_awake');
    coolDown('cred_once', limited(), START);
    mine.refresh(carrier());
    await pass(REPORT_EVERY_MS);
    mine.refresh(carrier());
    await pass(FRESH_MS);
    mine.refresh(carrier());
    await pass(1);
    const told = continent.reports.flatMap(({ report }) => report.coolDowns);
    expect(told).toEqual([{ credential: 'cred_once', until: START + 40_000 }]);
  });
});

describe('counts of an isolate', () => {
  it('never say more failures than requests, whatever was told', async () => {
    const outcome = fc.constantFrom<Observation['outcome']>('ok', 'error', 'timeout', 'cut', 'stall');
    await fc.assert(
      fc.asyncProperty(fc.array(outcome), fc.array(outcome), async (theirs, own) => {
        const { isolate, carrier, pass } = world();
        const [other, mine] = [isolate(), isolate()];
        for (const one of theirs) other.observe(observed({ outcome: one }), carrier());
        await pass(REPORT_EVERY_MS);
        mine.refresh(carrier());
        await pass(1);
        for (const one of own) mine.observe(observed({ outcome: one }), carrier());
        const counts = mine.endpoint('m@p')?.last5m ?? { requests: 0, errors: 0, cuts: 0, stalls: 0 };
        const failed = counts.errors + counts.cuts + counts.stalls;
        expect(failed).toBeLessThanOrEqual(counts.requests);
        expect(counts.requests).toBeGreaterThanOrEqual(Math.max(theirs.length, own.length));
        expect(counts.requests).toBeLessThanOrEqual(theirs.length + own.length);
      }),
      { numRuns: 50 },
    );
  });
});
