import { cancelBatch } from '../../batches/cancel.ts';
import { createBatch } from '../../batches/create.ts';
import { findBatch } from '../../batches/find.ts';
import { readNewBatch } from '../../batches/input.ts';
import { listBatches } from '../../batches/list.ts';
import { batchView } from '../../batches/view.ts';
import { GatewayError } from '../../errors.ts';
import { checkCaller } from '../../gateway/admit.ts';
import type { HttpContext } from '../context.ts';
import { readJsonBody } from '../middleware/body.ts';
import { callerOf } from './run-call.ts';

const DEFAULT_LIMIT = 20;
const MOST = 100;

/** POST /v1/batches */
export async function createBatchOf(c: HttpContext): Promise<Response> {
  const address = c.req.header('cf-connecting-ip') ?? null;
  const caller = callerOf(c);
  checkCaller(caller, address);
  const asked = readNewBatch(await readJsonBody(c.req.raw));
  const { origin } = new URL(c.req.url);
  return c.json(batchView(await createBatch(c.env, caller, asked, { origin, address })));
}

/** GET /v1/batches/{id} */
export async function getBatch(c: HttpContext): Promise<Response> {
  return c.json(batchView(await findBatch(c.env, callerOf(c), c.req.param('id') ?? '')));
}

/** GET /v1/batches */
export async function getBatches(c: HttpContext): Promise<Response> {
  const limit = limitOf(c.req.query('limit'));
  const { batches, hasMore } = await listBatches(c.env, callerOf(c), { limit, after: c.req.query('after') });
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
  const caller = callerOf(c);
  checkCaller(caller, c.req.header('cf-connecting-ip') ?? null);
  return c.json(batchView(await cancelBatch(c.env, caller, c.req.param('id') ?? '')));
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
