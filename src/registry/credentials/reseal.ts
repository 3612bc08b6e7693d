import { and, asc, eq, gt } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { credentials } from '../../db/schema/registry.ts';
import { configOf, type Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { isSealedUnder, SealError, seal, unseal } from '../../providers/seal.ts';
import { actorName, requirePermission } from '../../tenancy/permissions.ts';
import { stored } from '../../tenancy/storage.ts';
import type { Principal } from '../../tenancy/types.ts';
import { changeRegistry } from '../change.ts';
import { refreshRegistry } from '../load.ts';
import type { Registry } from '../snapshot.ts';
import type { StoredCredential } from './view.ts';

export interface Resealing {
  /** Sealed anew under the current key. */
  resealed: number;
  /** Under the current key before. */
  unchanged: number;
  /** Ids of those that no configured key opens for the host of their provider: to be entered anew. */
  failed: string[];
  /** Give it as `cursor` to go on; null at the end. */
  next_cursor: string | null;
}

/** Credentials that one call looks at; what it changes, it changes at once. */
const BATCH = 100;

/**
 * Seals the next batch of credentials, of the operator and of all workspaces, under the current key.
 * @param cursor `next_cursor` of the call before; absent to begin.
 * @throws GatewayError `permission_denied`, `invalid_value` without an ENCRYPTION_KEY, `storage_unavailable`.
 */
export async function resealCredentials(
  env: Env,
  actor: Principal,
  cursor: string | undefined,
): Promise<Resealing> {
  requirePermission(actor, 'credential.reseal');
  const { encryptionKey } = configOf(env);
  if (encryptionKey === null) {
    throw new GatewayError('invalid_value', { message: 'This deployment has no ENCRYPTION_KEY.' });
  }
  const registry = await stored(refreshRegistry(env));
  const rows = await stored(
    database(env.DB)
      .select()
      .from(credentials)
      .where(gt(credentials.id, cursor ?? ''))
      .orderBy(asc(credentials.id))
      .limit(BATCH + 1),
  );
  const batch = rows.slice(0, BATCH);
  const changed: { row: StoredCredential; sealed: string }[] = [];
  const failed: string[] = [];
  for (const row of batch) {
    if (await isSealedUnder(row.sealed, encryptionKey)) continue;
    const sealed = await resealed(row, registry, env, encryptionKey);
    if (sealed === null) failed.push(row.id);
    else changed.push({ row, sealed });
  }
  if (changed.length > 0) {
    await changeRegistry(
      env,
      (db) =>
        changed.map(({ row, sealed }) =>
          db
            .update(credentials)
            .set({ sealed })
            .where(and(eq(credentials.id, row.id), eq(credentials.sealed, row.sealed))),
        ),
      {
        actor: actorName(actor),
        action: 'credential.reseal',
        target: 'credentials',
        after: { resealed: changed.map(({ row }) => row.id) },
      },
    );
  }
  return {
    resealed: changed.length,
    unchanged: batch.length - changed.length - failed.length,
    failed,
    next_cursor: rows.length > BATCH ? (batch.at(-1)?.id ?? null) : null,
  };
}

/** The same secret under the current key; null when it does not open. */
async function resealed(
  row: StoredCredential,
  registry: Registry,
  env: Env,
  encryptionKey: string,
): Promise<string | null> {
  const provider = registry.provider(row.providerId);
  if (!provider) return null;
  const binding = {
    provider: provider.id,
    baseUrl: provider.baseUrl,
    workspace: row.workspaceId ?? undefined,
  };
  try {
    const secret = await unseal(row.sealed, configOf(env).encryptionKeys, binding);
    return await seal(secret, encryptionKey, binding);
  } catch (thrown) {
    if (thrown instanceof SealError) return null;
    throw thrown;
  }
}
