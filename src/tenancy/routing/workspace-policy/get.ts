import type { Env } from '../../../env.ts';
import type { Policy } from '../../../routing/policy/types.ts';
import { requirePermission } from '../../permissions.ts';
import type { Principal } from '../../types.ts';
import { findWorkspace } from '../../workspaces/find.ts';

/**
 * How a workspace's requests are routed where nothing nearer says otherwise; null: nothing is said.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function getWorkspacePolicy(
  env: Env,
  actor: Principal,
  id: string,
): Promise<{ policy: Policy | null }> {
  requirePermission(actor, 'routing.read');
  return { policy: (await findWorkspace(env, actor, id)).policy };
}
