import { eq, sql } from 'drizzle-orm';
import { database } from '../db/client.ts';
import { aliases, endpoints, models } from '../db/schema/registry.ts';
import type { Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { changeRegistry } from './change.ts';

/**
 * Takes back the operator's declaration of a model. A shipped model is as shipped again; its prices and
 * those of the declaration stay in the history.
 * @throws GatewayError `not_found`, `conflict` for a model that is shipped and not re-declared,
 *   `storage_unavailable`.
 */
export async function deleteModel(env: Env, actor: string, id: string): Promise<void> {
  const row = await find(env, id);
  if (!row) throw new GatewayError('not_found', { param: 'id', message: 'There is no such model.' });
  if (row.source === 'catalogue') {
    throw new GatewayError('conflict', {
      param: 'id',
      message: 'The model is shipped. To take it out of service, declare it anew with no endpoints.',
    });
  }
  const now = Date.now();
  await changeRegistry(
    env,
    (db) => [
      db.delete(models).where(eq(models.id, id)),
      db.update(endpoints).set({ retiredAt: now, updatedAt: now }).where(eq(endpoints.modelId, id)),
      db.delete(aliases).where(eq(aliases.modelId, id)),
      // The shipped catalogue is imported again, which brings back what of it was covered.
      db.run(sql`UPDATE registry_state SET value = '0' WHERE name = 'catalogue'`),
    ],
    { actor, action: 'model.delete', target: id, before: { name: row.name, kind: row.kind }, at: now },
  );
}

async function find(env: Env, id: string) {
  try {
    return await database(env.DB).select().from(models).where(eq(models.id, id)).get();
  } catch (cause) {
    throw new GatewayError('storage_unavailable', { cause });
  }
}
