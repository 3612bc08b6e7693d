import type { Scope } from './types.ts';

/** What one request under way has reserved, or several of an advance. */
export interface Hold {
  id: string;
  /** All scopes it counts for. */
  scopes: Scope[];
  /** Nano-USD, taken from the balance. */
  amount: number;
  model: string;
  /** Tokens that were counted against the rates, and when: the second of each scope. */
  tokens: number;
  seconds: Record<Scope, number>;
  /** Of an advance: requests that it is for, drawn and to come, and whether more may be drawn. */
  advance?: { requests: number; open: boolean };
  /** Unix milliseconds: freed then, unless it is renewed. */
  expiresAt: number;
}

/** The requests under way: in memory, and in SQLite so that they outlive the object. */
export class Holds {
  readonly #sql: SqlStorage;
  readonly #byId = new Map<string, Hold>();
  readonly #running = new Map<Scope, number>();
  readonly #held = new Map<Scope, number>();
  /** Changed in this transaction. */
  readonly #added = new Map<string, Hold>();
  readonly #removed = new Set<string>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS holds (
         id TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
       DROP INDEX IF EXISTS holds_by_end;`,
    );
    this.reload();
  }

  /** Takes the holds as they are stored. */
  reload(): void {
    for (const part of [this.#byId, this.#running, this.#held, this.#added, this.#removed]) part.clear();
    for (const row of this.#sql.exec('SELECT value, expires_at FROM holds')) {
      const hold = JSON.parse(String(row.value)) as Hold;
      this.#count({ ...hold, expiresAt: Number(row.expires_at) }, 1);
    }
  }

  get(id: string): Hold | undefined {
    return this.#byId.get(id);
  }

  /** Requests of a scope that are under way. */
  running(scope: Scope): number {
    return this.#running.get(scope) ?? 0;
  }

  /** Nano-USD that a scope has reserved. */
  held(scope: Scope): number {
    return this.#held.get(scope) ?? 0;
  }

  /** Nano-USD that all advances have reserved, be it drawn or not. */
  get advanced(): number {
    let sum = 0;
    for (const { advance, amount } of this.#byId.values()) if (advance) sum += amount;
    return sum;
  }

  add(hold: Hold): void {
    this.#count(hold, 1);
    this.#added.set(hold.id, hold);
  }

  /** Takes a hold away; undefined when there is none of this id. */
  remove(id: string): Hold | undefined {
    const hold = this.#byId.get(id);
    if (!hold) return undefined;
    this.#count(hold, -1);
    this.#added.delete(id);
    this.#removed.add(id);
    return hold;
  }

  /** Adds to an advance, or takes away. */
  change(hold: Hold, amount: number, requests: number): void {
    this.#count(hold, -1);
    hold.amount += amount;
    if (hold.advance) hold.advance.requests += requests;
    this.add(hold);
  }

  /** Writes the changes of a transaction, each kind by one statement. */
  flush(): void {
    if (this.#removed.size > 0) {
      const ids = JSON.stringify([...this.#removed]);
      this.#sql.exec('DELETE FROM holds WHERE id IN (SELECT value FROM json_each(?))', ids);
      this.#removed.clear();
    }
    if (this.#added.size > 0) {
      this.#sql.exec(
        `INSERT OR REPLACE INTO holds (id, value, expires_at)
         SELECT value ->> 'id', value, value ->> 'expiresAt' FROM json_each(?)`,
        JSON.stringify([...this.#added.values()]),
      );
      this.#added.clear();
    }
  }

  renew(id: string, expiresAt: number): void {
    const hold = this.#byId.get(id);
    if (!hold || hold.expiresAt >= expiresAt) return;
    hold.expiresAt = expiresAt;
    this.#sql.exec('UPDATE holds SET expires_at = ? WHERE id = ?', expiresAt, id);
  }

  /** The advances that may be drawn from. */
  advances(): Hold[] {
    return [...this.#byId.values()].filter(({ advance }) => advance?.open);
  }

  /** Those whose time is over. */
  expired(now: number): Hold[] {
    return [...this.#byId.values()].filter((hold) => hold.expiresAt <= now);
  }

  /** When the next one expires, Unix milliseconds; null when there is none. */
  nextEnd(): number | null {
    let next: number | null = null;
    for (const { expiresAt } of this.#byId.values()) next = Math.min(next ?? expiresAt, expiresAt);
    return next;
  }

  #count(hold: Hold, sign: 1 | -1): void {
    if (sign > 0) this.#byId.set(hold.id, hold);
    else this.#byId.delete(hold.id);
    for (const scope of hold.scopes) {
      bump(this.#running, scope, sign * (hold.advance?.requests ?? 1));
      bump(this.#held, scope, sign * hold.amount);
    }
  }
}

function bump(counts: Map<Scope, number>, scope: Scope, by: number): void {
  const next = (counts.get(scope) ?? 0) + by;
  if (next === 0) counts.delete(scope);
  else counts.set(scope, next);
}
