import { eq } from 'drizzle-orm';
import { auditRow } from '../../../db/audit.ts';
import { database } from '../../../db/client.ts';
import { workspaces } from '../../../db/schema/tenancy.ts';
import type { Env } from '../../../env.ts';
import type { Json } from '../../../lib/json.ts';
import type { Policy } from '../../../routing/policy/types.ts';
import { dropCopies } from '../../keys/spread.ts';
import { actorName, requirePermission } from '../../permissions.ts';
import { stored } from '../../storage.ts';
import type { Principal } from '../../types.ts';
import { findWorkspace } from '../../workspaces/find.ts';

/**
 * Sets how a workspace's requests are routed where nothing nearer says otherwise; null takes it away.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function setWorkspacePolicy(
  env: Env,
  actor: Principal,
  id: string,
  policy: Policy | null,
): Promise<{ policy: Policy | null }> {
  requirePermission(actor, 'workspace.write');
  const row = await findWorkspace(env, actor, id);
  const db = database(env.DB);
  await stored(
    db.batch([
      db.update(workspaces).set({ policy }).where(eq(workspaces.id, id)),
      auditRow(db, {
        workspaceId: id,
        actor: actorName(actor),
        action: 'workspace.policy',
        target: id,
        before: row.policy as Json,
        after: policy as Json,
      }),
    ]),
  );
  await dropCopies(env, id);
  return { policy };
}
