import type { Env } from '../../env.ts';
import { requirePermission } from '../../tenancy/permissions.ts';
import type { Principal } from '../../tenancy/types.ts';
import { findWorkspace } from '../../tenancy/workspaces/find.ts';
import type { Tax } from './totals.ts';

/**
 * The tax that the next invoices of a workspace will state; null for none.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function getTax(env: Env, actor: Principal, workspaceId: string): Promise<Tax | null> {
  requirePermission(actor, 'invoice.read');
  return (await findWorkspace(env, actor, workspaceId)).tax;
}
