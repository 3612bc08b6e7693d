import { DurableObject } from 'cloudflare:workers';
import { ContinentHealth, type StoredHealth } from './continent-health.ts';
import { Snapshots } from './snapshots.ts';
import type { Report } from './types.ts';

/** While reports come, what they add up to is stored so often: as much is lost at most. Milliseconds. */
const STORE_EVERY_MS = 10_000;

/** A row holds 2 MB at most, and a character up to three bytes. */
const PART_CHARACTERS = 500_000;

/** The health of endpoints as one continent sees it. Lives in memory; storage is for when it starts anew. */
export class HealthObject extends DurableObject {
  readonly #sql = this.ctx.storage.sql;
  readonly #health: ContinentHealth;
  readonly #snapshots: Snapshots;
  #storedAt = 0;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#sql.exec('CREATE TABLE IF NOT EXISTS state (part INTEGER PRIMARY KEY, value TEXT NOT NULL)');
    this.#health = new ContinentHealth(this.#restore());
    this.#snapshots = new Snapshots(this.#health);
  }

  /** Learns, and answers what has changed since the version that the report names: a `Snapshot` as JSON. */
  report({ since, ...news }: Report): string {
    const now = Date.now();
    this.#snapshots.hurry(this.#health.apply(news, now), news.coolDowns, now);
    const isNews = news.observations.length + news.coolDowns.length + news.waking.length > 0;
    if (isNews && now - this.#storedAt >= STORE_EVERY_MS) this.#store(now);
    return this.#snapshots.since(since, now);
  }

  /** All that is known up to this moment: a `Snapshot` as JSON. */
  read(): string {
    const now = Date.now();
    this.#snapshots.renew(now);
    return this.#snapshots.since(0, now);
  }

  #store(now: number): void {
    this.#storedAt = now;
    const text = JSON.stringify(this.#health.stored());
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec('DELETE FROM state');
      for (let part = 0; part * PART_CHARACTERS < text.length; part++) {
        const value = text.slice(part * PART_CHARACTERS, (part + 1) * PART_CHARACTERS);
        this.#sql.exec('INSERT INTO state (part, value) VALUES (?, ?)', part, value);
      }
    });
  }

  /** Undefined when there is nothing, or what there is was stored by another version of this class. */
  #restore(): StoredHealth | undefined {
    const parts = this.#sql.exec('SELECT value FROM state ORDER BY part').toArray();
    if (parts.length === 0) return undefined;
    const stored = JSON.parse(parts.map(({ value }) => String(value)).join('')) as { format?: unknown };
    return stored.format === 1 ? (stored as StoredHealth) : undefined;
  }
}
