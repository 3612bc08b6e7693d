import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ewma } from '../../../src/objects/health/ewma.ts';
import {
  type Buckets,
  bucketOf,
  quantilesOf,
  RELATIVE_ERROR,
} from '../../../src/objects/health/log-histogram.ts';
import { Measurements } from '../../../src/objects/health/measurements.ts';
import { StepCounts } from '../../../src/objects/health/step-counts.ts';

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

describe('counts in steps', () => {
  const event = fc.record({
    kind: fc.integer({ min: 0, max: 3 }),
    offset: fc.integer({ min: 0, max: 900_000 }),
  });

  it('add up: all of a window, at most a step more, and nothing twice', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 200 }),
        fc.constantFrom(30_000, 300_000),
        (events, windowMs) => {
          const counts = new StepCounts(5_000, 300_000, 4);
          const inOrder = events.toSorted((a, b) => a.offset - b.offset);
          for (const { kind, offset } of inOrder) counts.add(kind, START + offset);
          const now = START + (inOrder.at(-1)?.offset ?? 0);
          const sums = counts.sums(windowMs, now);
          for (const kind of [0, 1, 2, 3]) {
            const within = (ms: number) =>
              events.filter((one) => one.kind === kind && START + one.offset > now - ms).length;
            expect(sums[kind]).toBeGreaterThanOrEqual(within(windowMs));
            expect(sums[kind]).toBeLessThanOrEqual(within(windowMs + 5_000));
          }
        },
      ),
    );
  });

  it('are the same in whatever order news comes, and after they were stored', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 50 }), (events) => {
        const recent = events.map((one) => ({ ...one, offset: one.offset % 300_000 }));
        const count = (list: typeof events) => {
          const counts = new StepCounts(5_000, 300_000, 4);
          for (const { kind, offset } of list) counts.add(kind, START + offset);
          return counts;
        };
        const sums = count(recent).sums(300_000, START + 300_000);
        expect(count(recent.toReversed()).sums(300_000, START + 300_000)).toEqual(sums);
        const restored = new StepCounts(5_000, 300_000, 4, count(recent).stored());
        expect(restored.sums(300_000, START + 300_000)).toEqual(sums);
      }),
    );
  });
});

describe('quantiles', () => {
  const q = [0.5, 0.95, 0.99];
  const value = fc.double({ min: 0.001, max: 1e7, noNaN: true });

  it('are within the documented error of the measurement of that rank', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), (values) => {
        const buckets: Buckets = new Map();
        for (const one of values) buckets.set(bucketOf(one), (buckets.get(bucketOf(one)) ?? 0) + 1);
        const sorted = values.toSorted((a, b) => a - b);
        for (const [index, found] of quantilesOf(buckets, q).entries()) {
          const exact = sorted[Math.ceil((q[index] ?? 1) * sorted.length) - 1] ?? Number.NaN;
          expect(Math.abs(found - exact) / exact).toBeLessThanOrEqual(RELATIVE_ERROR + 1e-9);
        }
      }),
    );
  });

  it('of nothing are none', () => {
    expect(quantilesOf(new Map(), q)).toEqual([]);
  });
});

describe('the moving average', () => {
  it('halves weights with time', () => {
    const average = new Ewma(60_000);
    expect(average.mean).toBeNull();
    average.add(100, START);
    average.add(400, START + MINUTE);
    // Weights 1/2 and 1.
    expect(average.mean).toBeCloseTo((100 * 0.5 + 400) / 1.5, 9);
    average.add(0, START + 3 * MINUTE);
    expect(average.mean).toBeCloseTo((100 * 0.125 + 400 * 0.25 + 0) / 1.375, 9);
  });

  it('lies between the least and the greatest, and a long silence leaves it as it was', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 1, max: 1e6, noNaN: true }), fc.integer({ min: 0, max: 1e10 })), {
          minLength: 1,
        }),
        (list) => {
          const average = new Ewma(60_000);
          let at = START;
          for (const [value, later] of list) {
            at += later;
            average.add(value, at);
          }
          const values = list.map(([value]) => value);
          expect(average.mean).toBeGreaterThanOrEqual(Math.min(...values) * (1 - 1e-9));
          expect(average.mean).toBeLessThanOrEqual(Math.max(...values) * (1 + 1e-9));
        },
      ),
    );
  });
});

describe('measurements', () => {
  const near = (expected: number) => ({
    asymmetricMatch: (found: unknown) => Math.abs(Number(found) - expected) <= expected * RELATIVE_ERROR,
  });

  it('forget after five minutes, but for the last half minute that had any', () => {
    const ttft = new Measurements();
    expect(ttft.distribution(START)).toBeNull();
    for (let i = 0; i < 9; i++) ttft.add(1_000, START);
    ttft.add(200, START + 4 * MINUTE);
    expect(ttft.distribution(START + 4 * MINUTE)).toMatchObject({ p50: near(1000), samples: 10 });
    expect(ttft.distribution(START + 6 * MINUTE)).toMatchObject({
      p50: near(200),
      p99: near(200),
      samples: 1,
    });
    expect(ttft.distribution(START + 60 * MINUTE)).toMatchObject({ p50: near(200), samples: 1 });
    expect(ttft.distribution(START + 65 * MINUTE)).toBeNull();
  });

  it('leave out what is no measurement', () => {
    const ttft = new Measurements();
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1]) ttft.add(value, START);
    expect(ttft.distribution(START)).toBeNull();
  });

  it('survive being stored', () => {
    const ttft = new Measurements();
    for (let i = 1; i <= 100; i++) ttft.add(i * 10, START + i * 1000);
    const restored = new Measurements(JSON.parse(JSON.stringify(ttft.stored())));
    const now = START + 2 * MINUTE;
    expect(restored.distribution(now)).toEqual(ttft.distribution(now));
    expect(restored.distribution(now)).toMatchObject({ p50: near(500), p95: near(950), samples: 100 });
  });
});
