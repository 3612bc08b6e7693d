import { and, asc, eq, isNull } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { credentials } from '../../db/schema/registry.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import type { Provider } from '../../providers/types.ts';
import { stored } from '../../tenancy/storage.ts';
import { refreshRegistry } from '../load.ts';
import type { Owner } from './owner.ts';
import type { StoredCredential } from './view.ts';

/** All credentials of an owner, the oldest first. @throws GatewayError `storage_unavailable`. */
export function readCredentials(env: Env, owner: Owner): Promise<StoredCredential[]> {
  return stored(
    database(env.DB).select().from(credentials).where(ofOwner(owner)).orderBy(asc(credentials.createdAt)),
  );
}

/** One credential of an owner. @throws GatewayError `not_found`, also for another's; `storage_unavailable`. */
export async function findCredential(env: Env, owner: Owner, id: string): Promise<StoredCredential> {
  const row = await stored(
    database(env.DB)
      .select()
      .from(credentials)
      .where(and(eq(credentials.id, id), ofOwner(owner)))
      .get(),
  );
  if (row) return row;
  throw new GatewayError('not_found', { param: 'credential', message: 'There is no such credential.' });
}

/**
 * A provider as it stands now, for which a secret is meant.
 * @param param what to name in the error: where the id came from.
 * @throws GatewayError `not_found`, `storage_unavailable`.
 */
export async function findProvider(env: Env, id: string, param: string): Promise<Provider> {
  const provider = (await stored(refreshRegistry(env))).provider(id);
  if (provider) return provider;
  throw new GatewayError('not_found', { param, message: 'There is no such provider.' });
}

function ofOwner(owner: Owner) {
  return owner.kind === 'operator'
    ? and(eq(credentials.providerId, owner.provider), isNull(credentials.workspaceId))
    : eq(credentials.workspaceId, owner.id);
}
