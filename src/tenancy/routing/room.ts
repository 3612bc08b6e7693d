import { count, eq, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import { type Db, database } from '../../db/client.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { stored } from '../storage.ts';

/** A table of rules: whose they are, and the column that makes them large. */
interface RulesTable {
  table: SQLiteTable;
  workspaceId: SQLiteColumn;
  content: SQLiteColumn;
  /** For people. */
  plural: string;
  /** How many there may be in one place. */
  most: number;
}

/** Rules travel with each key of a workspace, or with the registry: together they stay as small as this, characters. */
const MOST_CHARACTERS = 64 * 1024;

/**
 * Says whether one more rule, or a larger one, has its place.
 * @param others the rows of the table but the one that is written.
 * @param content what is written.
 * @throws GatewayError `conflict` when there are too many, or too much; `storage_unavailable`.
 */
export async function requireRoom(
  env: Env,
  { table, workspaceId, content, plural, most }: RulesTable,
  place: string,
  others: SQL,
  written: unknown,
): Promise<void> {
  const db: Db = database(env.DB);
  const used = await stored(
    db
      .select({ number: count(), characters: sql<number>`coalesce(sum(length(${content})), 0)` })
      .from(table)
      .where(sql`${eq(workspaceId, place)} and ${others}`)
      .get(),
  );
  if ((used?.number ?? 0) >= most) {
    throw new GatewayError('conflict', {
      message: `There are ${most} ${plural} already, which is the most there may be.`,
    });
  }
  if ((used?.characters ?? 0) + JSON.stringify(written).length > MOST_CHARACTERS) {
    throw new GatewayError('conflict', {
      message: `All ${plural} together may be ${MOST_CHARACTERS} characters long, as JSON: this would be more.`,
    });
  }
}
