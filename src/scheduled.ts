import { reviveBatches } from './batches/revive.ts';
import { issueInvoices } from './billing/invoices/issue-invoices.ts';
import { monthBefore } from './billing/invoices/month.ts';
import { fileBudgetAlerts } from './billing/notices/budget-alerts.ts';
import { sendNotices } from './billing/notices/send.ts';
import { checkOpenTopUps } from './billing/payments/check-open-top-ups.ts';
import { checkRefunds } from './billing/payments/check-refunds.ts';
import { topUpLowBalances } from './billing/payments/top-up-low-balances.ts';
import { reconcile } from './billing/reconciliation/reconcile.ts';
import type { Env } from './env.ts';
import { probeHealthByClock } from './evals/probes/health-by-clock.ts';
import { probeByClock } from './evals/probes/probe-by-clock.ts';
import { sweepExpiredFiles } from './files/sweep.ts';
import { sweepLostObjects } from './files/sweep-lost.ts';
import { sweepImages } from './gateway/images/sweep.ts';
import { syncWhenDue } from './registry/sync/sync.ts';
import { sweepResponses } from './responses/sweep.ts';

/** What runs every hour (`[triggers]` of wrangler.toml), in this order. Each job bounds itself and goes on next time. */
const JOBS: Record<string, (env: Env, now: number) => Promise<number>> = {
  check_open_top_ups: (env, now) => checkOpenTopUps(env, now),
  check_refunds: (env, now) => checkRefunds(env, now),
  top_up_low_balances: (env) => topUpLowBalances(env),
  file_budget_alerts: (env, now) => fileBudgetAlerts(env, now),
  send_notices: (env, now) => sendNotices(env, now),
  // A run that was planned for later must not close the month that is running.
  issue_invoices: (env, now) => issueInvoices(env, monthBefore(Math.min(now, Date.now()))),
  reconcile: (env, now) => reconcile(env, now),
  revive_batches: (env, now) => reviveBatches(env, now),
  sync_registry: (env, now) => syncWhenDue(env, now),
  probe_endpoints: (env, now) => probeByClock(env, now),
  probe_health: (env, now) => probeHealthByClock(env, now),
  sweep_images: (env, now) => sweepImages(env, now),
  sweep_responses: (env, now) => sweepResponses(env, now),
  sweep_files: (env, now) => sweepExpiredFiles(env, now),
  sweep_lost_objects: (env, now) => sweepLostObjects(env, now),
};

/**
 * Runs the jobs of the clock. One that fails does not keep the others from running.
 * @param now Unix milliseconds for which the run was planned.
 * @throws AggregateError of what failed, so that the run counts as failed.
 */
export async function runScheduled(env: Env, now: number): Promise<void> {
  const failures: unknown[] = [];
  for (const [job, run] of Object.entries(JOBS)) {
    try {
      const done = await run(env, now);
      if (done > 0) console.log(JSON.stringify({ job, done }));
    } catch (thrown) {
      failures.push(thrown);
      console.error(JSON.stringify({ job, error: String(thrown) }));
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'Jobs of the clock failed.');
}
