import { asc, eq, sql } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { reconciliations } from '../../db/schema/billing.ts';
import { workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { stored } from '../../tenancy/storage.ts';
import { reconcileWorkspace } from './reconcile-workspace.ts';

/** Workspaces per run, those first that have waited longest. */
const PER_RUN = 50;
/** Pages over all workspaces per run. */
const MOST_PAGES = 150;

/**
 * Compares receipts, ledgers and what providers report, a bounded amount of it per run. Where there is more
 * the next run goes on.
 * @returns how many workspaces were looked at.
 * @throws GatewayError `storage_unavailable`. A workspace that fails is logged and waits for the next run.
 */
export async function reconcile(env: Env, now = Date.now()): Promise<number> {
  const rows = await stored(
    database(env.DB)
      .select({ id: workspaces.id })
      .from(workspaces)
      .leftJoin(reconciliations, eq(reconciliations.workspaceId, workspaces.id))
      .orderBy(asc(sql`coalesce(${reconciliations.updatedAt}, 0)`), asc(workspaces.id))
      .limit(PER_RUN)
      .all(),
  );
  let pages = 0;
  for (const { id } of rows) {
    try {
      let isMore = true;
      while (isMore && pages < MOST_PAGES) {
        isMore = await reconcileWorkspace(env, id, now);
        pages++;
      }
    } catch (thrown) {
      console.error(JSON.stringify({ job: 'reconciliation', workspace: id, error: String(thrown) }));
      await postpone(env, id, now);
    }
  }
  return rows.length;
}

/** Sends a workspace that failed to the end of the queue, its cursors where they were. */
async function postpone(env: Env, workspaceId: string, now: number): Promise<void> {
  await stored(
    database(env.DB)
      .insert(reconciliations)
      .values({ workspaceId, ledger: 0, receipts: 0, settled: {}, updatedAt: now })
      .onConflictDoUpdate({ target: reconciliations.workspaceId, set: { updatedAt: now } }),
  );
}
