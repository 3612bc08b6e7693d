import { eq } from 'drizzle-orm';
import { credentials } from '../../db/schema/registry.ts';
import type { Env } from '../../env.ts';
import { actorName } from '../../tenancy/permissions.ts';
import type { Principal } from '../../tenancy/types.ts';
import { changeCredentials } from './change.ts';
import type { CredentialInput } from './create.ts';
import { findCredential } from './find.ts';
import { type Owner, requireOwner } from './owner.ts';
import { type CredentialView, credentialView, loggedCredential } from './view.ts';

/**
 * Changes when a credential is used. The secret itself never changes: another secret is another credential.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function updateCredential(
  env: Env,
  actor: Principal,
  owner: Owner,
  id: string,
  change: Omit<CredentialInput, 'secret'>,
): Promise<CredentialView> {
  await requireOwner(env, actor, owner, 'write');
  const row = await findCredential(env, owner, id);
  const columns = {
    name: change.name ?? row.name,
    priority: change.priority ?? row.priority,
    weight: change.weight ?? row.weight,
    exclusive: change.exclusive ?? row.exclusive,
  };
  const next = { ...row, ...columns };
  await changeCredentials(
    env,
    owner,
    (db) => db.update(credentials).set(columns).where(eq(credentials.id, id)),
    {
      actor: actorName(actor),
      action: 'credential.update',
      target: id,
      before: loggedCredential(row),
      after: loggedCredential(next),
    },
  );
  return credentialView(next);
}
