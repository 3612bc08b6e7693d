import { and, desc, eq, lt, sql } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { auditLog } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import type { Json } from '../../lib/json.ts';
import { numberOfCursor, type Page, type PageRequest, pageOf, toSeconds } from '../page.ts';
import { requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { scopeOf } from '../workspaces/scope.ts';

/** One change. */
export interface AuditView {
  id: string;
  workspace: string | null;
  actor: string;
  action: string;
  target: string;
  before: Json;
  after: Json;
  /** Unix seconds. */
  created_at: number;
}

/** The order in which rows were written; ids of some entries are their change's own. */
const auditRowId = sql<number>`audit_log.rowid`;

/**
 * What was changed in a workspace, newest first; for the operator everywhere, unless one is named.
 * @throws GatewayError `permission_denied`, `not_found`, `invalid_value`, `storage_unavailable`.
 */
export async function listAudit(
  env: Env,
  actor: Principal,
  page: PageRequest & { workspace?: string | undefined },
): Promise<Page<AuditView>> {
  requirePermission(actor, 'audit.read');
  const workspaceId = await scopeOf(env, actor, page.workspace);
  const before = numberOfCursor(page);
  const rows = await stored(
    database(env.DB)
      .select({ entry: auditLog, place: auditRowId })
      .from(auditLog)
      .where(
        and(
          workspaceId === null ? undefined : eq(auditLog.workspaceId, workspaceId),
          before === undefined ? undefined : lt(auditRowId, before),
        ),
      )
      .orderBy(desc(auditRowId))
      .limit(page.limit + 1)
      .all(),
  );
  return pageOf(
    rows,
    page.limit,
    ({ entry }) => auditView(entry),
    ({ place }) => String(place),
  );
}

function auditView(row: typeof auditLog.$inferSelect): AuditView {
  return {
    id: row.id,
    workspace: row.workspaceId,
    actor: row.actor,
    action: row.action,
    target: row.target,
    before: row.before,
    after: row.after,
    created_at: toSeconds(row.createdAt),
  };
}
