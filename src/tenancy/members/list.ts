import { and, desc, eq, lt } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { members, users } from '../../db/schema/people.ts';
import type { Env } from '../../env.ts';
import { type Page, type PageRequest, pageOf } from '../page.ts';
import { requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { MEMBER_COLUMNS, teamOf } from './find.ts';
import { type MemberView, memberView } from './view.ts';

/**
 * The members of a workspace, who joined last first.
 * @throws GatewayError `permission_denied`, `not_found`, `missing_parameter`, `storage_unavailable`.
 */
export async function listMembers(
  env: Env,
  actor: Principal,
  page: PageRequest & { workspace?: string | undefined },
): Promise<Page<MemberView>> {
  requirePermission(actor, 'member.read');
  const workspaceId = await teamOf(env, actor, page.workspace);
  const rows = await stored(
    database(env.DB)
      .select(MEMBER_COLUMNS)
      .from(members)
      .innerJoin(users, eq(users.id, members.userId))
      .where(
        and(
          eq(members.organizationId, workspaceId),
          page.cursor === undefined ? undefined : lt(members.id, page.cursor),
        ),
      )
      .orderBy(desc(members.id))
      .limit(page.limit + 1)
      .all(),
  );
  return pageOf(rows, page.limit, memberView, (row) => row.id);
}
