import type { Allowance, Scope } from './types.ts';

/** The allowances of scopes, as stated last: by the management API, or by an isolate that brought them along. */
export class Allowances {
  readonly #sql: SqlStorage;
  readonly #byScope = new Map<Scope, Allowance>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS allowances (scope TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;',
    );
    this.reload();
  }

  /** Takes the allowances as they are stored. */
  reload(): void {
    this.#byScope.clear();
    for (const row of this.#sql.exec('SELECT scope, value FROM allowances')) {
      this.#byScope.set(String(row.scope), JSON.parse(String(row.value)) as Allowance);
    }
  }

  /** States an allowance, unless a newer statement is known; answers the one in force. */
  state(scope: Scope, stated: Allowance | null): Allowance | null {
    const known = this.#byScope.get(scope) ?? null;
    if (!stated || (known && known.version >= stated.version)) return known;
    this.#byScope.set(scope, stated);
    this.#sql.exec('INSERT OR REPLACE INTO allowances VALUES (?, ?)', scope, JSON.stringify(stated));
    return stated;
  }

  get(scope: Scope): Allowance | null {
    return this.#byScope.get(scope) ?? null;
  }
}
