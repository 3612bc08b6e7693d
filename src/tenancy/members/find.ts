import { and, eq } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { members, users } from '../../db/schema/people.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { mayHandOut, workspaceOf } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { findWorkspace } from '../workspaces/find.ts';
import type { MemberRow } from './view.ts';

/** The columns of a `MemberRow`. */
export const MEMBER_COLUMNS = {
  id: members.id,
  workspaceId: members.organizationId,
  userId: members.userId,
  role: members.role,
  createdAt: members.createdAt,
  name: users.name,
  email: users.email,
};

/**
 * The workspace whose people are meant: the one asked for, else the caller's own. The operator must name it.
 * @throws GatewayError `not_found`, also for another tenant's; `missing_parameter`, `storage_unavailable`.
 */
export async function teamOf(env: Env, actor: Principal, asked: string | undefined): Promise<string> {
  if (asked !== undefined) return (await findWorkspace(env, actor, asked, 'workspace')).id;
  const own = workspaceOf(actor);
  if (own !== null) return own;
  throw new GatewayError('missing_parameter', { param: 'workspace', message: 'Name the workspace.' });
}

/**
 * A member, when the actor may change them: one whose role can do more than the actor's is out of reach.
 * @throws GatewayError `not_found`, `permission_denied`, `storage_unavailable`.
 */
export async function findMember(
  env: Env,
  actor: Principal,
  workspaceId: string,
  userId: string,
): Promise<MemberRow> {
  const row = await stored(
    database(env.DB)
      .select(MEMBER_COLUMNS)
      .from(members)
      .innerJoin(users, eq(users.id, members.userId))
      .where(and(eq(members.organizationId, workspaceId), eq(members.userId, userId)))
      .get(),
  );
  if (!row) throw new GatewayError('not_found', { message: 'There is no such member.', param: 'user' });
  if (!mayHandOut(actor, row.role)) {
    throw new GatewayError('permission_denied', {
      message: `You may not change a member of role ${row.role}.`,
    });
  }
  return row;
}
