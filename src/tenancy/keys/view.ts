import type { InferSelectModel } from 'drizzle-orm';
import type { keys } from '../../db/schema/tenancy.ts';
import type { Limits } from '../../objects/workspace/types.ts';
import type { Policy } from '../../routing/policy/types.ts';
import type { BudgetInput } from '../limits/input.ts';
import { toSeconds } from '../page.ts';
import type { KeyRole } from '../types.ts';
import { restrictionsView } from './grant-input.ts';

export type StoredKey = InferSelectModel<typeof keys>;

/** A key as it is shown: never its secret. Times are Unix seconds. */
export interface KeyView {
  id: string;
  name: string;
  role: KeyRole;
  workspace: string;
  project: string;
  last_four: string;
  created_at: number;
  revoked_at: number | null;
  /** Until when the secret before the last rotation still works. */
  previous_secret_expires_at: number | null;
  /** The member who made it; null for the operator's. */
  created_by: string | null;
  limits: Limits | null;
  model_limits: (Limits & { models: string })[] | null;
  budgets: BudgetInput[];
  models: string[] | null;
  expires_at: number | null;
  allowed_ips: string[] | null;
  metadata: Record<string, string> | null;
  policy: Policy | null;
}

/** A key with its secret, which is shown this once. */
export interface KeyWithSecret extends KeyView {
  key: string;
}

export function keyView(row: StoredKey): KeyView {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    workspace: row.workspaceId,
    project: row.projectId,
    last_four: row.lastFour,
    created_at: toSeconds(row.createdAt),
    revoked_at: row.revokedAt === null ? null : toSeconds(row.revokedAt),
    previous_secret_expires_at: row.previousExpiresAt === null ? null : toSeconds(row.previousExpiresAt),
    created_by: row.userId,
    ...restrictionsView(row),
  };
}
