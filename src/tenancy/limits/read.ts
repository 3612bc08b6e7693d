import { nanoToUsd } from '../../billing/money.ts';
import type { Env } from '../../env.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import type { BudgetAlert, LimitStats, RateState, Scope, ScopeState } from '../../objects/workspace/types.ts';
import { requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { findWorkspace } from '../workspaces/find.ts';

/** How much of one rate is left. */
export interface RateView {
  limit: number;
  remaining: number;
  /** Until all of it is there again, seconds. */
  reset_s: number;
}

/** What may be used and spent, and what is. Money is USD, times are Unix seconds. */
export interface UsageView {
  requests_per_minute: RateView | null;
  tokens_per_minute: RateView | null;
  concurrent: { limit: number | null; used: number };
  budgets: {
    window: string;
    amount_usd: number;
    spent_usd: number;
    /** Reserved for requests under way. */
    held_usd: number;
    remaining_usd: number;
    resets_at: number | null;
  }[];
}

/** @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`. */
export async function readWorkspaceLimits(env: Env, actor: Principal, id: string): Promise<UsageView> {
  requirePermission(actor, 'limits.read');
  await findWorkspace(env, actor, id);
  return await readUsage(env, id, 'workspace');
}

/** What one scope has used. @throws GatewayError `storage_unavailable`. */
export async function readUsage(env: Env, workspaceId: string, scope: Scope): Promise<UsageView> {
  const [state] = await stored(workspaceClient(env, workspaceId).states([scope]));
  return usageView(state ?? null);
}

export interface StatsView extends Omit<LimitStats, 'refusedOptimistic' | 'overrun'> {
  /** Refused when they were on their way to the provider already. */
  refused_optimistic: number;
  /** USD charged beyond what was reserved. */
  overrun_usd: number;
  alerts: (Omit<BudgetAlert, 'amount' | 'spent' | 'at'> & {
    amount_usd: number;
    spent_usd: number;
    at: number;
  })[];
}

/** Counts over the life of a workspace, and the alerts of its budgets. @throws GatewayError as above. */
export async function readStats(env: Env, actor: Principal, id: string): Promise<StatsView> {
  requirePermission(actor, 'limits.read');
  await findWorkspace(env, actor, id, 'workspace');
  const client = workspaceClient(env, id);
  const [{ refusedOptimistic, overrun, ...counts }, alerts] = await stored(
    Promise.all([client.stats(), client.alerts(100)]),
  );
  return {
    ...counts,
    refused_optimistic: refusedOptimistic,
    overrun_usd: nanoToUsd(overrun),
    alerts: alerts.map(({ amount, spent, at, ...alert }) => ({
      ...alert,
      amount_usd: nanoToUsd(amount),
      spent_usd: nanoToUsd(spent),
      at: Math.floor(at / 1000),
    })),
  };
}

function usageView(state: ScopeState | null): UsageView {
  return {
    requests_per_minute: rateView(state?.requests ?? null),
    tokens_per_minute: rateView(state?.tokens ?? null),
    concurrent: state?.concurrent ?? { limit: null, used: 0 },
    budgets: (state?.budgets ?? []).map(({ window, amount, spent, held, resetsAt }) => ({
      window,
      amount_usd: nanoToUsd(amount),
      spent_usd: nanoToUsd(spent),
      held_usd: nanoToUsd(held),
      remaining_usd: nanoToUsd(Math.max(0, amount - spent - held)),
      resets_at: resetsAt === null ? null : Math.floor(resetsAt / 1000),
    })),
  };
}

function rateView(state: RateState | null): RateView | null {
  return (
    state && { limit: state.limit, remaining: state.remaining, reset_s: Math.ceil(state.resetMs / 1000) }
  );
}
