import type { LimitStats } from './types.ts';

const ZERO: LimitStats = { admitted: 0, refused: 0, refusedOptimistic: 0, expired: 0, overrun: 0 };

/** Counts of admissions are written so often at most, milliseconds; a crash forgets those of a moment. */
const WRITE_EVERY_MS = 1_000;

/** Counts over the life of a workspace. */
export class Stats {
  readonly #sql: SqlStorage;
  #counts: LimitStats = { ...ZERO };
  #changed = false;
  #urgent = false;
  #writtenAt = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS stats (id INTEGER PRIMARY KEY CHECK (id = 0), value TEXT NOT NULL);',
    );
    this.reload();
  }

  get counts(): LimitStats {
    return { ...this.#counts };
  }

  add(name: keyof LimitStats, by = 1): void {
    this.#counts[name] += by;
    this.#changed = true;
    if (name !== 'admitted') this.#urgent = true;
  }

  /** Writes the counts down. The last step of every transaction. */
  flush(now: number): void {
    if (!this.#changed || (!this.#urgent && now - this.#writtenAt < WRITE_EVERY_MS)) return;
    this.#changed = false;
    this.#urgent = false;
    this.#writtenAt = now;
    this.#sql.exec('INSERT OR REPLACE INTO stats VALUES (0, ?)', JSON.stringify(this.#counts));
  }

  /** Takes the counts as they are stored. */
  reload(): void {
    const [row] = this.#sql.exec('SELECT value FROM stats').toArray();
    this.#counts = row ? (JSON.parse(String(row.value)) as LimitStats) : { ...ZERO };
    this.#changed = false;
    this.#urgent = false;
  }
}
