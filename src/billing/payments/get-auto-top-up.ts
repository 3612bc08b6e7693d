import type { Env } from '../../env.ts';
import { requirePermission } from '../../tenancy/permissions.ts';
import type { Principal } from '../../tenancy/types.ts';
import { findWorkspace } from '../../tenancy/workspaces/find.ts';
import { type AutoTopUpView, autoTopUpView } from './auto-top-up-view.ts';

/**
 * Automatic top-ups of a workspace; null where they are off.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function getAutoTopUp(
  env: Env,
  actor: Principal,
  workspaceId: string,
): Promise<AutoTopUpView | null> {
  requirePermission(actor, 'credits.read');
  return autoTopUpView((await findWorkspace(env, actor, workspaceId)).autoTopUp);
}
