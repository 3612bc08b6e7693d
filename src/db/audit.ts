import type { InferInsertModel } from 'drizzle-orm';
import { newId } from '../lib/id.ts';
import type { Json } from '../lib/json.ts';
import type { Db } from './client.ts';
import { auditLog } from './schema/tenancy.ts';

/** One change, as the audit log keeps it. Holds no secrets: neither keys, hashes nor provider credentials. */
export interface AuditEntry {
  /** Null for changes of the deployment itself. */
  workspaceId: string | null;
  /** `operator` or a key id. */
  actor: string;
  /** `<resource>.<verb>`, e.g. `key.create`. */
  action: string;
  /** The id of what was changed. */
  target: string;
  before?: Json;
  after?: Json;
  /** Unix milliseconds; now when absent. */
  at?: number;
  /** An id of the change's own, where a repetition must not be logged twice. */
  id?: string;
}

/** The statement that logs a change. It belongs in the same `db.batch` as the change. */
export function auditRow(db: Db, entry: AuditEntry) {
  const at = entry.at ?? Date.now();
  const row: InferInsertModel<typeof auditLog> = {
    id: entry.id ?? newId('audit', at),
    workspaceId: entry.workspaceId,
    actor: entry.actor,
    action: entry.action,
    target: entry.target,
    before: entry.before ?? null,
    after: entry.after ?? null,
    createdAt: at,
  };
  return db.insert(auditLog).values(row).onConflictDoNothing();
}
