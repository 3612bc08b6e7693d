import { and, eq, exists, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { members } from '../../db/schema/people.ts';
import type { Principal } from '../types.ts';

/**
 * In SQL: whether the actor still is what the request found it to be. A change that is guarded by it does
 * not happen on the word of a member who was demoted in the meantime.
 */
export function stillHolds(db: Db, actor: Principal): SQL | undefined {
  if (actor.kind !== 'member') return undefined;
  return exists(
    db
      .select({ one: sql`1` })
      .from(members)
      .where(
        and(
          eq(members.organizationId, actor.workspaceId),
          eq(members.userId, actor.userId),
          eq(members.role, actor.role),
        ),
      ),
  );
}
