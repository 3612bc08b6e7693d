import { and, desc, eq, lt } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { topUps } from '../../db/schema/billing.ts';
import type { Env } from '../../env.ts';
import { type Page, type PageRequest, pageOf } from '../../tenancy/page.ts';
import { requirePermission } from '../../tenancy/permissions.ts';
import { stored } from '../../tenancy/storage.ts';
import type { Principal } from '../../tenancy/types.ts';
import { findWorkspace } from '../../tenancy/workspaces/find.ts';
import { refundsOf } from './refunds-of.ts';
import { type TopUpView, topUpView } from './view.ts';

/**
 * The payments of a workspace, newest first.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function listTopUps(
  env: Env,
  actor: Principal,
  workspaceId: string,
  page: PageRequest,
): Promise<Page<TopUpView>> {
  requirePermission(actor, 'credits.read');
  await findWorkspace(env, actor, workspaceId);
  const rows = await stored(
    database(env.DB)
      .select()
      .from(topUps)
      .where(
        and(
          eq(topUps.workspaceId, workspaceId),
          page.cursor === undefined ? undefined : lt(topUps.id, page.cursor),
        ),
      )
      // Ids sort by age.
      .orderBy(desc(topUps.id))
      .limit(page.limit + 1)
      .all(),
  );
  const refunds = await refundsOf(
    env,
    workspaceId,
    rows.map(({ id }) => id),
  );
  return pageOf(
    rows,
    page.limit,
    (row) => topUpView(row, refunds.get(row.id) ?? 0),
    (row) => row.id,
  );
}
