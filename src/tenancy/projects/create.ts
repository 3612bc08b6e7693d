import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { projects } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { newId } from '../../lib/id.ts';
import { actorName, requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { chooseWorkspace } from '../workspaces/choose.ts';
import { type ProjectView, projectView } from './view.ts';

export interface NewProject {
  name: string;
  /** Absent: the caller's own, or for the operator the oldest. */
  workspace?: string | undefined;
}

/** @throws GatewayError `permission_denied`, `not_found`, `missing_parameter`, `storage_unavailable`. */
export async function createProject(env: Env, actor: Principal, input: NewProject): Promise<ProjectView> {
  requirePermission(actor, 'project.create');
  const workspaceId = await chooseWorkspace(env, actor, input.workspace);
  const now = Date.now();
  const row = { id: newId('project', now), workspaceId, name: input.name, allowance: null, createdAt: now };
  const db = database(env.DB);
  await stored(
    db.batch([
      db.insert(projects).values(row),
      auditRow(db, {
        workspaceId,
        actor: actorName(actor),
        action: 'project.create',
        target: row.id,
        after: { name: row.name },
        at: now,
      }),
    ]),
  );
  return projectView(row);
}
