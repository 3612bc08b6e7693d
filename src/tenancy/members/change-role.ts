import { and, eq } from 'drizzle-orm';
import { auditRowIf } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { members } from '../../db/schema/people.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { renewKeysOf } from '../keys/renew.ts';
import { actorName, mayHandOut, requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { MemberRole, Principal } from '../types.ts';
import { findMember, teamOf } from './find.ts';
import { mayBecome, refusedChange } from './guard.ts';
import { type MemberView, memberView } from './view.ts';

/**
 * Makes a member another role; their keys shrink with it, here at once and everywhere within a minute.
 * @throws GatewayError `permission_denied`, also for a role above the actor's own; `not_found`, `conflict`
 *   for the last owner, `missing_parameter`, `storage_unavailable`.
 */
export async function changeRole(
  env: Env,
  actor: Principal,
  userId: string,
  input: { role: MemberRole; workspace?: string | undefined },
): Promise<MemberView> {
  requirePermission(actor, 'member.write');
  const workspaceId = await teamOf(env, actor, input.workspace);
  const row = await findMember(env, actor, workspaceId, userId);
  if (!mayHandOut(actor, input.role)) {
    throw new GatewayError('permission_denied', {
      param: 'role',
      message: `You may not make anyone ${input.role}.`,
    });
  }
  if (row.role === input.role) return memberView(row);
  const db = database(env.DB);
  const allowed = mayBecome(db, actor, row, input.role);
  const [, changed] = await stored(
    db.batch([
      auditRowIf(db, allowed, {
        workspaceId,
        actor: actorName(actor),
        action: 'member.change_role',
        target: userId,
        before: { role: row.role },
        after: { role: input.role },
      }),
      db
        .update(members)
        .set({ role: input.role })
        .where(and(eq(members.id, row.id), allowed))
        .returning({ id: members.id }),
    ]),
  );
  if (changed.length === 0) throw refusedChange(row);
  await renewKeysOf(env, workspaceId, userId);
  return memberView({ ...row, role: input.role });
}
