import { DurableObject } from 'cloudflare:workers';
import type { StoredGeneration } from './types.ts';

const RETENTION_MS = 30 * 24 * 60 * 60 * 1000;
const SWEEP_EVERY_MS = 24 * 60 * 60 * 1000;

/** The recent generations of one workspace, by id. Older ones are swept away by an alarm. */
export class TracesObject extends DurableObject {
  readonly #sql = this.ctx.storage.sql;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS generations (
         id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, receipt TEXT NOT NULL);
       CREATE INDEX IF NOT EXISTS generations_by_age ON generations (created_at);`,
    );
  }

  /** Stores generations, in one transaction. A repeated id keeps its first receipt. */
  async record(generations: StoredGeneration[]): Promise<void> {
    this.ctx.storage.transactionSync(() => {
      for (const { id, createdAt, receipt } of generations) {
        this.#sql.exec('INSERT OR IGNORE INTO generations VALUES (?, ?, ?)', id, createdAt, receipt);
      }
    });
    if ((await this.ctx.storage.getAlarm()) === null) {
      await this.ctx.storage.setAlarm(Date.now() + SWEEP_EVERY_MS);
    }
  }

  /** The receipt as JSON text, or null. */
  find(id: string): string | null {
    const rows = this.#sql.exec('SELECT receipt FROM generations WHERE id = ?', id).toArray();
    const receipt = rows[0]?.receipt;
    return typeof receipt === 'string' ? receipt : null;
  }

  override async alarm(): Promise<void> {
    this.#sql.exec('DELETE FROM generations WHERE created_at < ?', Date.now() - RETENTION_MS);
    const left = Number(this.#sql.exec('SELECT count(*) AS n FROM generations').one().n);
    if (left > 0) await this.ctx.storage.setAlarm(Date.now() + SWEEP_EVERY_MS);
  }
}
