import type { LedgerEntry, StoredEntry } from './types.ts';

/** An append-only ledger in SQLite, and its sum. */
export class Ledger {
  readonly #sql: SqlStorage;
  #balance: number;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS ledger (
         sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
         amount INTEGER NOT NULL, reference TEXT NOT NULL, created_at INTEGER NOT NULL);
       CREATE TABLE IF NOT EXISTS account (id INTEGER PRIMARY KEY CHECK (id = 0), balance INTEGER NOT NULL);
       INSERT OR IGNORE INTO account VALUES (0, 0);`,
    );
    this.#balance = Number(sql.exec('SELECT balance FROM account').one().balance);
  }

  /** Nano-USD: always the sum of the ledger. */
  get balance(): number {
    return this.#balance;
  }

  /**
   * Appends an entry unless its id is known, and says whether it did. Within a transaction; after one that
   * failed, `reload`.
   */
  append(entry: LedgerEntry, now: number): boolean {
    const written = this.#sql
      .exec(
        `INSERT INTO ledger (id, kind, amount, reference, created_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (id) DO NOTHING RETURNING sequence`,
        entry.id,
        entry.kind,
        entry.amount,
        entry.reference,
        now,
      )
      .toArray();
    if (written.length === 0) return false;
    this.#balance += entry.amount;
    return true;
  }

  /** Writes the sum down. The last step of every transaction that appends. */
  close(): void {
    this.#sql.exec('UPDATE account SET balance = ? WHERE id = 0', this.#balance);
  }

  /** Takes the sum as it is stored, after a transaction that failed. */
  reload(): void {
    this.#balance = Number(this.#sql.exec('SELECT balance FROM account').one().balance);
  }

  has(id: string): boolean {
    return this.#sql.exec('SELECT 1 FROM ledger WHERE id = ?', id).toArray().length > 0;
  }

  /** Those entries of these ids that there are. */
  find(ids: string[]): StoredEntry[] {
    return ids.flatMap(
      (id) =>
        this.#sql
          .exec(
            'SELECT sequence, id, kind, amount, reference, created_at AS createdAt FROM ledger WHERE id = ?',
            id,
          )
          .toArray() as unknown as StoredEntry[],
    );
  }

  /** Entries in the order in which they were written, after a sequence number. */
  page(after: number, limit: number): StoredEntry[] {
    return this.#sql
      .exec(
        `SELECT sequence, id, kind, amount, reference, created_at AS createdAt FROM ledger
         WHERE sequence > ? ORDER BY sequence LIMIT ?`,
        after,
        limit,
      )
      .toArray() as unknown as StoredEntry[];
  }
}
