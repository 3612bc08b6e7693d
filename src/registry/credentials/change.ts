import type { BatchItem } from 'drizzle-orm/batch';
import { type AuditEntry, auditRow } from '../../db/audit.ts';
import { type Db, database } from '../../db/client.ts';
import type { Env } from '../../env.ts';
import { dropCopies } from '../../tenancy/keys/spread.ts';
import { stored } from '../../tenancy/storage.ts';
import { changeRegistry } from '../change.ts';
import { type Owner, workspaceOfOwner } from './owner.ts';

/**
 * Makes a change of credentials with its audit row, and tells isolates: the operator's travel with the
 * registry, a workspace's with what is known of its keys.
 * @throws GatewayError `storage_unavailable`; then nothing was changed.
 */
export async function changeCredentials(
  env: Env,
  owner: Owner,
  statement: (db: Db) => BatchItem<'sqlite'>,
  audit: Omit<AuditEntry, 'workspaceId'>,
): Promise<void> {
  if (owner.kind === 'operator') {
    await changeRegistry(env, (db) => [statement(db)], audit);
    return;
  }
  const db = database(env.DB);
  await stored(db.batch([statement(db), auditRow(db, { workspaceId: workspaceOfOwner(owner), ...audit })]));
  await dropCopies(env, owner.id);
}
