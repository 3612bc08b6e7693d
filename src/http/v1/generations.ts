import { GatewayError } from '../../errors.ts';
import { tracesClient } from '../../objects/traces/client.ts';
import { findRecentReceipt } from '../../telemetry/recent.ts';
import type { HttpContext } from '../context.ts';

/** GET /v1/generations/{id}: the receipt. Another workspace's generation does not exist. */
export async function getGeneration(c: HttpContext): Promise<Response> {
  const caller = c.get('principal');
  const id = c.req.param('id') ?? '';
  if (caller.kind !== 'key') {
    throw new GatewayError('permission_denied', {
      message: 'Receipts are read with a key of their workspace.',
    });
  }
  const receipt = findRecentReceipt(caller.workspaceId, id) ?? (await findStored(c, caller.workspaceId, id));
  if (receipt === null) throw new GatewayError('generation_not_found', { param: 'id' });
  return c.body(receipt, 200, { 'content-type': 'application/json' });
}

async function findStored(c: HttpContext, workspaceId: string, id: string): Promise<string | null> {
  try {
    return await tracesClient(c.env, workspaceId).find(id);
  } catch (cause) {
    throw new GatewayError('storage_unavailable', { cause });
  }
}
