import type { BatchItem } from 'drizzle-orm/batch';
import { type AuditEntry, auditRow } from '../../db/audit.ts';
import { type Db, database } from '../../db/client.ts';
import type { Env } from '../../env.ts';
import { dropCopies } from '../../tenancy/keys/spread.ts';
import { stored } from '../../tenancy/storage.ts';
import { changeRegistry } from '../change.ts';
import { DEPLOYMENT } from './scope.ts';

/**
 * Changes an alias where it travels: the deployment's with the registry, a workspace's with its keys.
 * @throws GatewayError `storage_unavailable`; then nothing was changed.
 */
export async function changeAlias(
  env: Env,
  scope: string,
  statement: (db: Db) => BatchItem<'sqlite'>,
  audit: Omit<AuditEntry, 'workspaceId'>,
): Promise<void> {
  if (scope === DEPLOYMENT) {
    await changeRegistry(env, (db) => [statement(db)], audit);
    return;
  }
  const db = database(env.DB);
  await stored(db.batch([statement(db), auditRow(db, { workspaceId: scope, ...audit })]));
  await dropCopies(env, scope);
}
