import type { BatchItem } from 'drizzle-orm/batch';
import { type AuditEntry, auditRow } from '../db/audit.ts';
import { type Db, database } from '../db/client.ts';
import type { Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { refreshRegistry } from './load.ts';
import type { Registry } from './snapshot.ts';
import { NEXT_VERSION } from './version.ts';

/**
 * Makes a change of the registry: the statements, the audit row and the new version in one transaction,
 * then every copy is renewed. Answers the registry as it is now.
 * @throws GatewayError `storage_unavailable`; then nothing was changed.
 */
export async function changeRegistry(
  env: Env,
  statements: (db: Db) => BatchItem<'sqlite'>[],
  audit: Omit<AuditEntry, 'workspaceId'>,
): Promise<Registry> {
  const db = database(env.DB);
  try {
    await db.batch([db.run(NEXT_VERSION), ...statements(db), auditRow(db, { workspaceId: null, ...audit })]);
    return await refreshRegistry(env);
  } catch (cause) {
    throw new GatewayError('storage_unavailable', { cause });
  }
}
