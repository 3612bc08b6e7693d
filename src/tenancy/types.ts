import type { Pricing } from '../billing/pricing.ts';
import type { Allowance, BudgetWindow, Limits } from '../objects/workspace/types.ts';
import type { Policy, WorkspaceRouting } from '../routing/policy/types.ts';

/**
 * What a key may do: `inference` calls models, `read` sees, `developer` does both and changes what
 * belongs to its workspace, `admin` also manages keys.
 */
export const KEY_ROLES = ['inference', 'read', 'developer', 'admin'] as const;
export type KeyRole = (typeof KEY_ROLES)[number];

/**
 * What a member may do: `owner` everything, `admin` all but the ownership, `developer` works with keys,
 * projects and models, `billing` with money, `viewer` sees.
 */
export const MEMBER_ROLES = ['owner', 'admin', 'developer', 'billing', 'viewer'] as const;
export type MemberRole = (typeof MEMBER_ROLES)[number];

export const BUDGET_WINDOWS = ['daily', 'weekly', 'monthly', 'total'] as const satisfies BudgetWindow[];

/** What a key may do and spend: also for some models alone. */
export interface KeyAllowance extends Allowance {
  /** Rates for models, by id or glob. */
  modelLimits?: { models: string; limits: Limits }[] | undefined;
}

/** What a key may do beyond its role, as isolates keep it. */
export interface KeyGrant {
  keyId: string;
  workspaceId: string;
  projectId: string;
  /** The member who made it; null for the operator's. */
  userId: string | null;
  role: KeyRole;
  /** Globs over model ids; null allows all. */
  models: string[] | null;
  /** The workspace's: both must allow a model. */
  workspaceModels: string[] | null;
  /** Names that the workspace mapped: folded name → canonical model id. Null: none. */
  workspaceAliases: Record<string, string> | null;
  /** Addresses and CIDR blocks; null allows all. */
  allowedIps: string[] | null;
  allowance: KeyAllowance | null;
  workspaceAllowance: Allowance | null;
  projectAllowance: Allowance | null;
  memberAllowance: Allowance | null;
  pricing: Pricing;
  /** The key's own policy. */
  policy?: Policy | undefined;
  /** Absent where the workspace declared nothing. */
  routing?: WorkspaceRouting | undefined;
  /** The workspace's own credentials for providers, sealed. */
  credentials?: OwnCredential[] | undefined;
}

/** A credential of a workspace for a provider, as the registry's own are kept: sealed. */
export interface OwnCredential {
  id: string;
  provider: string;
  sealed: string;
  lastFour: string;
  workspace?: string | undefined;
  priority?: number | undefined;
  weight?: number | undefined;
  exclusive?: boolean | undefined;
}

/** Who is calling. */
export type Principal =
  | { kind: 'operator' }
  /** @property expiresAt when the secret ends that was sent, Unix milliseconds. */
  | ({ kind: 'key'; expiresAt: number | null } & KeyGrant)
  /** A signed-in person in one workspace. */
  | { kind: 'member'; userId: string; workspaceId: string; role: MemberRole }
  /** A signed-in person who belongs to no workspace, or has named none of several. */
  | { kind: 'user'; userId: string };
