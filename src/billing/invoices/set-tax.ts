import { eq } from 'drizzle-orm';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { actorName, requirePermission } from '../../tenancy/permissions.ts';
import { stored } from '../../tenancy/storage.ts';
import type { Principal } from '../../tenancy/types.ts';
import { findWorkspace } from '../../tenancy/workspaces/find.ts';
import { isTaxPercent, type Tax } from './totals.ts';

/**
 * Sets the tax on invoices that will be issued; those that were keep theirs.
 * @throws GatewayError `permission_denied`, `not_found`, `invalid_value`, `storage_unavailable`.
 */
export async function setTax(
  env: Env,
  actor: Principal,
  workspaceId: string,
  tax: Tax | null,
): Promise<Tax | null> {
  requirePermission(actor, 'workspace.pricing');
  const workspace = await findWorkspace(env, actor, workspaceId);
  if (tax && !isTaxPercent(tax.percent)) {
    throw new GatewayError('invalid_value', {
      message: 'percent must be from 0 to 100, with at most four decimals.',
      param: 'percent',
    });
  }
  const db = database(env.DB);
  await stored(
    db.batch([
      db.update(workspaces).set({ tax }).where(eq(workspaces.id, workspaceId)),
      auditRow(db, {
        workspaceId,
        actor: actorName(actor),
        action: 'workspace.tax',
        target: workspaceId,
        before: workspace.tax && { ...workspace.tax },
        after: tax && { ...tax },
      }),
    ]),
  );
  return tax;
}
