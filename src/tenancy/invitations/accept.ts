import { and, eq, exists, gt, inArray, or, type SQL, sql } from 'drizzle-orm';
import { auditRowIf } from '../../db/audit.ts';
import { type Db, database } from '../../db/client.ts';
import { insertIf } from '../../db/insert-if.ts';
import { invitations, members, users } from '../../db/schema/people.ts';
import { workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { newId } from '../../lib/id.ts';
import { renewKeysOf } from '../keys/renew.ts';
import { mayDo, mayHandOut, personOf, requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import { MEMBER_ROLES, type MemberRole, type Principal } from '../types.ts';

/** What somebody has become by an invitation. */
export interface Joined {
  /** The workspace. */
  id: string;
  name: string;
  role: MemberRole;
}

/**
 * Joins the workspace that an invitation is for. It takes the link, and an account of the address that was
 * invited; it does nothing any more once its inviter could not send it today.
 * @throws GatewayError `permission_denied` for a person of another address, `not_found` for an invitation
 *   that is not open, `conflict` for who is a member already, `storage_unavailable`.
 */
export async function acceptInvitation(env: Env, actor: Principal, id: string): Promise<Joined> {
  requirePermission(actor, 'invitation.accept');
  const userId = personOf(actor);
  const db = database(env.DB);
  const [[row], [user]] = await stored(
    db.batch([
      db
        .select({ invitation: invitations, workspace: workspaces.name })
        .from(invitations)
        .innerJoin(workspaces, eq(workspaces.id, invitations.organizationId))
        .where(and(eq(invitations.id, id), isOpen())),
      db
        .select({ email: users.email })
        .from(users)
        .where(eq(users.id, userId ?? '')),
    ]),
  );
  if (!row || userId === null) throw noInvitation();
  const { invitation, workspace } = row;
  if (user?.email !== invitation.email) {
    throw new GatewayError('permission_denied', {
      message: 'This invitation is for another e-mail address: sign in with that one.',
    });
  }
  const role = invitation.role ?? 'viewer';
  const now = Date.now();
  const open =
    and(
      exists(
        db
          .select({ one: sql`1` })
          .from(invitations)
          .where(and(eq(invitations.id, id), isOpen())),
      ),
      inviterStands(db, invitation.inviterId, invitation.organizationId, role),
    ) ?? sql`0`;
  const member = {
    id: newId('member', now),
    organizationId: invitation.organizationId,
    userId,
    role,
    createdAt: new Date(now),
  };
  const belongs = and(eq(members.organizationId, member.organizationId), eq(members.userId, userId));
  if (await stored(db.select({ id: members.id }).from(members).where(belongs).get())) {
    throw new GatewayError('conflict', { message: 'You are a member of this workspace already.' });
  }
  const [, , accepted] = await stored(
    db.batch([
      auditRowIf(db, open, {
        workspaceId: member.organizationId,
        actor: userId,
        action: 'invitation.accept',
        target: userId,
        after: { email: invitation.email, role },
        at: now,
      }),
      insertIf(db, members, open, member),
      db
        .update(invitations)
        .set({ status: 'accepted' })
        .where(and(eq(invitations.id, id), open))
        .returning({ id: invitations.id }),
    ]),
  );
  if (accepted.length === 0) throw noInvitation();
  // Keys of an earlier membership, which have rested, work again.
  await renewKeysOf(env, member.organizationId, userId);
  return { id: member.organizationId, name: workspace, role };
}

function isOpen(): SQL {
  return and(eq(invitations.status, 'pending'), gt(invitations.expiresAt, new Date())) ?? sql`0`;
}

/** In SQL: whether the person who invited could invite into this role today. The operator and keys stand. */
function inviterStands(db: Db, inviterId: string, workspaceId: string, role: MemberRole): SQL | undefined {
  const able = MEMBER_ROLES.filter((own) => {
    const inviter: Principal = { kind: 'member', userId: inviterId, workspaceId, role: own };
    return mayDo(inviter, 'member.invite') && mayHandOut(inviter, role);
  });
  const isPerson = exists(db.select({ one: sql`1` }).from(users).where(eq(users.id, inviterId)));
  const stands = exists(
    db
      .select({ one: sql`1` })
      .from(members)
      .where(
        and(
          eq(members.organizationId, workspaceId),
          eq(members.userId, inviterId),
          inArray(members.role, able),
        ),
      ),
  );
  return or(sql`not ${isPerson}`, stands);
}

function noInvitation(): GatewayError {
  return new GatewayError('not_found', {
    param: 'id',
    message: 'There is no such invitation, or it is not open any more.',
  });
}
