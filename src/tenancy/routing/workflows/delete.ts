import { and, eq } from 'drizzle-orm';
import { auditRow } from '../../../db/audit.ts';
import { database } from '../../../db/client.ts';
import { workflows } from '../../../db/schema/routing.ts';
import type { Env } from '../../../env.ts';
import { GatewayError } from '../../../errors.ts';
import type { Json } from '../../../lib/json.ts';
import { dropCopies } from '../../keys/spread.ts';
import { actorName, requirePermission } from '../../permissions.ts';
import { stored } from '../../storage.ts';
import type { Principal } from '../../types.ts';
import { chooseWorkspace } from '../../workspaces/choose.ts';

/**
 * Deletes a workflow. What was measured for it stays.
 * @throws GatewayError `permission_denied`, `not_found`, `missing_parameter`, `storage_unavailable`.
 */
export async function deleteWorkflow(
  env: Env,
  actor: Principal,
  name: string,
  workspace: string | undefined,
): Promise<void> {
  requirePermission(actor, 'routing.write');
  const workspaceId = await chooseWorkspace(env, actor, workspace);
  const db = database(env.DB);
  const here = and(eq(workflows.workspaceId, workspaceId), eq(workflows.name, name));
  const row = await stored(db.select().from(workflows).where(here).get());
  if (!row) throw noWorkflow();
  await stored(
    db.batch([
      db.delete(workflows).where(here),
      auditRow(db, {
        workspaceId,
        actor: actorName(actor),
        action: 'workflow.delete',
        target: name,
        before: { policy: row.policy } as Json,
      }),
    ]),
  );
  await dropCopies(env, workspaceId);
}

export function noWorkflow(): GatewayError {
  return new GatewayError('not_found', { param: 'name', message: 'There is no such workflow.' });
}
