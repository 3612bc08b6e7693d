import type { SlotMessage } from './types.ts';

/** A slot by number and turn. */
export type Turn = Omit<SlotMessage, 'batchId'>;

/**
 * Who may run lines of a batch: each slot has one message of the queue under way, and a message is good for one
 * consumer, however often it is delivered.
 */
export class Slots {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  create(): void {
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS slots (
         slot INTEGER PRIMARY KEY, turn INTEGER NOT NULL, lanes INTEGER NOT NULL, entered INTEGER NOT NULL,
         seen_at INTEGER NOT NULL);`,
    );
  }

  /** Slots for so many lines at once, some in each. @returns their first messages. */
  make(lanes: number, perSlot: number, now: number): Turn[] {
    const count = Math.ceil(lanes / perSlot);
    return Array.from({ length: count }, (_, slot) => {
      const own = Math.floor(lanes / count) + (slot < lanes % count ? 1 : 0);
      this.#sql.exec('INSERT INTO slots VALUES (?, 1, ?, 0, ?)', slot, own, now);
      return { slot, turn: 1 };
    });
  }

  /** Begins a turn, once. @returns how many lines at once; null where it has begun or is past. */
  enter({ slot, turn }: Turn, now: number): number | null {
    const [row] = this.#sql
      .exec(
        'UPDATE slots SET entered = 1, seen_at = ? WHERE slot = ? AND turn = ? AND entered = 0 RETURNING lanes',
        now,
        slot,
        turn,
      )
      .toArray();
    return row ? Number(row.lanes) : null;
  }

  /** Somebody works this turn. @returns false where it is past. */
  seen({ slot, turn }: Turn, now: number): boolean {
    return (
      this.#sql
        .exec('UPDATE slots SET seen_at = ? WHERE slot = ? AND turn = ? RETURNING slot', now, slot, turn)
        .toArray().length > 0
    );
  }

  /** Ends a turn. @param from when the next is due, Unix milliseconds. @returns it; null where the turn is past. */
  renew({ slot, turn }: Turn, from: number): Turn | null {
    const [row] = this.#sql
      .exec(
        'UPDATE slots SET turn = turn + 1, entered = 0, seen_at = ? WHERE slot = ? AND turn = ? RETURNING turn',
        from,
        slot,
        turn,
      )
      .toArray();
    return row ? { slot, turn: Number(row.turn) } : null;
  }

  /** Ends a slot that has nothing left to do, unless its turn is past. */
  end({ slot, turn }: Turn): null {
    this.#sql.exec('DELETE FROM slots WHERE slot = ? AND turn = ?', slot, turn);
    return null;
  }

  /**
   * Turns that nothing has been heard of, and whether they have begun.
   * @param since for those that have, and those whose message waits, Unix milliseconds.
   */
  silentSince(since: { begun: number; waiting: number }): (Turn & { begun: boolean })[] {
    return this.#sql
      .exec(
        'SELECT slot, turn, entered FROM slots WHERE seen_at < CASE entered WHEN 1 THEN ? ELSE ? END',
        since.begun,
        since.waiting,
      )
      .toArray()
      .map(({ slot, turn, entered }) => ({ slot: Number(slot), turn: Number(turn), begun: entered === 1 }));
  }
}
