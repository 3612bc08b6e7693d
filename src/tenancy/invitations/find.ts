import { and, eq, gt, type SQL, sql } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { invitations, users } from '../../db/schema/people.ts';
import { workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { personOf } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import type { StoredInvitation } from './view.ts';

/** In SQL: whether the invitation of this id can be accepted. */
export function isOpen(id: string): SQL {
  return (
    and(eq(invitations.id, id), eq(invitations.status, 'pending'), gt(invitations.expiresAt, new Date())) ??
    sql`0`
  );
}

/**
 * An open invitation of the person who asks, whose link they have.
 * @throws GatewayError `not_found` for one that is not open, `permission_denied` for a person of another
 *   address, `storage_unavailable`.
 */
export async function findInvitation(
  env: Env,
  actor: Principal,
  id: string,
): Promise<{ invitation: StoredInvitation; userId: string; workspaceName: string }> {
  const userId = personOf(actor);
  const db = database(env.DB);
  const [[row], [user]] = await stored(
    db.batch([
      db
        .select({ invitation: invitations, workspaceName: workspaces.name })
        .from(invitations)
        .innerJoin(workspaces, eq(workspaces.id, invitations.organizationId))
        .where(isOpen(id)),
      db
        .select({ email: users.email })
        .from(users)
        .where(eq(users.id, userId ?? '')),
    ]),
  );
  if (!row || userId === null) throw noInvitation();
  if (user?.email !== row.invitation.email) {
    throw new GatewayError('permission_denied', {
      message: 'This invitation is for another e-mail address: sign in with that one.',
    });
  }
  return { ...row, userId };
}

export function noInvitation(): GatewayError {
  return new GatewayError('not_found', {
    param: 'id',
    message: 'There is no such invitation, or it is not open any more.',
  });
}
