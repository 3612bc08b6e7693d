import type { InferInsertModel, SQL } from 'drizzle-orm';
import { newId } from '../lib/id.ts';
import type { Json } from '../lib/json.ts';
import type { Db } from './client.ts';
import { insertIf } from './insert-if.ts';
import { auditLog } from './schema/tenancy.ts';

/** One change, as the audit log keeps it. Holds no secrets: neither keys, hashes nor provider credentials. */
export interface AuditEntry {
  /** Null for changes of the deployment itself. */
  workspaceId: string | null;
  /** `operator`, or the id of a key or person. */
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
  return db.insert(auditLog).values(rowOf(entry)).onConflictDoNothing();
}

/**
 * The same for a change that happens only under a condition. It goes before the change in the batch, and
 * the change has the same condition: both see the same state.
 */
export function auditRowIf(db: Db, condition: SQL, entry: AuditEntry) {
  return insertIf(db, auditLog, condition, rowOf(entry));
}

function rowOf(entry: AuditEntry): InferInsertModel<typeof auditLog> {
  const at = entry.at ?? Date.now();
  return {
    id: entry.id ?? newId('audit', at),
    workspaceId: entry.workspaceId,
    actor: entry.actor,
    action: entry.action,
    target: entry.target,
    before: entry.before ?? null,
    after: entry.after ?? null,
    createdAt: at,
  };
}
