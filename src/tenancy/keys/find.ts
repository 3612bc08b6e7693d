import { eq } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { keys } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { keysConfinedTo, mayHandOut, seesWorkspace } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import type { StoredKey } from './view.ts';

/**
 * The key, when the actor may know of it: a developer knows their own.
 * @throws GatewayError `not_found`, also for another tenant's or developer's key; `storage_unavailable`.
 */
export async function findKey(env: Env, actor: Principal, id: string): Promise<StoredKey> {
  const row = await stored(database(env.DB).select().from(keys).where(eq(keys.id, id)).get());
  const person = keysConfinedTo(actor);
  if (!row || !seesWorkspace(actor, row.workspaceId) || (person !== null && row.userId !== person)) {
    throw new GatewayError('not_found', { message: 'There is no such key.', param: 'id' });
  }
  return row;
}

/**
 * The key, when the actor may change it: one that can do more than the actor is out of reach.
 * @throws GatewayError `not_found`, `permission_denied`, `conflict` for a revoked key, `storage_unavailable`.
 */
export async function findOwnKey(env: Env, actor: Principal, id: string): Promise<StoredKey> {
  const row = await findKey(env, actor, id);
  if (!mayHandOut(actor, `key:${row.role}`)) {
    throw new GatewayError('permission_denied', {
      message: `Your key may not change a key of role ${row.role}.`,
    });
  }
  return row;
}
