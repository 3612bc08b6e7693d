import { credentials } from '../../db/schema/registry.ts';
import { configOf, type Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { newId } from '../../lib/id.ts';
import type { SecretCheck } from '../../providers/check.ts';
import { seal } from '../../providers/seal.ts';
import { actorName } from '../../tenancy/permissions.ts';
import type { Principal } from '../../tenancy/types.ts';
import { changeCredentials } from './change.ts';
import { checkStored } from './check.ts';
import { findProvider, readCredentials } from './find.ts';
import { type Owner, requireOwner, workspaceOfOwner } from './owner.ts';
import { type CredentialView, credentialView, loggedCredential, type StoredCredential } from './view.ts';

export interface CredentialInput {
  secret: string;
  name?: string | undefined;
  priority?: number | undefined;
  weight?: number | undefined;
  /** For a workspace's own. */
  exclusive?: boolean | undefined;
}

/** An owner has at most so many: all of them travel with every copy of a key or the registry. */
const MOST = 50;

/**
 * Stores a secret for a provider, sealed for its host and its owner, and asks the provider about it. One that
 * is refused is stored all the same: the answer says so.
 * @throws GatewayError `permission_denied`, `not_found`, `invalid_value`, `conflict` over the most that an
 *   owner may have, `storage_unavailable`.
 */
export async function createCredential(
  env: Env,
  actor: Principal,
  owner: Owner,
  providerId: string,
  input: CredentialInput,
): Promise<CredentialView & { check: SecretCheck }> {
  await requireOwner(env, actor, owner, 'write');
  const param = owner.kind === 'operator' ? 'id' : 'provider';
  const provider = await findProvider(env, providerId, param);
  if (provider.auth.kind === 'none' || provider.transport === 'internal') {
    throw new GatewayError('invalid_value', { param, message: `${provider.id} takes no secret.` });
  }
  const { encryptionKey } = configOf(env);
  if (encryptionKey === null) {
    throw new GatewayError('invalid_value', {
      param: 'secret',
      message: 'secret cannot be stored: this deployment has no ENCRYPTION_KEY.',
    });
  }
  if ((await readCredentials(env, owner)).length >= MOST) {
    throw new GatewayError('conflict', { message: `There are ${MOST} credentials already: delete some.` });
  }
  const workspaceId = workspaceOfOwner(owner);
  const now = Date.now();
  const row: StoredCredential = {
    id: newId('credential', now),
    providerId: provider.id,
    workspaceId,
    sealed: await seal(input.secret, encryptionKey, {
      provider: provider.id,
      baseUrl: provider.baseUrl,
      workspace: workspaceId ?? undefined,
    }),
    lastFour: lastFour(input.secret),
    name: input.name ?? null,
    priority: input.priority ?? 0,
    weight: input.weight ?? 1,
    exclusive: input.exclusive ?? false,
    createdAt: now,
  };
  await changeCredentials(env, owner, (db) => db.insert(credentials).values(row), {
    actor: actorName(actor),
    action: 'credential.create',
    target: row.id,
    after: loggedCredential(row),
    at: now,
  });
  const { result, message, status } = await checkStored(env, provider, row);
  return { ...credentialView(row), check: { result, message, status } };
}

/** What is shown of a secret: of a short one nothing, since the end would be much of it. */
export function lastFour(secret: string): string {
  return secret.length >= 12 ? secret.slice(-4) : '';
}
