import { asc, eq } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { projects, workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { actorName, personOf, requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { grantOf, WORKSPACE_COLUMNS } from '../workspace-grant.ts';
import { chooseWorkspace } from '../workspaces/choose.ts';

/**
 * As whom an actor asks how a request would be routed: a key as itself, all others as a key of the workspace
 * that has no limits of its own. That key is nowhere stored: it calls nobody.
 * @param asked a workspace; absent: the caller's own, else, for the operator, the oldest.
 * @throws GatewayError `permission_denied`, `not_found`, `missing_parameter`, `storage_unavailable`.
 */
export async function callerOf(
  env: Env,
  actor: Principal,
  asked: string | undefined,
): Promise<Extract<Principal, { kind: 'key' }>> {
  requirePermission(actor, 'route.explain');
  const workspaceId = await chooseWorkspace(env, actor, asked);
  if (actor.kind === 'key') return actor;
  const row = await stored(
    database(env.DB)
      .select({ workspace: WORKSPACE_COLUMNS, projectId: projects.id })
      .from(workspaces)
      .innerJoin(projects, eq(projects.workspaceId, workspaces.id))
      .where(eq(workspaces.id, workspaceId))
      .orderBy(asc(projects.id))
      .limit(1)
      .get(),
  );
  if (!row)
    throw new GatewayError('not_found', { param: 'workspace', message: 'There is no such workspace.' });
  return {
    kind: 'key',
    keyId: actorName(actor),
    workspaceId,
    projectId: row.projectId,
    userId: personOf(actor),
    role: 'inference',
    models: null,
    allowedIps: null,
    expiresAt: null,
    allowance: null,
    projectAllowance: null,
    memberAllowance: null,
    ...grantOf(row.workspace),
  };
}
