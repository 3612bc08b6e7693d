import { and, desc, eq, inArray, lt, type SQL } from 'drizzle-orm';
import { type Db, database } from '../../db/client.ts';
import { members } from '../../db/schema/people.ts';
import { workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { type Page, type PageRequest, pageOf } from '../page.ts';
import { requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { type WorkspaceView, workspaceView } from './view.ts';

/**
 * The workspaces, newest first: all for the operator, a person's own, a key's one.
 * @throws GatewayError `permission_denied`, `storage_unavailable`.
 */
export async function listWorkspaces(
  env: Env,
  actor: Principal,
  page: PageRequest,
): Promise<Page<WorkspaceView>> {
  requirePermission(actor, 'workspace.list');
  const db = database(env.DB);
  const rows = await stored(
    db
      .select()
      .from(workspaces)
      .where(
        and(
          visibleTo(db, actor),
          // Ids sort by age.
          page.cursor === undefined ? undefined : lt(workspaces.id, page.cursor),
        ),
      )
      .orderBy(desc(workspaces.id))
      .limit(page.limit + 1)
      .all(),
  );
  return pageOf(rows, page.limit, workspaceView, (row) => row.id);
}

function visibleTo(db: Db, actor: Principal): SQL | undefined {
  if (actor.kind === 'operator') return undefined;
  if (actor.kind === 'key') return eq(workspaces.id, actor.workspaceId);
  const own = db.select({ id: members.organizationId }).from(members).where(eq(members.userId, actor.userId));
  return inArray(workspaces.id, own);
}
