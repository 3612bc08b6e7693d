import { and, asc, eq, gt, sql } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { jobs } from '../../db/schema/billing.ts';
import { workspaces } from '../../db/schema/tenancy.ts';
import { configOf, type Env } from '../../env.ts';
import { asObject, asString } from '../../lib/json.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import { stored } from '../../tenancy/storage.ts';
import { considerAutoTopUp } from './consider-auto-top-up.ts';

const JOB = 'auto_top_up';
/** Workspaces per run; the next run goes on, and begins anew at the end. */
const PER_RUN = 100;

/**
 * Considers automatic top-ups by the clock, for balances that fell without anybody noticing.
 * @returns how many workspaces were looked at.
 * @throws GatewayError `storage_unavailable`. A purchase that fails is logged.
 */
export async function topUpLowBalances(env: Env): Promise<number> {
  if (configOf(env).payments === null) return 0;
  const db = database(env.DB);
  const known = await stored(db.select().from(jobs).where(eq(jobs.name, JOB)).get());
  const after = asString(asObject(known?.state)?.cursor) ?? '';
  const rows = await stored(
    db
      .select({ id: workspaces.id })
      .from(workspaces)
      .where(
        and(
          gt(workspaces.id, after),
          sql`${workspaces.autoTopUp} IS NOT NULL AND json_extract(${workspaces.autoTopUp}, '$.failure') IS NULL`,
        ),
      )
      .orderBy(asc(workspaces.id))
      .limit(PER_RUN)
      .all(),
  );
  for (const { id } of rows) {
    try {
      await considerAutoTopUp(env, id, await workspaceClient(env, id).spendable());
    } catch (thrown) {
      console.error(JSON.stringify({ job: JOB, workspace: id, error: String(thrown) }));
    }
  }
  const state = { cursor: rows.length < PER_RUN ? '' : (rows.at(-1)?.id ?? '') };
  await stored(
    db
      .insert(jobs)
      .values({ name: JOB, state, updatedAt: Date.now() })
      .onConflictDoUpdate({ target: jobs.name, set: { state, updatedAt: Date.now() } }),
  );
  return rows.length;
}
