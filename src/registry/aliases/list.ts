import { asc, inArray } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { modelAliases } from '../../db/schema/aliases.ts';
import type { Env } from '../../env.ts';
import { requirePermission } from '../../tenancy/permissions.ts';
import { stored } from '../../tenancy/storage.ts';
import type { Principal } from '../../tenancy/types.ts';
import { type AliasView, aliasScope, DEPLOYMENT } from './scope.ts';

/**
 * The aliases in force for a workspace: its own and the deployment's that they do not cover. For the
 * operator, who names none, the deployment's. By name.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function listAliases(
  env: Env,
  actor: Principal,
  workspace: string | undefined,
): Promise<AliasView[]> {
  requirePermission(actor, 'alias.read');
  const scope = await aliasScope(env, actor, workspace);
  const rows = await stored(
    database(env.DB)
      .select()
      .from(modelAliases)
      .where(inArray(modelAliases.workspaceId, [DEPLOYMENT, scope]))
      .orderBy(asc(modelAliases.folded)),
  );
  const covered = new Set(
    rows.filter(({ workspaceId }) => workspaceId !== DEPLOYMENT).map(({ folded }) => folded),
  );
  return rows
    .filter(({ workspaceId, folded }) => workspaceId !== DEPLOYMENT || !covered.has(folded))
    .map(({ alias, modelId, workspaceId }) => ({
      alias,
      model: modelId,
      workspace: workspaceId === DEPLOYMENT ? null : workspaceId,
    }));
}
