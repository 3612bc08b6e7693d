import { eq } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { invoices } from '../../db/schema/billing.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { requirePermission, seesWorkspace } from '../../tenancy/permissions.ts';
import { stored } from '../../tenancy/storage.ts';
import type { Principal } from '../../tenancy/types.ts';
import type { InvoiceRow } from './view.ts';

/**
 * An invoice or credit note as it was issued.
 * @throws GatewayError `permission_denied`, `not_found`, also for another tenant's, `storage_unavailable`.
 */
export async function getInvoice(env: Env, actor: Principal, id: string): Promise<InvoiceRow> {
  requirePermission(actor, 'invoice.read');
  const row = await stored(database(env.DB).select().from(invoices).where(eq(invoices.id, id)).get());
  if (!row || !seesWorkspace(actor, row.workspaceId))
    throw new GatewayError('not_found', { message: 'There is no such invoice.', param: 'id' });
  return row;
}
