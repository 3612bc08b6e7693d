import { and, eq, isNull } from 'drizzle-orm';
import { database } from '../db/client.ts';
import { credentials, endpoints, providers } from '../db/schema/registry.ts';
import type { Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { SHIPPED_PROVIDERS } from '../providers/catalog.ts';
import { changeRegistry } from './change.ts';
import { logged } from './put-provider.ts';
import { declaredProvider } from './read.ts';

/**
 * Takes back the operator's declaration of a provider, and its stored secret. A shipped provider is as
 * shipped again; one of the operator's own must not be in use by a model.
 * @throws GatewayError `not_found`, `conflict`, `storage_unavailable`.
 */
export async function deleteProvider(env: Env, actor: string, id: string): Promise<void> {
  const db = database(env.DB);
  const [rows, users] = await readUse(db, id);
  const row = rows[0];
  if (!row)
    throw new GatewayError('not_found', {
      param: 'id',
      message: 'The operator has declared no such provider.',
    });
  if (!SHIPPED_PROVIDERS.has(id) && users.length > 0) {
    throw new GatewayError('conflict', {
      param: 'id',
      message: `The provider serves ${users.map((user) => user.model).join(', ')}: change these models first.`,
    });
  }
  await changeRegistry(
    env,
    (changed) => [
      changed.delete(providers).where(eq(providers.id, id)),
      changed.delete(credentials).where(and(eq(credentials.providerId, id), isNull(credentials.workspaceId))),
    ],
    { actor, action: 'provider.delete', target: id, before: logged(declaredProvider(row)) },
  );
}

async function readUse(db: ReturnType<typeof database>, id: string) {
  try {
    return await db.batch([
      db.select().from(providers).where(eq(providers.id, id)),
      db
        .selectDistinct({ model: endpoints.modelId })
        .from(endpoints)
        .where(and(eq(endpoints.providerId, id), isNull(endpoints.retiredAt)))
        .limit(5),
    ]);
  } catch (cause) {
    throw new GatewayError('storage_unavailable', { cause });
  }
}
