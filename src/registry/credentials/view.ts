import type { InferSelectModel } from 'drizzle-orm';
import type { credentials } from '../../db/schema/registry.ts';
import { toSeconds } from '../../tenancy/page.ts';

export type StoredCredential = InferSelectModel<typeof credentials>;

/** A credential as it is shown: of its secret no more than the end. Times are Unix seconds. */
export interface CredentialView {
  id: string;
  provider: string;
  /** Null for the operator's. */
  workspace: string | null;
  name: string | null;
  last_four: string;
  /** Lower is used first. */
  priority: number;
  /** Share of the requests among those of one priority. */
  weight: number;
  /** The operator's are never used in its place. */
  exclusive: boolean;
  created_at: number;
}

export function credentialView(row: StoredCredential): CredentialView {
  return {
    id: row.id,
    provider: row.providerId,
    workspace: row.workspaceId,
    name: row.name,
    last_four: row.lastFour,
    priority: row.priority,
    weight: row.weight,
    exclusive: row.exclusive,
    created_at: toSeconds(row.createdAt),
  };
}

/** What of a credential stands in the audit log. */
export function loggedCredential(row: StoredCredential) {
  const { provider, name, last_four, priority, weight, exclusive } = credentialView(row);
  return { provider, name, last_four, priority, weight, exclusive };
}
