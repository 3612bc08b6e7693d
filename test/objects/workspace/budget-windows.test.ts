import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dateOf, dayOf, endOfWindow, firstDay } from '../../../src/objects/workspace/budget-windows.ts';

const at = (text: string) => Date.parse(text);
const begins = (window: 'daily' | 'weekly' | 'monthly', text: string) => dateOf(firstDay(window, at(text)));
const ends = (window: 'daily' | 'weekly' | 'monthly', text: string) =>
  new Date(endOfWindow(window, at(text)) ?? 0).toISOString();

describe('the windows of budgets', () => {
  it('begin and end in UTC, weeks on Monday', () => {
    // 2026-11-21 is a Saturday.
    expect(begins('daily', '2026-11-21T23:59:59Z')).toBe('2026-11-21');
    expect(ends('daily', '2026-11-21T00:00:00Z')).toBe('2026-11-22T00:00:00.000Z');
    expect(begins('weekly', '2026-11-21T12:00:00Z')).toBe('2026-11-16');
    expect(begins('weekly', '2026-11-16T00:00:00Z')).toBe('2026-11-16');
    expect(begins('weekly', '2026-11-15T23:59:59Z')).toBe('2026-11-09');
    expect(ends('weekly', '2026-11-22T23:59:59Z')).toBe('2026-11-23T00:00:00.000Z');
    expect(begins('monthly', '2028-02-29T12:00:00Z')).toBe('2028-02-01');
    expect(ends('monthly', '2026-12-31T23:59:59Z')).toBe('2027-01-01T00:00:00.000Z');
  });

  it('hold every time exactly once, and total never ends', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (time) => {
        for (const window of ['daily', 'weekly', 'monthly'] as const) {
          const end = endOfWindow(window, time) ?? 0;
          expect(end).toBeGreaterThan(time);
          expect(firstDay(window, time)).toBeLessThanOrEqual(dayOf(time));
          expect(firstDay(window, end - 1)).toBe(firstDay(window, time));
          expect(firstDay(window, end)).toBe(dayOf(end));
        }
      }),
    );
    expect(endOfWindow('total', Date.now())).toBeNull();
    expect(firstDay('total', Date.now())).toBe(0);
  });
});
