import { describe, expect, it, vi } from 'vitest';
import type { Snapshot } from '../../../src/objects/health/types.ts';
import { IsolateHealth } from '../../../src/routing/health/isolate-health.ts';
import { FRESH_MS, REPORT_EVERY_MS } from '../../../src/routing/health/reporter.ts';
import { fakeTime, observed, START, world } from './support.ts';

fakeTime();

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
