import { asc, eq, gt } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { jobs } from '../../db/schema/billing.ts';
import { workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { asObject, asString } from '../../lib/json.ts';
import { stored } from '../../tenancy/storage.ts';
import { issueInvoice } from './issue-invoice.ts';

const JOB = 'invoices';
/** Workspaces per run; the next run goes on. */
const PER_RUN = 200;

/**
 * Issues the invoices of a month that is over, for some of the workspaces at a time: it remembers where it
 * was, and has nothing to do once it came to the end of the month's list. One that fails is logged and does
 * not hold up the others; the list is then gone through again.
 * @returns how many were issued.
 * @throws GatewayError `storage_unavailable`.
 */
export async function issueInvoices(env: Env, month: string, perRun = PER_RUN): Promise<number> {
  const db = database(env.DB);
  const known = await stored(db.select().from(jobs).where(eq(jobs.name, JOB)).get());
  const state = asObject(known?.state);
  const isSame = asString(state?.month) === month;
  if (isSame && state?.done === true) return 0;
  const after = isSame ? (asString(state?.cursor) ?? '') : '';

  const rows = await stored(
    db
      .select({ id: workspaces.id })
      .from(workspaces)
      .where(gt(workspaces.id, after))
      .orderBy(asc(workspaces.id))
      .limit(perRun)
      .all(),
  );
  let issued = 0;
  let failed = isSame && after !== '' && state?.failed === true;
  for (const { id } of rows) {
    try {
      const invoice = await issueInvoice(env, id, month, 'system');
      if (invoice?.isNew) issued++;
    } catch (thrown) {
      failed = true;
      console.error(JSON.stringify({ job: JOB, workspace: id, month, error: String(thrown) }));
    }
  }
  const isEnd = rows.length < perRun;
  const next = { month, cursor: isEnd ? '' : (rows.at(-1)?.id ?? ''), done: isEnd && !failed, failed };
  await stored(
    db
      .insert(jobs)
      .values({ name: JOB, state: next, updatedAt: Date.now() })
      .onConflictDoUpdate({ target: jobs.name, set: { state: next, updatedAt: Date.now() } }),
  );
  return issued;
}
