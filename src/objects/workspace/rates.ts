import { SlidingWindow, WINDOW_S } from './sliding-window.ts';
import type { RateState, Scope } from './types.ts';

export type Metric = 'requests' | 'tokens';

/** How often steps that count no longer are deleted, milliseconds. */
const SWEEP_EVERY_MS = 30_000;

/** The sliding windows of all scopes: in memory, and in SQLite so that they outlive the object. */
export class RateBook {
  readonly #sql: SqlStorage;
  readonly #windows = new Map<string, SlidingWindow>();
  /** Steps that changed in this transaction, by window and second. */
  readonly #changed = new Map<string, [second: number, scope: Scope, metric: Metric, amount: number]>();
  #sweptAt = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS rates (
         second INTEGER NOT NULL, scope TEXT NOT NULL, metric TEXT NOT NULL, amount INTEGER NOT NULL,
         PRIMARY KEY (second, scope, metric)) WITHOUT ROWID;`,
    );
    this.reload();
  }

  /** Takes the windows as they are stored. */
  reload(): void {
    this.#windows.clear();
    this.#changed.clear();
    const since = Math.floor(Date.now() / 1000) - WINDOW_S - 1;
    for (const row of this.#sql.exec('SELECT * FROM rates WHERE second >= ? ORDER BY second', since)) {
      this.#window(String(row.scope), row.metric as Metric).restore(Number(row.second), Number(row.amount));
    }
  }

  /** Milliseconds until an amount fits; 0 when it does now. */
  waitFor(scope: Scope, metric: Metric, amount: number, limit: number, now: number): number {
    return this.#window(scope, metric).waitFor(amount, limit, now);
  }

  /** Counts an amount, and answers at which second. */
  add(scope: Scope, metric: Metric, amount: number, now: number): number {
    const step = this.#window(scope, metric).add(amount, now);
    this.#store(scope, metric, step);
    this.#sweep(now);
    return step.second;
  }

  correct(scope: Scope, metric: Metric, second: number, difference: number, now: number): void {
    if (difference === 0) return;
    const step = this.#window(scope, metric).correct(second, difference, now);
    if (step) this.#store(scope, metric, step);
  }

  state(scope: Scope, metric: Metric, limit: number, now: number): RateState {
    const window = this.#window(scope, metric);
    return { limit, remaining: Math.max(0, limit - window.used(now)), resetMs: window.resetMs(now) };
  }

  #window(scope: Scope, metric: Metric): SlidingWindow {
    const name = `${metric}/${scope}`;
    let window = this.#windows.get(name);
    if (!window) {
      window = new SlidingWindow();
      this.#windows.set(name, window);
    }
    return window;
  }

  #store(scope: Scope, metric: Metric, { second, amount }: { second: number; amount: number }): void {
    this.#changed.set(`${second}/${metric}/${scope}`, [second, scope, metric, amount]);
  }

  /** Writes the changed steps of a transaction by one statement. */
  flush(): void {
    if (this.#changed.size === 0) return;
    this.#sql.exec(
      `INSERT OR REPLACE INTO rates (second, scope, metric, amount)
       SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)`,
      JSON.stringify([...this.#changed.values()]),
    );
    this.#changed.clear();
  }

  #sweep(now: number): void {
    if (now - this.#sweptAt < SWEEP_EVERY_MS) return;
    this.#sweptAt = now;
    this.#sql.exec('DELETE FROM rates WHERE second < ?', Math.floor(now / 1000) - WINDOW_S - 1);
    for (const [name, window] of this.#windows) if (window.used(now) === 0) this.#windows.delete(name);
  }
}
