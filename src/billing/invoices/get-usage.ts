import type { Env } from '../../env.ts';
import { requirePermission } from '../../tenancy/permissions.ts';
import type { Principal } from '../../tenancy/types.ts';
import { findWorkspace } from '../../tenancy/workspaces/find.ts';
import { draftInvoice } from './draft-invoice.ts';
import { monthOf } from './month.ts';
import { type UsageView, usageView } from './view.ts';

/**
 * What a workspace used in a month and was charged for it: what its invoice would say now.
 * @param month `YYYY-MM`, UTC; the running one when absent.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function getUsage(
  env: Env,
  actor: Principal,
  workspaceId: string,
  month: string | undefined,
  now = Date.now(),
): Promise<UsageView> {
  requirePermission(actor, 'invoice.read');
  const workspace = await findWorkspace(env, actor, workspaceId);
  const period = month ?? monthOf(now);
  return usageView(await draftInvoice(env, workspace, period), period, period < monthOf(now));
}
