import { DurableObject } from 'cloudflare:workers';
import { type Amendment, RETENTION_MS, type StoredGeneration, type StoredReceipt } from './types.ts';

const SWEEP_EVERY_MS = 24 * 60 * 60 * 1000;

/** The receipt that is `?3` with its amendment; null where it charges nothing. */
const AMENDED = `CASE WHEN json_extract(?3, '$.credits_used') > 0 THEN json_patch(?3, changes) END`;

/** The recent generations of one workspace, by id. Older ones are swept away by an alarm. */
export class TracesObject extends DurableObject {
  readonly #sql = this.ctx.storage.sql;
  /** An alarm is set, as far as this instance knows. */
  #sweepIsDue = false;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS generations (
         sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL,
         receipt TEXT NOT NULL);
       CREATE INDEX IF NOT EXISTS generations_by_age ON generations (created_at);
       CREATE TABLE IF NOT EXISTS amendments (id TEXT PRIMARY KEY, changes TEXT NOT NULL, made_at INTEGER NOT NULL);`,
    );
  }

  /** Stores generations, in one transaction. A repeated id keeps its first receipt. */
  async record(generations: StoredGeneration[]): Promise<void> {
    this.ctx.storage.transactionSync(() => {
      for (const { id, createdAt, receipt } of generations) {
        this.#sql.exec(
          `INSERT OR IGNORE INTO generations (id, created_at, receipt)
           VALUES (?1, ?2, coalesce((SELECT ${AMENDED} FROM amendments WHERE id = ?1), ?3))`,
          id,
          createdAt,
          receipt,
        );
      }
    });
    if (this.#sweepIsDue) return;
    if ((await this.ctx.storage.getAlarm()) === null) {
      await this.ctx.storage.setAlarm(Date.now() + SWEEP_EVERY_MS);
    }
    this.#sweepIsDue = true;
  }

  amend(amendments: Amendment[]): void {
    this.ctx.storage.transactionSync(() => {
      for (const { id, changes } of amendments) {
        const text = JSON.stringify(changes);
        this.#sql.exec('INSERT OR REPLACE INTO amendments VALUES (?, ?, ?)', id, text, Date.now());
        this.#sql.exec(
          `UPDATE generations SET receipt = json_patch(receipt, ?2)
           WHERE id = ?1 AND json_extract(receipt, '$.credits_used') > 0`,
          id,
          text,
        );
      }
    });
  }

  /** The receipt as JSON text, or null. */
  find(id: string): string | null {
    const rows = this.#sql.exec('SELECT receipt FROM generations WHERE id = ?', id).toArray();
    const receipt = rows[0]?.receipt;
    return typeof receipt === 'string' ? receipt : null;
  }

  /** The receipts of those of these ids that there are. */
  findAll(ids: string[]): StoredReceipt[] {
    return ids.flatMap(
      (id) =>
        this.#sql
          .exec('SELECT sequence, id, receipt FROM generations WHERE id = ?', id)
          .toArray() as unknown as StoredReceipt[],
    );
  }

  /** Receipts in the order in which they were written, after a sequence number. */
  page(after: number, limit: number): StoredReceipt[] {
    return this.#sql
      .exec(
        'SELECT sequence, id, receipt FROM generations WHERE sequence > ? ORDER BY sequence LIMIT ?',
        after,
        limit,
      )
      .toArray() as unknown as StoredReceipt[];
  }

  override async alarm(): Promise<void> {
    this.#sweepIsDue = false;
    this.#sql.exec('DELETE FROM generations WHERE created_at < ?', Date.now() - RETENTION_MS);
    this.#sql.exec('DELETE FROM amendments WHERE made_at < ?', Date.now() - RETENTION_MS);
    const left = Number(this.#sql.exec('SELECT count(*) AS n FROM generations').one().n);
    if (left > 0) await this.ctx.storage.setAlarm(Date.now() + SWEEP_EVERY_MS);
  }
}
