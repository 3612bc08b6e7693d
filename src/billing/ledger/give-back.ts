import type { Env } from '../../env.ts';
import { tracesClient } from '../../objects/traces/client.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import type { StoredEntry } from '../../objects/workspace/types.ts';
import type { Receipt } from '../../telemetry/receipt.ts';
import { nanoToUsd } from '../money.ts';

/** Whose generations: those of one project. */
interface Scope {
  workspaceId: string;
  projectId: string;
}

/**
 * Settles generations whose answers are lost with nothing, so far as they have not been settled: none of them can be
 * billed from then on. Their receipts, which may yet come, say so. May be repeated.
 * @returns the entries of those that were billed before.
 */
export async function closeGenerations(
  env: Env,
  { workspaceId, projectId }: Scope,
  ids: readonly string[],
): Promise<StoredEntry[]> {
  const workspace = workspaceClient(env, workspaceId);
  await workspace.settle(
    ids.map((id) => ({
      id,
      amount: 0,
      project: projectId,
      scopes: [],
      model: null,
      provider: null,
      lines: [],
      tokens: null,
      draw: undefined,
    })),
  );
  const entries = await workspace.find(ids.map((id) => `settle:${id}`));
  const free = entries.filter(({ amount }) => amount >= 0);
  await tracesClient(env, workspaceId).amend(
    free.map(({ reference }) => ({ id: reference, changes: { credits_used: 0, cost_lines: [] } })),
  );
  return entries.filter(({ amount }) => amount < 0);
}

/**
 * Gives back what generations were billed: in the ledger, in what was used this month, and on their receipts. Those
 * that were not cannot be from then on. May be repeated.
 */
export async function giveBack(env: Env, scope: Scope, ids: readonly string[]): Promise<void> {
  const billed = await closeGenerations(env, scope, ids);
  if (billed.length === 0) return;
  const traces = tracesClient(env, scope.workspaceId);
  const known = await traces.findAll(billed.map(({ reference }) => reference));
  const receipts = new Map(known.map(({ id, receipt }) => [id, JSON.parse(receipt) as Receipt]));
  await workspaceClient(env, scope.workspaceId).giveBack(
    billed.map(({ reference, amount }) => {
      const receipt = receipts.get(reference);
      return {
        generation: reference,
        amount: -amount,
        project: scope.projectId,
        model: receipt?.model_used ?? null,
        provider: receipt?.provider_used ?? null,
        lines: receipt?.cost_lines ?? [],
      };
    }),
  );
  await traces.amend(
    billed.map(({ reference, amount }) => ({
      id: reference,
      changes: { credits_returned: nanoToUsd(-amount) },
    })),
  );
}
