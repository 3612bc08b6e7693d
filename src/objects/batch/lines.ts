import type { Claim, Outcome, PlannedLine, ResultEntry, StopReason } from './types.ts';

/** What a line is: it waits to be run, is being run, or has ended. */
const WAITING = 0;
const RUNNING = 1;
const ENDED = 2;

/** Lines that one slot runs at once come to no more bytes; a larger one is run alone. */
const BYTES_PER_SLOT = 4 * 1024 * 1024;

/** Who finds no room for what waits asks again after so long, milliseconds. */
const ROOM_AGAIN_MS = 5_000;

/** What a stored value may hold is 2 MB: https://developers.cloudflare.com/durable-objects/platform/limits/ */
const MOST_PER_PAGE = 1_000;

/** The lines of a batch in SQLite. Each change is one transaction of its caller's. */
export class BatchLines {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  create(): void {
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS lines (
         line INTEGER PRIMARY KEY, start INTEGER NOT NULL, bytes INTEGER NOT NULL, custom_id TEXT,
         state INTEGER NOT NULL, attempt INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0,
         uncertain INTEGER NOT NULL DEFAULT 0, not_before INTEGER NOT NULL DEFAULT 0, slot INTEGER,
         ok INTEGER, size INTEGER NOT NULL DEFAULT 0, text TEXT, file TEXT, stopped TEXT);
       CREATE INDEX IF NOT EXISTS lines_waiting ON lines (line) WHERE state = ${WAITING};
       CREATE INDEX IF NOT EXISTS lines_running ON lines (slot) WHERE state = ${RUNNING};
       CREATE INDEX IF NOT EXISTS lines_ended ON lines (ok, line) WHERE state = ${ENDED};`,
    );
  }

  /** Adds those that are not known. @returns how many of them there are, and how many have failed already. */
  add(lines: readonly PlannedLine[]): { added: number; failed: number } {
    let added = 0;
    let failed = 0;
    for (const { line, start, bytes, customId, failure } of lines) {
      const { rowsWritten } = this.#sql.exec(
        `INSERT OR IGNORE INTO lines (line, start, bytes, custom_id, state, ok, size, text)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        line,
        start,
        bytes,
        customId,
        failure === null ? WAITING : ENDED,
        failure === null ? null : 0,
        failure?.length ?? 0,
        failure,
      );
      if (rowsWritten === 0) continue;
      added++;
      if (failure !== null) failed++;
    }
    return { added, failed };
  }

  /**
   * Takes the next line for a slot: one that fits in memory beside those that the slot runs. Of lines that fit beside
   * no other the batch runs one at a time, since slots may share an isolate.
   */
  claim(slot: number, now: number): Claim {
    const [row] = this.#sql
      .exec(
        `SELECT line, start, bytes, custom_id, attempt, tries, uncertain FROM lines
         WHERE state = ${WAITING} AND not_before <= ? AND bytes <= ? ORDER BY line LIMIT 1`,
        now,
        this.#room(slot),
      )
      .toArray();
    if (!row) {
      const soonest = this.#sql
        .exec(`SELECT min(not_before) AS at FROM lines WHERE state = ${WAITING}`)
        .one().at;
      if (soonest === null) return { kind: 'over' };
      const dueMs = Number(soonest) - now;
      return { kind: 'wait', ms: dueMs > 0 ? dueMs : ROOM_AGAIN_MS };
    }
    const line = Number(row.line);
    const attempt = Number(row.attempt) + 1;
    this.#sql.exec(
      `UPDATE lines SET state = ${RUNNING}, attempt = ?, slot = ? WHERE line = ?`,
      attempt,
      slot,
      line,
    );
    return {
      kind: 'line',
      claimed: {
        line,
        start: Number(row.start),
        bytes: Number(row.bytes),
        customId: row.custom_id === null ? null : String(row.custom_id),
        attempt,
        uncertain: row.uncertain === 1,
        tries: Number(row.tries),
      },
    };
  }

  /** How large a line may be that the slot begins now, bytes. */
  #room(slot: number): number {
    const { held, large } = this.#sql
      .exec(
        `SELECT sum(CASE WHEN slot = ?1 THEN bytes END) AS held, max(bytes) > ${BYTES_PER_SLOT} AS large
         FROM lines WHERE state = ${RUNNING}`,
        slot,
      )
      .one();
    if (held !== null) return BYTES_PER_SLOT - Number(held);
    return large === 1 ? BYTES_PER_SLOT : Number.MAX_SAFE_INTEGER;
  }

  /**
   * Notes what became of an attempt. One that is not the line's newest, or that was given up, changes nothing.
   * @param stopped why lines that are to be tried again are not, where the batch has stopped.
   * @returns whether the line has ended, and how.
   */
  note(outcome: Outcome, stopped: StopReason | null, now: number): 'completed' | 'failed' | null {
    const { line, attempt } = outcome;
    const mine = `line = ?1 AND attempt = ?2 AND state = ${RUNNING}`;
    if (outcome.kind === 'again' && stopped === null) {
      this.#sql.exec(
        `UPDATE lines SET state = ${WAITING}, slot = NULL, not_before = ?3, tries = tries + ?4,
           uncertain = max(uncertain, ?5) WHERE ${mine}`,
        line,
        attempt,
        now + outcome.delayMs,
        Number(outcome.counts),
        Number(outcome.uncertain),
      );
      return null;
    }
    const done = outcome.kind === 'done' ? outcome : null;
    const { rowsWritten } = this.#sql.exec(
      `UPDATE lines SET state = ${ENDED}, slot = NULL, ok = ?3, text = ?4, file = ?5, size = ?6, stopped = ?7,
         uncertain = max(uncertain, ?8) WHERE ${mine}`,
      line,
      attempt,
      Number(done?.ok ?? false),
      done?.text ?? null,
      done?.file ?? null,
      done?.text?.length ?? 0,
      done ? null : stopped,
      Number(outcome.uncertain),
    );
    if (rowsWritten === 0) return null;
    return done?.ok ? 'completed' : 'failed';
  }

  /** The lines of a slot that nobody works any more wait again. */
  release(slot: number): void {
    this.#sql.exec(
      `UPDATE lines SET state = ${WAITING}, slot = NULL, uncertain = 1 WHERE state = ${RUNNING} AND slot = ?`,
      slot,
    );
  }

  /** Ends what waits. @returns how many lines. */
  stopWaiting(reason: StopReason): number {
    return this.#sql
      .exec(
        `UPDATE lines SET state = ${ENDED}, ok = 0, stopped = ? WHERE state = ${WAITING} RETURNING line`,
        reason,
      )
      .toArray().length;
  }

  /** Ends what is being run. @returns how many lines. */
  stopRunning(reason: StopReason): number {
    return this.#sql
      .exec(
        `UPDATE lines SET state = ${ENDED}, slot = NULL, ok = 0, uncertain = 1, stopped = ?
         WHERE state = ${RUNNING} RETURNING line`,
        reason,
      )
      .toArray().length;
  }

  /**
   * Lines that were begun, in order, after a line.
   * @param unanswered those alone that have ended without an answer, and may have been billed.
   */
  attempted(unanswered: boolean, after: number, limit: number): { line: number; attempts: number }[] {
    return this.#sql
      .exec(
        `SELECT line, attempt FROM lines
         WHERE line > ? AND attempt > 0 ${unanswered ? `AND state = ${ENDED} AND ok = 0 AND uncertain = 1` : ''}
         ORDER BY line LIMIT ?`,
        after,
        limit,
      )
      .toArray()
      .map(({ line, attempt }) => ({ line: Number(line), attempts: Number(attempt) }));
  }

  /** Ended lines with attempts that are not their answer: how many, in order, after a line. */
  superseded(after: number, limit: number): { line: number; attempts: number }[] {
    return this.#sql
      .exec(
        `SELECT line, attempt - ok AS attempts FROM lines
         WHERE line > ? AND state = ${ENDED} AND attempt > ok ORDER BY line LIMIT ?`,
        after,
        limit,
      )
      .toArray()
      .map(({ line, attempts }) => ({ line: Number(line), attempts: Number(attempts) }));
  }

  /** Whether a line waits or is being run. */
  anyLeft(): boolean {
    return this.#sql.exec(`SELECT 1 FROM lines WHERE state < ${ENDED} LIMIT 1`).toArray().length > 0;
  }

  /** Those that have ended so, in order, after a line: as many as come to about so many bytes, and one at least. */
  results(ok: boolean, after: number, bytes: number): ResultEntry[] {
    const found: ResultEntry[] = [];
    let size = 0;
    const rows = this.#sql.exec(
      `SELECT line, custom_id, size, text, file, stopped FROM lines
       WHERE state = ${ENDED} AND ok = ? AND line > ? ORDER BY line LIMIT ${MOST_PER_PAGE}`,
      Number(ok),
      after,
    );
    for (const row of rows) {
      size += Number(row.size);
      if (size > bytes && found.length > 0) break;
      found.push({
        line: Number(row.line),
        customId: textOf(row.custom_id),
        text: textOf(row.text),
        file: textOf(row.file),
        stopped: textOf(row.stopped) as StopReason | null,
      });
    }
    return found;
  }
}

function textOf(value: SqlStorageValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
