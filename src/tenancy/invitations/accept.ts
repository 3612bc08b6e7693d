import { and, eq, exists, inArray, isNull, or, type SQL, sql } from 'drizzle-orm';
import { auditRowIf } from '../../db/audit.ts';
import { type Db, database } from '../../db/client.ts';
import { insertIf } from '../../db/insert-if.ts';
import { invitations, members } from '../../db/schema/people.ts';
import { keys } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { newId } from '../../lib/id.ts';
import { renewKeysOf } from '../keys/renew.ts';
import { mayDo, mayHandOut, requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import { MEMBER_ROLES, type MemberRole, type Principal } from '../types.ts';
import { findInvitation, isOpen, noInvitation } from './find.ts';
import type { StoredInvitation } from './view.ts';

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
  const { invitation, userId, workspaceName } = await findInvitation(env, actor, id);
  const { role, organizationId } = invitation;
  const db = database(env.DB);
  const belongs = and(eq(members.organizationId, organizationId), eq(members.userId, userId));
  if (await stored(db.select({ id: members.id }).from(members).where(belongs).get())) {
    throw new GatewayError('conflict', { message: 'You are a member of this workspace already.' });
  }
  const now = Date.now();
  const stillOpen = exists(db.select({ one: sql`1` }).from(invitations).where(isOpen(id)));
  const good = and(stillOpen, inviterStands(db, invitation)) ?? sql`0`;
  const [, , accepted] = await stored(
    db.batch([
      auditRowIf(db, good, {
        workspaceId: organizationId,
        actor: userId,
        action: 'invitation.accept',
        target: userId,
        after: { email: invitation.email, role },
        at: now,
      }),
      insertIf(db, members, good, {
        id: newId('member', now),
        organizationId,
        userId,
        role,
        createdAt: new Date(now),
      }),
      db
        .update(invitations)
        .set({ status: 'accepted' })
        .where(and(eq(invitations.id, id), good))
        .returning({ id: invitations.id }),
    ]),
  );
  if (accepted.length === 0) throw noInvitation();
  // Keys of an earlier membership, which have rested, work again.
  await renewKeysOf(env, organizationId, userId);
  return { id: organizationId, name: workspaceName, role };
}

/** In SQL: whether who invited, a person or a key, could invite into this role today. The operator can. */
function inviterStands(db: Db, { inviterId, organizationId, role }: StoredInvitation): SQL | undefined {
  if (inviterId === 'operator') return undefined;
  const able = MEMBER_ROLES.filter((own) => {
    const inviter = { kind: 'member', userId: inviterId, workspaceId: organizationId, role: own } as const;
    return mayDo(inviter, 'member.invite') && mayHandOut(inviter, role);
  });
  const asMember = exists(
    db
      .select({ one: sql`1` })
      .from(members)
      .where(
        and(
          eq(members.organizationId, organizationId),
          eq(members.userId, inviterId),
          inArray(members.role, able),
        ),
      ),
  );
  const asKey = exists(
    db
      .select({ one: sql`1` })
      .from(keys)
      .where(and(eq(keys.id, inviterId), eq(keys.role, 'admin'), isNull(keys.revokedAt))),
  );
  return or(asMember, asKey);
}
