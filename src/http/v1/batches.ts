import { cancelBatch } from '../../batches/cancel.ts';
import { createBatch } from '../../batches/create.ts';
import { findBatch } from '../../batches/find.ts';
import { readNewBatch } from '../../batches/input.ts';
import { listBatches } from '../../batches/list.ts';
import { batchView, type StoredBatch } from '../../batches/view.ts';
import { GatewayError, toGatewayError } from '../../errors.ts';
import type { Caller } from '../../gateway/types.ts';
import { newId } from '../../lib/id.ts';
import { allowsAddress } from '../../lib/ip-allowlist.ts';
import type { Begun } from '../../objects/runs/types.ts';
import { type Action, requirePermission } from '../../tenancy/permissions.ts';
import type { HttpContext } from '../context.ts';
import { readJsonBody } from '../middleware/body.ts';
import { cursorOf } from './cursor.ts';

const DEFAULT_LIMIT = 20;
const MOST = 100;

/** POST /v1/batches */
export async function createBatchOf(c: HttpContext): Promise<Response> {
  const caller = callerOf(c, 'batch.write');
  const asked = readNewBatch(await readJsonBody(c.req.raw));
  const beginning = c.get('beginning');
  const earlier = beginning?.earlier && (await madeEarlier(c, caller, beginning.earlier));
  if (earlier) return c.json(batchView(earlier));
  const startedAt = Date.now();
  const made = beginning?.earlier ?? { id: newId('batch', startedAt), startedAt };
  if (!beginning?.earlier) await beginning?.remember(made);
  const { origin } = new URL(c.req.url);
  const visit = { origin, address: addressOf(c) };
  return c.json(batchView(await createBatch(c.env, caller, asked, made, visit)));
}

/** The batch that an earlier run of the same request made; null where it did not come to that. */
async function madeEarlier(c: HttpContext, caller: Caller, { id }: Begun): Promise<StoredBatch | null> {
  try {
    return await findBatch(c.env, caller, id);
  } catch (thrown) {
    if (toGatewayError(thrown).code === 'not_found') return null;
    throw thrown;
  }
}

/** GET /v1/batches/{id} */
export async function getBatch(c: HttpContext): Promise<Response> {
  return c.json(batchView(await findBatch(c.env, callerOf(c, 'batch.read'), c.req.param('id') ?? '')));
}

/** GET /v1/batches */
export async function getBatches(c: HttpContext): Promise<Response> {
  const limit = limitOf(c.req.query('limit'));
  const { batches, hasMore } = await listBatches(c.env, callerOf(c, 'batch.read'), {
    limit,
    after: cursorOf('batch', c.req.query('after')),
  });
  const data = batches.map(batchView);
  return c.json({
    object: 'list',
    data,
    ...(data.length > 0 ? { first_id: data[0]?.id, last_id: data.at(-1)?.id } : {}),
    has_more: hasMore,
  });
}

/** POST /v1/batches/{id}/cancel */
export async function cancelBatchOf(c: HttpContext): Promise<Response> {
  const caller = callerOf(c, 'batch.write');
  return c.json(batchView(await cancelBatch(c.env, caller, c.req.param('id') ?? '')));
}

/** The key that calls. @throws GatewayError `permission_denied`, `ip_not_allowed`. */
function callerOf(c: HttpContext, action: Action): Caller {
  const caller = c.get('principal');
  if (caller.kind !== 'key') {
    throw new GatewayError('permission_denied', {
      message: 'Batches belong to projects: call with a key of a workspace.',
    });
  }
  requirePermission(caller, action);
  if (caller.allowedIps && !allowsAddress(caller.allowedIps, addressOf(c))) {
    throw new GatewayError('ip_not_allowed');
  }
  return caller;
}

function addressOf(c: HttpContext): string | null {
  return c.req.header('cf-connecting-ip') ?? null;
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= MOST) return limit;
  throw new GatewayError('invalid_value', {
    param: 'limit',
    message: `limit must be a whole number from 1 to ${MOST}.`,
  });
}
