import type { Env } from '../../env.ts';
import type { Principal } from '../../tenancy/types.ts';
import { findProvider, readCredentials } from './find.ts';
import { type Owner, requireOwner } from './owner.ts';
import { type CredentialView, credentialView } from './view.ts';

/**
 * An owner's credentials, the oldest first.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function listCredentials(env: Env, actor: Principal, owner: Owner): Promise<CredentialView[]> {
  await requireOwner(env, actor, owner, 'read');
  if (owner.kind === 'operator') await findProvider(env, owner.provider, 'id');
  return (await readCredentials(env, owner)).map(credentialView);
}
