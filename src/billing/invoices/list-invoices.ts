import { and, desc, eq, lt } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { invoices } from '../../db/schema/billing.ts';
import type { Env } from '../../env.ts';
import { numberOfCursor, type Page, type PageRequest, pageOf } from '../../tenancy/page.ts';
import { requirePermission } from '../../tenancy/permissions.ts';
import { stored } from '../../tenancy/storage.ts';
import type { Principal } from '../../tenancy/types.ts';
import { scopeOf } from '../../tenancy/workspaces/scope.ts';
import { type InvoiceSummary, invoiceSummary } from './view.ts';

/**
 * Invoices and credit notes of a workspace, newest first; for the operator of all, unless one is named.
 * @throws GatewayError `permission_denied`, `not_found`, `invalid_value`, `storage_unavailable`.
 */
export async function listInvoices(
  env: Env,
  actor: Principal,
  page: PageRequest & { workspace?: string | undefined },
): Promise<Page<InvoiceSummary>> {
  requirePermission(actor, 'invoice.read');
  const workspaceId = await scopeOf(env, actor, page.workspace);
  const before = numberOfCursor(page);
  const rows = await stored(
    database(env.DB)
      .select()
      .from(invoices)
      .where(
        and(
          workspaceId === null ? undefined : eq(invoices.workspaceId, workspaceId),
          before === undefined ? undefined : lt(invoices.number, before),
        ),
      )
      .orderBy(desc(invoices.number))
      .limit(page.limit + 1)
      .all(),
  );
  return pageOf(rows, page.limit, invoiceSummary, (row) => String(row.number));
}
