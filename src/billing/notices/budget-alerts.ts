import { asc, eq, gt, inArray, sql } from 'drizzle-orm';
import { type SQLiteColumn, union } from 'drizzle-orm/sqlite-core';
import { database } from '../../db/client.ts';
import { jobs, notices } from '../../db/schema/billing.ts';
import { keys, memberAllowances, projects, workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { asObject, asString } from '../../lib/json.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import type { BudgetAlert } from '../../objects/workspace/types.ts';
import { sendsMail } from '../../tenancy/people/mail.ts';
import { stored } from '../../tenancy/storage.ts';
import { formatUsd } from '../money.ts';
import { fileNotice } from './file.ts';
import { scopeName } from './scope-name.ts';
import { NEWS_MS } from './send.ts';
import { workspaceName } from './workspace-name.ts';

const JOB = 'budget_alerts';
/** Workspaces per run; the next run goes on, and begins anew at the end. */
const PER_RUN = 100;
/** The newest alerts of a workspace in one look: as many ids as a statement of D1 takes, with room. */
const MOST = 90;

/**
 * Files a notice for each alert of a budget, once. The clock asks, so that no request waits for mail.
 * @returns how many were new.
 * @throws GatewayError `storage_unavailable`. A workspace that fails is logged and waits for its next turn.
 */
export async function fileBudgetAlerts(env: Env, now = Date.now()): Promise<number> {
  if (!sendsMail(env)) return 0;
  const db = database(env.DB);
  const known = await stored(db.select().from(jobs).where(eq(jobs.name, JOB)).get());
  const ids = await withBudgets(env, asString(asObject(known?.state)?.cursor) ?? '');
  let filed = 0;
  for (const id of ids) {
    try {
      filed += await fileAlertsOf(env, id, now);
    } catch (thrown) {
      console.error(JSON.stringify({ job: JOB, workspace: id, error: String(thrown) }));
    }
  }
  const state = { cursor: ids.length < PER_RUN ? '' : (ids.at(-1) ?? '') };
  await stored(
    db
      .insert(jobs)
      .values({ name: JOB, state, updatedAt: now })
      .onConflictDoUpdate({ target: jobs.name, set: { state, updatedAt: now } }),
  );
  return filed;
}

/** Workspaces in which anything has a budget, by id, after one. */
async function withBudgets(env: Env, after: string): Promise<string[]> {
  const db = database(env.DB);
  const has = (column: SQLiteColumn) => sql`json_array_length(${column}, '$.budgets') > 0`;
  const all = union(
    db.select({ id: workspaces.id }).from(workspaces).where(has(workspaces.allowance)),
    db.select({ id: projects.workspaceId }).from(projects).where(has(projects.allowance)),
    db.select({ id: keys.workspaceId }).from(keys).where(has(keys.allowance)),
    db
      .select({ id: memberAllowances.workspaceId })
      .from(memberAllowances)
      .where(has(memberAllowances.allowance)),
  ).as('with_budgets');
  const rows = await stored(
    db.select({ id: all.id }).from(all).where(gt(all.id, after)).orderBy(asc(all.id)).limit(PER_RUN).all(),
  );
  return rows.map(({ id }) => id);
}

async function fileAlertsOf(env: Env, workspaceId: string, now: number): Promise<number> {
  const db = database(env.DB);
  const alerts = await stored(workspaceClient(env, workspaceId).alerts(MOST));
  const news = alerts.filter(({ at }) => at > now - NEWS_MS);
  if (news.length === 0) return 0;
  const ids = news.map((alert) => idOf(workspaceId, alert));
  const known = await stored(
    db.select({ id: notices.id }).from(notices).where(inArray(notices.id, ids)).all(),
  );
  const filed = new Set(known.map(({ id }) => id));
  const fresh = news.filter((alert) => !filed.has(idOf(workspaceId, alert)));
  if (fresh.length === 0) return 0;
  const name = await workspaceName(env, workspaceId);
  for (const alert of fresh) {
    const notice = {
      id: idOf(workspaceId, alert),
      workspaceId,
      kind: 'budget_alert' as const,
      subject: `${alert.percent} % of a budget in ${name} is spent`,
      text: textOf(
        alert,
        name,
        alert.scope === 'workspace' ? null : await scopeName(env, workspaceId, alert.scope),
      ),
      createdAt: now,
    };
    for (const statement of fileNotice(env, notice)) await stored(statement);
  }
  return fresh.length;
}

function idOf(workspaceId: string, { scope, window, since, percent, amount }: BudgetAlert): string {
  return `budget_alert:${[workspaceId, scope, window, since, percent, amount].join(':')}`;
}

function textOf(
  { window, since, percent, amount, spent }: BudgetAlert,
  name: string,
  who: string | null,
): string {
  const budget = window === 'total' ? 'total budget' : `${window} budget (from ${since}, UTC)`;
  const rest = percent === 100 ? '\nWhat it is spent for is refused until it resets or is raised.' : '';
  const subject = who === null ? `The workspace ${name}` : `In the workspace ${name}, ${who}`;
  return `${subject} has spent ${formatUsd(spent)} USD of its ${budget} of ${formatUsd(amount)} USD.${rest}`;
}
