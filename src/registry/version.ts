import { sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Db } from '../db/client.ts';

/** The statement that makes every copy of the registry out of date. It belongs in the batch of each change. */
export function bumpVersion(db: Db): BatchItem<'sqlite'> {
  return db.run(sql`INSERT INTO registry_state (name, value) VALUES ('version', '1')
    ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1`);
}
