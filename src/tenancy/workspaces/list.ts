import { and, desc, eq, lt } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { type Page, type PageRequest, pageOf } from '../page.ts';
import { requirePermission, workspaceOf } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { type WorkspaceView, workspaceView } from './view.ts';

/**
 * The workspaces, newest first; a key sees its own.
 * @throws GatewayError `permission_denied`, `storage_unavailable`.
 */
export async function listWorkspaces(
  env: Env,
  actor: Principal,
  page: PageRequest,
): Promise<Page<WorkspaceView>> {
  requirePermission(actor, 'workspace.list');
  const rows = await stored(
    database(env.DB)
      .select()
      .from(workspaces)
      .where(
        and(
          actor.kind === 'operator' ? undefined : eq(workspaces.id, workspaceOf(actor) ?? ''),
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
