import { asc, eq } from 'drizzle-orm';
import { database } from '../../../db/client.ts';
import { workflows } from '../../../db/schema/routing.ts';
import type { Env } from '../../../env.ts';
import type { Policy } from '../../../routing/policy/types.ts';
import { toSeconds } from '../../page.ts';
import { requirePermission } from '../../permissions.ts';
import { stored } from '../../storage.ts';
import type { Principal } from '../../types.ts';
import { chooseWorkspace } from '../../workspaces/choose.ts';

/** A named bundle of requests. Times are Unix seconds. */
export interface WorkflowView {
  name: string;
  /** Its own, or the name of a stored one. */
  policy: Policy | string | null;
  workspace: string;
  created_at: number;
  updated_at: number;
}

/**
 * The workflows of a workspace, by name.
 * @throws GatewayError `permission_denied`, `not_found`, `missing_parameter`, `storage_unavailable`.
 */
export async function listWorkflows(
  env: Env,
  actor: Principal,
  workspace: string | undefined,
): Promise<WorkflowView[]> {
  requirePermission(actor, 'routing.read');
  const workspaceId = await chooseWorkspace(env, actor, workspace);
  const rows = await stored(
    database(env.DB)
      .select()
      .from(workflows)
      .where(eq(workflows.workspaceId, workspaceId))
      .orderBy(asc(workflows.name)),
  );
  return rows.map(workflowView);
}

export function workflowView(row: typeof workflows.$inferSelect): WorkflowView {
  return {
    name: row.name,
    policy: row.policy,
    workspace: row.workspaceId,
    created_at: toSeconds(row.createdAt),
    updated_at: toSeconds(row.updatedAt),
  };
}
