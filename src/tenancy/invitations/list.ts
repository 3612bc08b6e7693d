import { and, desc, eq, gt, lt } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { invitations } from '../../db/schema/people.ts';
import type { Env } from '../../env.ts';
import { teamOf } from '../members/find.ts';
import { type Page, type PageRequest, pageOf } from '../page.ts';
import { requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { type InvitationView, invitationView } from './view.ts';

/**
 * The open invitations of a workspace, newest first.
 * @throws GatewayError `permission_denied`, `not_found`, `missing_parameter`, `storage_unavailable`.
 */
export async function listInvitations(
  env: Env,
  actor: Principal,
  origin: string,
  page: PageRequest & { workspace?: string | undefined },
): Promise<Page<InvitationView>> {
  requirePermission(actor, 'member.invite');
  const workspaceId = await teamOf(env, actor, page.workspace);
  const rows = await stored(
    database(env.DB)
      .select()
      .from(invitations)
      .where(
        and(
          eq(invitations.organizationId, workspaceId),
          eq(invitations.status, 'pending'),
          gt(invitations.expiresAt, new Date()),
          page.cursor === undefined ? undefined : lt(invitations.id, page.cursor),
        ),
      )
      .orderBy(desc(invitations.id))
      .limit(page.limit + 1)
      .all(),
  );
  return pageOf(
    rows,
    page.limit,
    (row) => invitationView(row, origin),
    (row) => row.id,
  );
}
