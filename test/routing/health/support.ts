import { afterEach, beforeEach, vi } from 'vitest';
import type { HealthBinding } from '../../../src/objects/health/client.ts';
import { ContinentHealth } from '../../../src/objects/health/continent-health.ts';
import { Snapshots } from '../../../src/objects/health/snapshots.ts';
import type { Continent, Observation, Report, Snapshot } from '../../../src/objects/health/types.ts';
import { type Carrier, IsolateHealth } from '../../../src/routing/health/isolate-health.ts';

export const START = Date.UTC(2026, 0, 1);

/** Every test of a file begins at `START`, on a clock of its own. */
export function fakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ now: START });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
}

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
export function world() {
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

export const observed = (more: Partial<Observation> = {}): Observation => ({
  endpoint: 'm@p',
  model: 'm',
  at: Date.now(),
  outcome: 'ok',
  ...more,
});
