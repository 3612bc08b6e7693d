import type { LedgerEntry, LedgerQuery, StoredEntry } from './types.ts';

/** Entries that requests do not write, which are few: an index of them alone costs requests nothing. */
const BESIDE_REQUESTS = `kind NOT IN ('hold', 'release', 'settle')`;
const COLUMNS = 'sequence, id, kind, amount, reference, created_at AS createdAt';

/** An append-only ledger in SQLite, and its sum. Entries of one transaction are written by one statement. */
export class Ledger {
  readonly #sql: SqlStorage;
  #balance = 0;
  /** Ids that were looked up, and those that are to be written. */
  readonly #known = new Set<string>();
  #pending: (LedgerEntry & { at: number })[] = [];

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS ledger (
         sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
         amount INTEGER NOT NULL, reference TEXT NOT NULL, created_at INTEGER NOT NULL);
       CREATE INDEX IF NOT EXISTS ledger_beside_requests ON ledger (kind) WHERE ${BESIDE_REQUESTS};
       CREATE TABLE IF NOT EXISTS account (id INTEGER PRIMARY KEY CHECK (id = 0), balance INTEGER NOT NULL);
       INSERT OR IGNORE INTO account VALUES (0, 0);`,
    );
    this.reload();
  }

  /** Nano-USD: always the sum of the ledger. */
  get balance(): number {
    return this.#balance;
  }

  /** Looks up which of these ids there are. Comes before whatever asks `has` or appends in a transaction. */
  lookUp(ids: readonly string[]): void {
    const rows = this.#sql.exec(
      'SELECT id FROM ledger WHERE id IN (SELECT value FROM json_each(?))',
      JSON.stringify(ids),
    );
    for (const { id } of rows) this.#known.add(String(id));
  }

  /** Of an id that was looked up. */
  has(id: string): boolean {
    return this.#known.has(id);
  }

  /** Appends an entry whose id was looked up, unless there is one; says whether it did. */
  append(entry: LedgerEntry, now: number): boolean {
    if (this.#known.has(entry.id)) return false;
    this.#known.add(entry.id);
    this.#pending.push({ ...entry, at: now });
    this.#balance += entry.amount;
    return true;
  }

  /** Writes what was appended, and the sum. The last step of a transaction. */
  flush(): void {
    this.#known.clear();
    if (this.#pending.length === 0) return;
    this.#sql.exec(
      `INSERT INTO ledger (id, kind, amount, reference, created_at)
       SELECT value ->> 'id', value ->> 'kind', value ->> 'amount', value ->> 'reference', value ->> 'at'
       FROM json_each(?)`,
      JSON.stringify(this.#pending),
    );
    this.#sql.exec('UPDATE account SET balance = ? WHERE id = 0', this.#balance);
    this.#pending = [];
  }

  /** Takes the sum as it is stored, after a transaction that failed. */
  reload(): void {
    this.#known.clear();
    this.#pending = [];
    this.#balance = Number(this.#sql.exec('SELECT balance FROM account').one().balance);
  }

  /** Those entries of these ids that there are. */
  find(ids: string[]): StoredEntry[] {
    return this.#sql
      .exec(
        `SELECT ${COLUMNS} FROM ledger
         WHERE id IN (SELECT value FROM json_each(?)) ORDER BY sequence`,
        JSON.stringify(ids),
      )
      .toArray() as unknown as StoredEntry[];
  }

  /** Entries in the order in which they were written, after a sequence number. */
  page(after: number, limit: number): StoredEntry[] {
    return this.#sql
      .exec(
        `SELECT ${COLUMNS} FROM ledger
         WHERE sequence > ? ORDER BY sequence LIMIT ?`,
        after,
        limit,
      )
      .toArray() as unknown as StoredEntry[];
  }

  /** A part of the ledger, from the new end or the old, of one kind or all. */
  list({ after, order, limit, kind }: LedgerQuery): StoredEntry[] {
    const isRare = kind !== null && kind !== 'hold' && kind !== 'release' && kind !== 'settle';
    const conditions = [
      ...(after === null ? [] : [order === 'asc' ? 'sequence > ?1' : 'sequence < ?1']),
      ...(kind === null ? [] : ['kind = ?2']),
      // In the words of the index, or it is not used.
      ...(isRare ? [BESIDE_REQUESTS] : []),
    ];
    return this.#sql
      .exec(
        `SELECT ${COLUMNS} FROM ledger WHERE ${conditions.join(' AND ') || 'true'}
         ORDER BY sequence ${order === 'asc' ? 'ASC' : 'DESC'} LIMIT ?3`,
        after,
        kind,
        limit,
      )
      .toArray() as unknown as StoredEntry[];
  }

  /** Those entries with one of these references that no request wrote. */
  besideRequests(references: string[]): StoredEntry[] {
    return this.#sql
      .exec(
        `SELECT ${COLUMNS} FROM ledger
         WHERE ${BESIDE_REQUESTS} AND reference IN (SELECT value FROM json_each(?)) ORDER BY sequence`,
        JSON.stringify(references),
      )
      .toArray() as unknown as StoredEntry[];
  }
}
