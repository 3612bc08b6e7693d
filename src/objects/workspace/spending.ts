import { dateOf, dayOf, endOfWindow, firstDay } from './budget-windows.ts';
import type { Allowance, BudgetAlert, BudgetWindow, Scope } from './types.ts';

const ALERTS_AT = [50, 80, 100] as const;

/** What each scope has spent on each day, UTC, and the alerts of its budgets. */
export class Spending {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS spending (
         scope TEXT NOT NULL, day INTEGER NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY (scope, day)) WITHOUT ROWID;
       CREATE TABLE IF NOT EXISTS alerts (
         scope TEXT NOT NULL, window TEXT NOT NULL, since TEXT NOT NULL, percent INTEGER NOT NULL,
         amount INTEGER NOT NULL, spent INTEGER NOT NULL, at INTEGER NOT NULL,
         PRIMARY KEY (scope, window, since, percent, amount)) WITHOUT ROWID;`,
    );
  }

  /** Nano-USD in the window that a time lies in. */
  spent(scope: Scope, window: BudgetWindow, time: number): number {
    const row = this.#sql
      .exec(
        'SELECT coalesce(sum(amount), 0) AS spent FROM spending WHERE scope = ? AND day >= ?',
        scope,
        firstDay(window, time),
      )
      .one();
    return Number(row.spent);
  }

  /** Adds what a scope has spent; where that takes it over a mark of a budget, notes an alert. */
  add(scope: Scope, amount: number, allowance: Allowance | null, now: number): void {
    if (amount === 0) return;
    this.#sql.exec(
      `INSERT INTO spending VALUES (?, ?, ?)
       ON CONFLICT (scope, day) DO UPDATE SET amount = amount + excluded.amount`,
      scope,
      dayOf(now),
      amount,
    );
    for (const budget of allowance?.budgets ?? []) {
      const spent = this.spent(scope, budget.window, now);
      for (const percent of ALERTS_AT) {
        const mark = (budget.amount * percent) / 100;
        if (spent < mark || spent - amount >= mark) continue;
        this.#sql.exec(
          'INSERT OR IGNORE INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?)',
          scope,
          budget.window,
          dateOf(firstDay(budget.window, now)),
          percent,
          budget.amount,
          spent,
          now,
        );
      }
    }
  }

  /** Newest first. */
  alerts(limit: number): BudgetAlert[] {
    return this.#sql
      .exec('SELECT * FROM alerts ORDER BY at DESC LIMIT ?', limit)
      .toArray() as unknown as BudgetAlert[];
  }

  resetsAt(window: BudgetWindow, now: number): number | null {
    return endOfWindow(window, now);
  }
}
