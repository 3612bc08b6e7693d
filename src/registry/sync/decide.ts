import { and, eq, sql } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { insertIf } from '../../db/insert-if.ts';
import { endpoints, prices } from '../../db/schema/registry.ts';
import { registryChanges } from '../../db/schema/registry-changes.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { newId } from '../../lib/id.ts';
import type { JsonObject } from '../../lib/json.ts';
import { stored } from '../../tenancy/storage.ts';
import { changeRegistry } from '../change.ts';
import { type HeldPrice, viewHeldPrice } from './list-changes.ts';

/**
 * Says yes or no to a price that waits. An approved one is in force at once, as a new version; a rejected one
 * is not asked about again.
 * @throws GatewayError `not_found`, `conflict` when it does not wait any more, `storage_unavailable`.
 */
export async function decideHeldPrice(
  env: Env,
  actor: string,
  id: string,
  decision: 'approved' | 'rejected',
): Promise<HeldPrice> {
  const row = await readWaiting(env, id);
  const now = Date.now();
  const waits = sql`EXISTS (SELECT 1 FROM ${registryChanges}
    WHERE ${registryChanges.id} = ${id} AND ${registryChanges.state} = 'pending')`;
  const decided = { state: decision, decidedAt: now, decidedBy: actor };
  await changeRegistry(
    env,
    (db) => [
      ...(decision === 'approved'
        ? [
            insertIf(db, prices, waits, {
              id: newId('price', now),
              endpointId: row.endpointId,
              price: row.after,
              source: 'catalogue',
              effectiveFrom: now,
            }),
          ]
        : []),
      db
        .update(registryChanges)
        .set(decided)
        .where(and(eq(registryChanges.id, id), eq(registryChanges.state, 'pending'))),
    ],
    {
      actor,
      action: decision === 'approved' ? 'registry.approve' : 'registry.reject',
      target: row.endpointId,
      before: asJson(row.before),
      after: asJson(row.after),
      at: now,
    },
  );
  return viewHeldPrice({ ...row, ...decided });
}

async function readWaiting(env: Env, id: string) {
  const db = database(env.DB);
  const row = await stored(db.select().from(registryChanges).where(eq(registryChanges.id, id)).get());
  if (!row) throw new GatewayError('not_found', { param: 'id', message: 'There is no such change.' });
  const endpoint = await stored(db.select().from(endpoints).where(eq(endpoints.id, row.endpointId)).get());
  if (row.state === 'pending' && endpoint?.source === 'catalogue') return row;
  throw new GatewayError('conflict', {
    param: 'id',
    message:
      row.state === 'pending'
        ? 'The endpoint is not of the catalogue any more: its prices are the operator’s.'
        : `The change is ${row.state} already.`,
  });
}

function asJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
