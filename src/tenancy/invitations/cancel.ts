import { and, eq, exists, sql } from 'drizzle-orm';
import { auditRowIf } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { invitations } from '../../db/schema/people.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { actorName, requirePermission, seesWorkspace } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';

/**
 * Ends an open invitation.
 * @throws GatewayError `permission_denied`, `not_found` for one that is not open or another tenant's,
 *   `storage_unavailable`.
 */
export async function cancelInvitation(env: Env, actor: Principal, id: string): Promise<void> {
  requirePermission(actor, 'member.invite');
  const db = database(env.DB);
  const isOpen = and(eq(invitations.id, id), eq(invitations.status, 'pending')) ?? sql`0`;
  const row = await stored(db.select().from(invitations).where(isOpen).get());
  if (!row || !seesWorkspace(actor, row.organizationId)) {
    throw new GatewayError('not_found', { message: 'There is no such invitation.', param: 'id' });
  }
  const open = db.select({ one: sql`1` }).from(invitations).where(isOpen);
  await stored(
    db.batch([
      auditRowIf(db, exists(open), {
        workspaceId: row.organizationId,
        actor: actorName(actor),
        action: 'invitation.cancel',
        target: row.email,
        before: { email: row.email, role: row.role },
      }),
      db.update(invitations).set({ status: 'canceled' }).where(isOpen),
    ]),
  );
}
