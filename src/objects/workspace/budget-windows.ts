import type { BudgetWindow } from './types.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** The day of a time, UTC, counted from 1970-01-01. */
export function dayOf(time: number): number {
  return Math.floor(time / DAY_MS);
}

/** The first day of the window that a time lies in; 0 for `total`. Weeks begin on Monday. */
export function firstDay(window: BudgetWindow, time: number): number {
  const day = dayOf(time);
  if (window === 'total') return 0;
  if (window === 'daily') return day;
  const date = new Date(time);
  if (window === 'monthly') return day - (date.getUTCDate() - 1);
  return day - ((date.getUTCDay() + 6) % 7);
}

/** When the window that a time lies in ends, Unix milliseconds; null for `total`. */
export function endOfWindow(window: BudgetWindow, time: number): number | null {
  const first = firstDay(window, time);
  switch (window) {
    case 'total':
      return null;
    case 'daily':
      return (first + 1) * DAY_MS;
    case 'weekly':
      return (first + 7) * DAY_MS;
    case 'monthly': {
      const date = new Date(time);
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
    }
  }
}

/** `YYYY-MM-DD` of a day; empty for the first, which stands for `total`. */
export function dateOf(day: number): string {
  return day === 0 ? '' : new Date(day * DAY_MS).toISOString().slice(0, 10);
}
