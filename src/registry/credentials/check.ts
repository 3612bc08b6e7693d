import type { Env } from '../../env.ts';
import { GatewayError, toGatewayError } from '../../errors.ts';
import { checkSecret, type SecretCheck } from '../../providers/check.ts';
import { warmUp } from '../../providers/cool-down.ts';
import { type Credential, credentialFromEnvironment, secretOf } from '../../providers/credentials.ts';
import type { Provider } from '../../providers/types.ts';
import type { Principal } from '../../tenancy/types.ts';
import { findCredential, findProvider, readCredentials } from './find.ts';
import { type Owner, requireOwner } from './owner.ts';
import type { StoredCredential } from './view.ts';

/** What came of checking one credential. */
export interface CheckView extends SecretCheck {
  /** The id of what is stored; null for one of the environment. */
  credential: string | null;
  last_four: string | null;
}

/**
 * Checks the operator's credentials for a provider, or one of them: each by a call to the provider.
 * @throws GatewayError `permission_denied`, `not_found` also where there is no credential, `storage_unavailable`.
 */
export async function checkProvider(
  env: Env,
  actor: Principal,
  providerId: string,
  credential: string | undefined,
): Promise<CheckView[]> {
  const owner: Owner = { kind: 'operator', provider: providerId };
  await requireOwner(env, actor, owner, 'write');
  const provider = await findProvider(env, providerId, 'id');
  const rows =
    credential === undefined
      ? await readCredentials(env, owner)
      : [await findCredential(env, owner, credential)];
  if (rows.length > 0) return Promise.all(rows.map((row) => checkStored(env, provider, row)));
  const known = credentialFromEnvironment(provider, env);
  if (known) return [{ credential: null, last_four: null, ...(await check(env, provider, known)) }];
  throw new GatewayError('not_found', { param: 'id', message: 'There is no credential for this provider.' });
}

/**
 * Checks one of a workspace's own credentials.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function checkCredential(
  env: Env,
  actor: Principal,
  owner: Owner,
  id: string,
): Promise<CheckView> {
  await requireOwner(env, actor, owner, 'write');
  const row = await findCredential(env, owner, id);
  return checkStored(env, await findProvider(env, row.providerId, 'credential'), row);
}

/** Checks what is stored, and lets it rest no longer when it is good. */
export async function checkStored(env: Env, provider: Provider, row: StoredCredential): Promise<CheckView> {
  const { id, sealed, lastFour, workspaceId } = row;
  const stored = { id, provider: provider.id, sealed, lastFour, workspace: workspaceId ?? undefined };
  const found = await check(env, provider, { id, kind: 'stored', stored });
  if (found.result === 'accepted') warmUp(id);
  return { credential: id, last_four: lastFour, ...found };
}

async function check(env: Env, provider: Provider, credential: Credential): Promise<SecretCheck> {
  let secret: string | null;
  try {
    secret = await secretOf(credential, provider, env);
  } catch (thrown) {
    if (toGatewayError(thrown).code !== 'upstream_credentials_rejected') throw thrown;
    return {
      result: 'refused',
      message: 'It was sealed for another host or under a key that is gone: enter it anew.',
      status: null,
    };
  }
  if (secret !== null) return checkSecret(provider, secret, env);
  return { result: 'unknown', message: 'The provider takes no credential.', status: null };
}
