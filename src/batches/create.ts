import { auditRow } from '../db/audit.ts';
import { database } from '../db/client.ts';
import { batches } from '../db/schema/batches.ts';
import type { Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { findFile } from '../files/find.ts';
import { batchClient } from '../objects/batch/client.ts';
import type { BatchOrder } from '../objects/batch/types.ts';
import type { Begun } from '../objects/runs/types.ts';
import { stored } from '../tenancy/storage.ts';
import type { Principal } from '../tenancy/types.ts';
import { changeStatus } from './change.ts';
import type { NewBatch } from './input.ts';
import { MAX_FILE_BYTES, WINDOW_MS } from './limits.ts';
import type { StoredBatch } from './view.ts';

/**
 * Makes a batch of a file and sets it going.
 * @param made its id, and when it is made.
 * @param visit where the gateway was called, and from which address, where that is known: as its lines call it.
 * @throws GatewayError `not_found` for a file of others, `invalid_value` for one that is no input, `storage_unavailable`.
 */
export async function createBatch(
  env: Env,
  caller: Extract<Principal, { kind: 'key' }>,
  asked: NewBatch,
  { id, startedAt: createdAt }: Begun,
  visit: Pick<BatchOrder, 'origin' | 'address'>,
): Promise<StoredBatch> {
  const { workspaceId, projectId, keyId } = caller;
  const { purpose, bytes } = await findFile(env, caller, asked.inputFileId, 'input_file_id');
  if (purpose !== 'batch') throw noInput(`it has the purpose ${purpose}, not batch`);
  if (bytes > MAX_FILE_BYTES) throw noInput('it is larger than 200 MB');

  const row = {
    id,
    workspaceId,
    projectId,
    keyId,
    endpoint: asked.endpoint,
    status: 'validating' as const,
    inputFileId: asked.inputFileId,
    outputExpiresAfterS: asked.outputExpiresAfterS,
    metadata: asked.metadata,
    createdAt,
    expiresAt: createdAt + WINDOW_MS,
  };
  const db = database(env.DB);
  const [, [inserted]] = await stored(
    db.batch([
      auditRow(db, {
        workspaceId,
        actor: keyId,
        action: 'batch.create',
        target: id,
        after: { endpoint: row.endpoint, input_file_id: row.inputFileId, project: projectId },
        at: createdAt,
      }),
      db.insert(batches).values(row).returning(),
    ]),
  );
  const { endpoint, inputFileId, expiresAt } = row;
  const order = { workspaceId, projectId, keyId, endpoint, inputFileId, createdAt, expiresAt };
  await begin(env, { batchId: id, ...order, ...visit });
  if (!inserted) throw new GatewayError('storage_unavailable');
  return inserted;
}

/** The object comes first: it is what wakes a Workflow that was lost. */
async function begin(env: Env, order: BatchOrder): Promise<void> {
  try {
    await batchClient(env, order.batchId).open(order);
    await env.BATCHES.create({ id: order.batchId, params: order });
  } catch (cause) {
    const { batchId: id, workspaceId } = order;
    const errors = [
      { code: 'storage_unavailable', message: 'It could not be begun.', line: null, param: null },
    ];
    const set = { status: 'failed' as const, failedAt: Date.now(), errors };
    await changeStatus(env, { id, workspaceId, actor: 'system', from: ['validating'], set });
    await batchClient(env, id)
      .close()
      .catch(() => {});
    throw new GatewayError('storage_unavailable', { cause });
  }
}

function noInput(why: string): GatewayError {
  return new GatewayError('invalid_value', {
    param: 'input_file_id',
    message: `The file cannot be the input of a batch: ${why}.`,
  });
}
