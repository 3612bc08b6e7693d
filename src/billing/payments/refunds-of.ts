import type { Env } from '../../env.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import { stored } from '../../tenancy/storage.ts';
import type { NanoUsd } from '../money.ts';

/** Entries of refunds, and of those that failed afterwards and were given back. */
const OF_REFUNDS = /^refund(_failed)?:/;

/**
 * How much of top-ups was taken back, as the ledger has it, nano-USD by the id of the top-up.
 * @throws GatewayError `storage_unavailable`.
 */
export async function refundsOf(
  env: Env,
  workspaceId: string,
  topUpIds: string[],
): Promise<Map<string, NanoUsd>> {
  const refunds = new Map<string, NanoUsd>();
  if (topUpIds.length === 0) return refunds;
  const entries = await stored(workspaceClient(env, workspaceId).besideRequests(topUpIds));
  for (const { id, amount, reference } of entries) {
    if (OF_REFUNDS.test(id)) refunds.set(reference, (refunds.get(reference) ?? 0) - amount);
  }
  return refunds;
}
