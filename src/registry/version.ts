import { sql } from 'drizzle-orm';

/** What makes every copy of the registry out of date. It belongs in the batch of each change. */
export const NEXT_VERSION = sql`INSERT INTO registry_state (name, value) VALUES ('version', '1')
  ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1`;
