import { and, eq } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { keys } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { stored } from '../storage.ts';

/**
 * The hash of a key's secret, by which the gateway itself acts as the key; empty where there is no such key. Whether
 * the key may be used shows when it is.
 * @throws GatewayError `storage_unavailable`.
 */
export async function keyHashOf(env: Env, workspaceId: string, keyId: string): Promise<string> {
  const row = await stored(
    database(env.DB)
      .select({ hash: keys.hash })
      .from(keys)
      .where(and(eq(keys.id, keyId), eq(keys.workspaceId, workspaceId)))
      .get(),
  );
  return row?.hash ?? '';
}
