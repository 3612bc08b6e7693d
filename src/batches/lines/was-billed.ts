import type { Env } from '../../env.ts';
import type { BatchOrder } from '../../objects/batch/types.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import { generationIdOf } from '../generation-id.ts';

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
  const ids = Array.from({ length: attempts }, (_, index) => generationIdOf(order, line, index + 1));
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
  return entries.some(({ amount }) => amount < 0);
}
