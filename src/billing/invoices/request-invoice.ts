import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { actorName, requirePermission } from '../../tenancy/permissions.ts';
import type { Principal } from '../../tenancy/types.ts';
import { findWorkspace } from '../../tenancy/workspaces/find.ts';
import { issueInvoice } from './issue-invoice.ts';
import { requireOver } from './month.ts';
import { type InvoiceView, invoiceView } from './view.ts';

/**
 * Issues an invoice at the operator's word, or answers the one that was issued before.
 * @throws GatewayError `permission_denied`, `not_found`, `invalid_value` for a month that is not over or has
 *   no usage, `storage_unavailable`.
 */
export async function requestInvoice(
  env: Env,
  actor: Principal,
  workspaceId: string,
  month: string,
): Promise<{ invoice: InvoiceView; isNew: boolean }> {
  requirePermission(actor, 'invoice.issue');
  await findWorkspace(env, actor, workspaceId, 'workspace');
  requireOver(month);
  const issued = await issueInvoice(env, workspaceId, month, actorName(actor));
  if (!issued) {
    throw new GatewayError('invalid_value', {
      message: `The workspace used nothing in ${month}.`,
      param: 'month',
    });
  }
  return { invoice: invoiceView(issued.row), isNew: issued.isNew };
}
