import { Allowances } from './allowances.ts';
import { Holds } from './holds.ts';
import { Ledger } from './ledger.ts';
import { MonthlyUsage } from './monthly-usage.ts';
import { ObservedOutputs } from './observed.ts';
import { RateBook } from './rates.ts';
import { Spending } from './spending.ts';
import { Stats } from './stats.ts';

/** Everything a workspace's object keeps. Each part is memory over SQLite and is changed in transactions alone. */
export class Books {
  readonly ledger: Ledger;
  readonly holds: Holds;
  readonly rates: RateBook;
  readonly spending: Spending;
  readonly usage: MonthlyUsage;
  readonly allowances: Allowances;
  readonly observed: ObservedOutputs;
  readonly stats: Stats;
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    const { sql } = storage;
    this.#storage = storage;
    this.ledger = new Ledger(sql);
    this.holds = new Holds(sql);
    this.rates = new RateBook(sql);
    this.spending = new Spending(sql);
    this.usage = new MonthlyUsage(sql);
    this.allowances = new Allowances(sql);
    this.observed = new ObservedOutputs(sql);
    this.stats = new Stats(sql);
  }

  /** All of it or nothing: after a failure memory is what storage says again. */
  change<T>(work: () => T): T {
    try {
      return this.#storage.transactionSync(() => {
        const result = work();
        this.ledger.close();
        this.stats.close();
        return result;
      });
    } catch (error) {
      this.ledger.reload();
      this.holds.reload();
      this.rates.reload();
      this.allowances.reload();
      this.observed.reload();
      this.stats.reload();
      throw error;
    }
  }
}
