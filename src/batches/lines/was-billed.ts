import type { Env } from '../../env.ts';
import type { BatchOrder } from '../../objects/batch/types.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import type { StoredEntry } from '../../objects/workspace/types.ts';
import { generationIdOf } from '../generation-id.ts';

/** Attempts at a line: its first ones, so many. */
export interface Attempts {
  line: number;
  attempts: number;
}

/**
 * Whether one of a line's first attempts was billed though its answer was lost. None of them is from now on: their
 * settlements stand in the ledger, which takes one per id.
 * @param attempts how many.
 */
export async function wasBilled(
  env: Env,
  order: BatchOrder,
  line: number,
  attempts: number,
): Promise<boolean> {
  return (await closeAttempts(env, order, [{ line, attempts }])).length > 0;
}

/** Gives back what was billed for attempts at lines that have come to no answer. May be repeated. */
export async function giveBack(env: Env, order: BatchOrder, lines: readonly Attempts[]): Promise<void> {
  const billed = await closeAttempts(env, order, lines);
  if (billed.length === 0) return;
  await workspaceClient(env, order.workspaceId).record(
    billed.map(({ reference, amount }) => ({
      id: `batch_line:${reference}`,
      kind: 'adjustment' as const,
      amount: -amount,
      reference,
    })),
  );
}

/** Settles attempts with nothing, so far as they have not been. @returns what was billed for them. */
async function closeAttempts(
  env: Env,
  order: BatchOrder,
  lines: readonly Attempts[],
): Promise<StoredEntry[]> {
  const ids = lines.flatMap(({ line, attempts }) =>
    Array.from({ length: attempts }, (_, index) => generationIdOf(order, line, index + 1)),
  );
  const workspace = workspaceClient(env, order.workspaceId);
  await workspace.settle(
    ids.map((id) => ({
      id,
      amount: 0,
      project: order.projectId,
      scopes: [],
      model: null,
      provider: null,
      lines: [],
      tokens: null,
      draw: undefined,
    })),
  );
  const entries = await workspace.find(ids.map((id) => `settle:${id}`));
  return entries.filter(({ amount }) => amount < 0);
}
