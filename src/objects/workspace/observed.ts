/** What an open-ended answer is reserved for at least, tokens, before longer ones have been seen. */
const LEAST = 4096;

/** The longest answer of each model so far, tokens. */
export class ObservedOutputs {
  readonly #sql: SqlStorage;
  readonly #longest = new Map<string, number>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS observed (model TEXT PRIMARY KEY, tokens INTEGER NOT NULL) WITHOUT ROWID;',
    );
    this.reload();
  }

  /** Takes the figures as they are stored. */
  reload(): void {
    this.#longest.clear();
    for (const row of this.#sql.exec('SELECT * FROM observed')) {
      this.#longest.set(String(row.model), Number(row.tokens));
    }
  }

  /** What to reserve for an answer without a limit of its own. */
  expected(model: string, most: number): number {
    return Math.min(most, Math.max(LEAST, this.#longest.get(model) ?? 0));
  }

  note(model: string, tokens: number): void {
    if (tokens <= (this.#longest.get(model) ?? LEAST)) return;
    this.#longest.set(model, tokens);
    this.#sql.exec('INSERT OR REPLACE INTO observed VALUES (?, ?)', model, tokens);
  }
}
