import { eq } from 'drizzle-orm';
import { credentials } from '../../db/schema/registry.ts';
import type { Env } from '../../env.ts';
import { actorName } from '../../tenancy/permissions.ts';
import type { Principal } from '../../tenancy/types.ts';
import { changeCredentials } from './change.ts';
import { findCredential } from './find.ts';
import { type Owner, requireOwner } from './owner.ts';
import { loggedCredential } from './view.ts';

/**
 * Deletes a credential: the secret is gone from storage, and isolates that know it stop within a minute.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function removeCredential(env: Env, actor: Principal, owner: Owner, id: string): Promise<void> {
  await requireOwner(env, actor, owner, 'write');
  const row = await findCredential(env, owner, id);
  await changeCredentials(env, owner, (db) => db.delete(credentials).where(eq(credentials.id, id)), {
    actor: actorName(actor),
    action: 'credential.delete',
    target: id,
    before: loggedCredential(row),
  });
}
