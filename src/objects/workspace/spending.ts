import { dateOf, dayOf, endOfWindow, firstDay } from './budget-windows.ts';
import type { Allowance, BudgetAlert, BudgetWindow, Scope } from './types.ts';

const ALERTS_AT = [50, 80, 100] as const;

/** What each scope has spent on each day, UTC, and the alerts of its budgets. */
export class Spending {
  readonly #sql: SqlStorage;
  /** Spent in this transaction. */
  readonly #added = new Map<Scope, number>();

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
    return Number(row.spent) + (this.#added.get(scope) ?? 0);
  }

  /** Adds what a scope has spent. */
  add(scope: Scope, amount: number): void {
    if (amount !== 0) this.#added.set(scope, (this.#added.get(scope) ?? 0) + amount);
  }

  /** Writes what was spent in a transaction; where that takes a budget over a mark, notes an alert. */
  flush(allowanceOf: (scope: Scope) => Allowance | null, now: number): void {
    if (this.#added.size === 0) return;
    for (const [scope, amount] of this.#added) this.#alert(scope, amount, allowanceOf(scope), now);
    this.#sql.exec(
      `INSERT INTO spending (scope, day, amount) SELECT value ->> 0, ?, value ->> 1 FROM json_each(?) WHERE true
       ON CONFLICT (scope, day) DO UPDATE SET amount = amount + excluded.amount`,
      dayOf(now),
      JSON.stringify([...this.#added]),
    );
    this.#added.clear();
  }

  /** Forgets what a transaction that failed has added. */
  reload(): void {
    this.#added.clear();
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

  #alert(scope: Scope, added: number, allowance: Allowance | null, now: number): void {
    for (const budget of allowance?.budgets ?? []) {
      const spent = this.spent(scope, budget.window, now);
      for (const percent of ALERTS_AT) {
        const mark = (budget.amount * percent) / 100;
        if (spent < mark || spent - added >= mark) continue;
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
}
