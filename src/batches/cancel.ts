import type { Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { batchClient } from '../objects/batch/client.ts';
import { stored } from '../tenancy/storage.ts';
import type { Principal } from '../tenancy/types.ts';
import { changeStatus } from './change.ts';
import { findBatch } from './find.ts';
import type { StoredBatch } from './view.ts';

const RUNNING = ['validating', 'in_progress'] as const;

/**
 * Cancels a batch: what is under way ends, nothing more begins. Cancelling it again changes nothing.
 * @throws GatewayError `not_found`; `conflict` for one that has ended; `storage_unavailable`.
 */
export async function cancelBatch(
  env: Env,
  caller: Extract<Principal, { kind: 'key' }>,
  id: string,
): Promise<StoredBatch> {
  const known = await findBatch(env, caller, id);
  const { workspaceId, status } = known;
  if (RUNNING.some((running) => running === status)) {
    await changeStatus(env, {
      id,
      workspaceId,
      actor: caller.keyId,
      from: RUNNING,
      set: { status: 'cancelling', cancellingAt: Date.now() },
    });
  }
  const row = await findBatch(env, caller, id);
  if (row.status === 'cancelling') await stored(batchClient(env, id).stop('cancelled'));
  else if (row.status !== 'cancelled') {
    throw new GatewayError('conflict', {
      param: 'batch_id',
      message: `A batch with the status ${row.status} cannot be cancelled.`,
    });
  }
  return row;
}
