import { and, desc, eq, lt } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { projects } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { type Page, type PageRequest, pageOf } from '../page.ts';
import { requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { scopeOf } from '../workspaces/scope.ts';
import { type ProjectView, projectView } from './view.ts';

/**
 * The projects of a workspace, newest first; for the operator of all, unless one is named.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function listProjects(
  env: Env,
  actor: Principal,
  page: PageRequest & { workspace?: string | undefined },
): Promise<Page<ProjectView>> {
  requirePermission(actor, 'project.read');
  const workspaceId = await scopeOf(env, actor, page.workspace);
  const rows = await stored(
    database(env.DB)
      .select()
      .from(projects)
      .where(
        and(
          workspaceId === null ? undefined : eq(projects.workspaceId, workspaceId),
          page.cursor === undefined ? undefined : lt(projects.id, page.cursor),
        ),
      )
      .orderBy(desc(projects.id))
      .limit(page.limit + 1)
      .all(),
  );
  return pageOf(rows, page.limit, projectView, (row) => row.id);
}
