import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1';
import * as schema from './schema/index.ts';

export type Db = DrizzleD1Database<typeof schema> & { $client: D1Database };

/** The typed client of the control plane's database. Cheap: make one where it is needed. */
export function database(d1: D1Database): Db {
  return drizzle(d1, { schema });
}
