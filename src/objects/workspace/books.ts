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

  /**
   * All of it or nothing: the work changes memory, which is then written. After a failure memory is what
   * storage says again.
   * @param ids of ledger entries that the work asks for or appends.
   */
  change<T>(ids: readonly string[], now: number, work: () => T): T {
    try {
      return this.#storage.transactionSync(() => {
        if (ids.length > 0) this.ledger.lookUp(ids);
        const result = work();
        this.ledger.flush();
        this.holds.flush();
        this.rates.flush();
        this.usage.flush(now);
        this.spending.flush((scope) => this.allowances.get(scope), now);
        this.stats.flush(now);
        return result;
      });
    } catch (error) {
      for (const part of [
        this.ledger,
        this.holds,
        this.rates,
        this.usage,
        this.spending,
        this.allowances,
        this.observed,
        this.stats,
      ]) {
        part.reload();
      }
      throw error;
    }
  }
}
