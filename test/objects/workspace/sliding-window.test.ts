import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlidingWindow } from '../../../src/objects/workspace/sliding-window.ts';

const NOON = Date.UTC(2026, 0, 1, 12);

/** Asks at each of these times for these amounts; answers what was let in. */
function play(limit: number, asks: { after: number; amount: number }[]): { at: number; amount: number }[] {
  const window = new SlidingWindow();
  const admitted: { at: number; amount: number }[] = [];
  let now = NOON;
  for (const { after, amount } of asks) {
    now += after;
    if (window.waitFor(amount, limit, now) > 0) continue;
    window.add(amount, now);
    admitted.push({ at: now, amount });
  }
  return admitted;
}

const asks = fc.array(
  fc.record({ after: fc.integer({ min: 0, max: 20_000 }), amount: fc.integer({ min: 1, max: 5 }) }),
  {
    maxLength: 200,
  },
);

describe('a sliding window', () => {
  it('lets in no more than its limit in any sixty seconds, wherever they begin', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 40 }), asks, (limit, played) => {
        const admitted = play(limit, played);
        for (const { at } of admitted) {
          const inWindow = admitted.filter((one) => one.at >= at && one.at < at + 60_000);
          expect(inWindow.reduce((sum, one) => sum + one.amount, 0)).toBeLessThanOrEqual(limit);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('tells a time to wait that is true: then it fits, and not a millisecond earlier', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 40 }),
        asks,
        fc.integer({ min: 1, max: 5 }),
        (limit, played, amount) => {
          const window = new SlidingWindow();
          let now = NOON;
          for (const { after, amount: each } of played) {
            now += after;
            if (window.waitFor(each, limit, now) === 0) window.add(each, now);
          }
          const wait = window.waitFor(amount, limit, now);
          expect(wait).toBeLessThanOrEqual(61_000);
          if (wait > 0) expect(window.waitFor(amount, limit, now + wait - 1)).toBeGreaterThan(0);
          expect(window.waitFor(amount, limit, now + wait)).toBe(0);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('does not let in twice as much at the edge of a minute', () => {
    const edge = NOON + 59_999;
    const window = new SlidingWindow();
    for (let i = 0; i < 10; i++) window.add(1, edge);
    expect(window.waitFor(1, 10, edge + 2)).toBeGreaterThan(59_000);
    expect(window.waitFor(1, 10, edge + 59_999)).toBeGreaterThan(0);
    expect(window.waitFor(1, 10, edge + 60_001)).toBe(0);
  });

  it('lets in what is larger than the limit when nothing else counts', () => {
    const window = new SlidingWindow();
    expect(window.waitFor(500, 100, NOON)).toBe(0);
    window.add(1, NOON);
    expect(window.waitFor(500, 100, NOON)).toBeGreaterThan(0);
  });

  it('takes corrections where they belong, while that still counts', () => {
    const window = new SlidingWindow();
    const { second } = window.add(80, NOON);
    window.correct(second, -50, NOON + 30_000);
    expect(window.used(NOON + 30_000)).toBe(30);
    window.correct(second, 40, NOON + 30_000);
    expect(window.waitFor(1, 70, NOON + 30_000)).toBe(31_000);
    expect(window.correct(second, -70, NOON + 61_000)).toBeNull();
    expect(window.used(NOON + 61_000)).toBe(0);
  });

  it('bears a clock that steps back', () => {
    const window = new SlidingWindow();
    window.add(5, NOON);
    window.add(5, NOON - 10_000);
    expect(window.used(NOON)).toBe(10);
    expect(window.used(NOON + 61_000)).toBe(0);
  });
});
