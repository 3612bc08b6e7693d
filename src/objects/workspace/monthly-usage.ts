import type { Settlement, UsageLine } from './types.ts';

/** What was charged in each month (UTC), summed as invoices need it. */
export class MonthlyUsage {
  readonly #sql: SqlStorage;
  /** Charged in this transaction, by what makes a line one. */
  readonly #added = new Map<string, UsageLine>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS usage (
         month TEXT NOT NULL, project TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL, unit TEXT NOT NULL,
         rate INTEGER NOT NULL, quantity INTEGER NOT NULL, amount INTEGER NOT NULL, requests INTEGER NOT NULL,
         PRIMARY KEY (month, project, model, provider, unit, rate)) WITHOUT ROWID;`,
    );
  }

  /** Adds the lines of one charge. @param times -1 takes them away again. */
  add(
    { project, model, provider, lines }: Pick<Settlement, 'project' | 'model' | 'provider' | 'lines'>,
    times: 1 | -1 = 1,
  ): void {
    for (const { unit, rate, quantity, amount, ...who } of lines) {
      const served = { model: who.model ?? model ?? '', provider: who.provider ?? provider ?? '' };
      const name = JSON.stringify([project, served.model, served.provider, unit, rate]);
      const line = this.#added.get(name) ?? {
        project,
        ...served,
        unit,
        rate,
        quantity: 0,
        amount: 0,
        requests: 0,
      };
      line.quantity += times * quantity;
      line.amount += times * amount;
      line.requests += times;
      this.#added.set(name, line);
    }
  }

  /** Writes what a transaction has added by one statement. */
  flush(now: number): void {
    if (this.#added.size === 0) return;
    this.#sql.exec(
      `INSERT INTO usage SELECT ?, value ->> 'project', value ->> 'model', value ->> 'provider', value ->> 'unit',
         value ->> 'rate', value ->> 'quantity', value ->> 'amount', value ->> 'requests'
       FROM json_each(?) WHERE true
       ON CONFLICT (month, project, model, provider, unit, rate) DO UPDATE SET
         quantity = quantity + excluded.quantity, amount = amount + excluded.amount,
         requests = requests + excluded.requests`,
      new Date(now).toISOString().slice(0, 7),
      JSON.stringify([...this.#added.values()]),
    );
    this.#added.clear();
  }

  /** Forgets what a transaction that failed has added. */
  reload(): void {
    this.#added.clear();
  }

  /** @param month `YYYY-MM`. */
  of(month: string): UsageLine[] {
    return this.#sql
      .exec(
        `SELECT project, model, provider, unit, rate, quantity, amount, requests FROM usage
         WHERE month = ? AND (requests <> 0 OR amount <> 0) ORDER BY project, model, provider, unit, rate`,
        month,
      )
      .toArray() as unknown as UsageLine[];
  }
}
