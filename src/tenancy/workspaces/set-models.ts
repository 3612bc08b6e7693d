import { eq } from 'drizzle-orm';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { dropCopies } from '../keys/spread.ts';
import { actorName, requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { findWorkspace } from './find.ts';

/**
 * Enables models in a workspace, by id or glob; null enables all.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function setWorkspaceModels(
  env: Env,
  actor: Principal,
  id: string,
  models: string[] | null,
): Promise<{ models: string[] | null }> {
  requirePermission(actor, 'workspace.write');
  const row = await findWorkspace(env, actor, id);
  const db = database(env.DB);
  await stored(
    db.batch([
      db.update(workspaces).set({ models }).where(eq(workspaces.id, id)),
      auditRow(db, {
        workspaceId: id,
        actor: actorName(actor),
        action: 'workspace.models',
        target: id,
        before: row.models,
        after: models,
      }),
    ]),
  );
  await dropCopies(env, id);
  return { models };
}
