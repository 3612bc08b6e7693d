import { and, eq } from 'drizzle-orm';
import { auditRowIf } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { members } from '../../db/schema/people.ts';
import type { Env } from '../../env.ts';
import { renewKeysOf } from '../keys/renew.ts';
import { actorName, requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { findMember, teamOf } from './find.ts';
import { mayBecome, refusedChange } from './guard.ts';
import type { MemberRow } from './view.ts';

/**
 * Takes a person out of a workspace; their keys stop, here at once and everywhere within a minute. What they
 * may spend stays noted, should they come back.
 * @throws GatewayError `permission_denied`, `not_found`, `conflict` for the last owner,
 *   `missing_parameter`, `storage_unavailable`.
 */
export async function removeMember(
  env: Env,
  actor: Principal,
  userId: string,
  workspace: string | undefined,
): Promise<void> {
  requirePermission(actor, 'member.write');
  const workspaceId = await teamOf(env, actor, workspace);
  await takeOut(env, actor, await findMember(env, actor, workspaceId, userId), 'member.remove');
}

/**
 * Leaves the caller's own workspace.
 * @throws GatewayError `permission_denied`, `conflict` for the last owner, `storage_unavailable`.
 */
export async function leaveWorkspace(env: Env, actor: Principal): Promise<void> {
  requirePermission(actor, 'workspace.leave');
  if (actor.kind !== 'member') return;
  await takeOut(env, actor, await findMember(env, actor, actor.workspaceId, actor.userId), 'member.leave');
}

async function takeOut(env: Env, actor: Principal, row: MemberRow, action: string): Promise<void> {
  const db = database(env.DB);
  const allowed = mayBecome(db, actor, row, null);
  const [, removed] = await stored(
    db.batch([
      auditRowIf(db, allowed, {
        workspaceId: row.workspaceId,
        actor: actorName(actor),
        action,
        target: row.userId,
        before: { email: row.email, role: row.role },
      }),
      db
        .delete(members)
        .where(and(eq(members.id, row.id), allowed))
        .returning({ id: members.id }),
    ]),
  );
  if (removed.length === 0) throw refusedChange(row);
  await renewKeysOf(env, row.workspaceId, row.userId);
}
