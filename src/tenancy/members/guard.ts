import { and, eq, exists, gt, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { members } from '../../db/schema/people.ts';
import { GatewayError } from '../../errors.ts';
import type { MemberRole, Principal } from '../types.ts';
import { stillHolds } from './still-holds.ts';
import type { MemberRow } from './view.ts';

/**
 * In SQL: whether a member may become `role` (null: leave) now. They are what was read of them, the actor
 * still is who it was, and the workspace keeps an owner.
 */
export function mayBecome(db: Db, actor: Principal, row: MemberRow, role: MemberRole | null): SQL {
  const asRead = exists(
    db
      .select({ one: sql`1` })
      .from(members)
      .where(and(eq(members.id, row.id), eq(members.role, row.role))),
  );
  const owners = db
    .select({ count: sql<number>`count(*)` })
    .from(members)
    .where(and(eq(members.organizationId, row.workspaceId), eq(members.role, 'owner')));
  const keepsAnOwner = row.role === 'owner' && role !== 'owner' ? gt(sql`(${owners})`, 1) : undefined;
  return and(asRead, keepsAnOwner, stillHolds(db, actor)) ?? sql`1`;
}

/** Why a guarded change did not happen. */
export function refusedChange(row: MemberRow): GatewayError {
  return new GatewayError('conflict', {
    param: 'user',
    message:
      row.role === 'owner'
        ? 'A workspace keeps an owner: make another member the owner first.'
        : 'The member was changed at the same time.',
  });
}
