import { DurableObject } from 'cloudflare:workers';
import type { LedgerEntry } from './types.ts';

/** The money of one workspace: an append-only ledger and its sum, exact because the object is alone. */
export class WorkspaceObject extends DurableObject {
  readonly #sql = this.ctx.storage.sql;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS ledger (
         id TEXT PRIMARY KEY, kind TEXT NOT NULL, amount INTEGER NOT NULL,
         reference TEXT NOT NULL, created_at INTEGER NOT NULL);
       CREATE TABLE IF NOT EXISTS account (id INTEGER PRIMARY KEY CHECK (id = 0), balance INTEGER NOT NULL);
       INSERT OR IGNORE INTO account VALUES (0, 0);`,
    );
  }

  /** Appends what is new among the entries, in one transaction, and answers the balance in nano-USD. */
  record(entries: LedgerEntry[]): number {
    const now = Date.now();
    return this.ctx.storage.transactionSync(() => {
      let sum = 0;
      for (const entry of entries) {
        const { rowsWritten } = this.#sql.exec(
          'INSERT OR IGNORE INTO ledger VALUES (?, ?, ?, ?, ?)',
          entry.id,
          entry.kind,
          entry.amount,
          entry.reference,
          now,
        );
        if (rowsWritten > 0) sum += entry.amount;
      }
      if (sum !== 0) this.#sql.exec('UPDATE account SET balance = balance + ? WHERE id = 0', sum);
      return this.balance();
    });
  }

  /** The balance in nano-USD: always the sum of the ledger. */
  balance(): number {
    return Number(this.#sql.exec('SELECT balance FROM account').one().balance);
  }
}
