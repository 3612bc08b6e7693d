import { and, eq, exists, inArray, ne, type SQL, sql } from 'drizzle-orm';
import { auditRowIf } from '../../../db/audit.ts';
import { type Db, database } from '../../../db/client.ts';
import { policies, workflows } from '../../../db/schema/routing.ts';
import type { Env } from '../../../env.ts';
import { GatewayError } from '../../../errors.ts';
import type { Json } from '../../../lib/json.ts';
import type { Policy } from '../../../routing/policy/types.ts';
import { dropCopies } from '../../keys/spread.ts';
import { actorName, requirePermission } from '../../permissions.ts';
import { stored } from '../../storage.ts';
import type { Principal } from '../../types.ts';
import { chooseWorkspace } from '../../workspaces/choose.ts';
import { DEPLOYMENT } from '../place.ts';
import { requireRoom } from '../room.ts';
import { type WorkflowView, workflowView } from './list.ts';

const WORKFLOWS = {
  table: workflows,
  workspaceId: workflows.workspaceId,
  content: workflows.policy,
  plural: 'workflows',
  most: 200,
};

/**
 * Declares a workflow, as a whole: with a policy of its own, or with the name of a stored one, which is read
 * anew for each use.
 * @throws GatewayError `permission_denied`, `not_found` for the workspace, `missing_parameter`,
 *   `policy_not_found`, `conflict` when there are too many, `storage_unavailable`.
 */
export async function putWorkflow(
  env: Env,
  actor: Principal,
  input: { name: string; policy: Policy | string | null; workspace: string | undefined },
): Promise<WorkflowView> {
  requirePermission(actor, 'routing.write');
  const { name, policy } = input;
  const workspaceId = await chooseWorkspace(env, actor, input.workspace);
  await requireRoom(env, WORKFLOWS, workspaceId, ne(workflows.name, name), policy ?? {});
  const db = database(env.DB);
  const before = await stored(
    db
      .select()
      .from(workflows)
      .where(and(eq(workflows.workspaceId, workspaceId), eq(workflows.name, name)))
      .get(),
  );
  const now = Date.now();
  const row = { workspaceId, name, policy, createdAt: before?.createdAt ?? now, updatedAt: now };
  const possible = typeof policy === 'string' ? hasPolicy(db, workspaceId, policy) : sql`true`;
  const [, written] = await stored(
    db.batch([
      auditRowIf(db, possible, {
        workspaceId,
        actor: actorName(actor),
        action: 'workflow.put',
        target: name,
        before: before ? ({ policy: before.policy } as Json) : null,
        after: { policy } as Json,
        at: now,
      }),
      db
        .insert(workflows)
        .select(
          sql`select ${workspaceId}, ${name}, ${sql.param(policy, workflows.policy)}, ${row.createdAt}, ${now}
            where ${possible}`,
        )
        .onConflictDoUpdate({
          target: [workflows.workspaceId, workflows.name],
          set: { policy, updatedAt: now },
        })
        .returning({ name: workflows.name }),
    ]),
  );
  if (written.length === 0) {
    throw new GatewayError('policy_not_found', {
      param: 'policy',
      message: `There is no policy ${JSON.stringify(policy)}.`,
    });
  }
  await dropCopies(env, workspaceId);
  return workflowView(row);
}

/** Whether the workspace, or the deployment, has a policy of this name. */
function hasPolicy(db: Db, workspaceId: string, name: string): SQL {
  return exists(
    db
      .select({ one: sql`1` })
      .from(policies)
      .where(and(inArray(policies.workspaceId, [DEPLOYMENT, workspaceId]), eq(policies.name, name))),
  );
}
