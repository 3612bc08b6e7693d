import type { Settlement, UsageLine } from './types.ts';

/** What was charged in each month (UTC), summed as invoices need it. */
export class MonthlyUsage {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS usage (
         month TEXT NOT NULL, project TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL, unit TEXT NOT NULL,
         rate INTEGER NOT NULL, quantity INTEGER NOT NULL, amount INTEGER NOT NULL, requests INTEGER NOT NULL,
         PRIMARY KEY (month, project, model, provider, unit, rate)) WITHOUT ROWID;`,
    );
  }

  /** Adds the lines of one charge. */
  add({ project, model, provider, lines }: Settlement, now: number): void {
    const month = new Date(now).toISOString().slice(0, 7);
    for (const { unit, rate, quantity, amount } of lines) {
      this.#sql.exec(
        `INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)
         ON CONFLICT (month, project, model, provider, unit, rate) DO UPDATE SET
           quantity = quantity + excluded.quantity, amount = amount + excluded.amount, requests = requests + 1`,
        month,
        project,
        model ?? '',
        provider ?? '',
        unit,
        rate,
        quantity,
        amount,
      );
    }
  }

  /** @param month `YYYY-MM`. */
  of(month: string): UsageLine[] {
    return this.#sql
      .exec(
        `SELECT project, model, provider, unit, rate, quantity, amount, requests FROM usage
         WHERE month = ? ORDER BY project, model, provider, unit, rate`,
        month,
      )
      .toArray() as unknown as UsageLine[];
  }
}
