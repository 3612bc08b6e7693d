import { GatewayError } from '../../errors.ts';
import { isAddressOrBlock } from '../../lib/ip-allowlist.ts';
import type { Limits } from '../../objects/workspace/types.ts';
import type { Policy } from '../../routing/policy/types.ts';
import { type BudgetInput, budgetsFrom, budgetsView } from '../limits/input.ts';
import type { KeyAllowance } from '../types.ts';
import type { StoredKey } from './view.ts';

/** What a key may do beyond its role, as people write it. Null takes a restriction away; absent leaves it. */
export interface KeyRestrictions {
  limits?: Limits | null | undefined;
  /** Limits for some models alone. */
  model_limits?: (Limits & { models: string })[] | null | undefined;
  budgets?: BudgetInput[] | null | undefined;
  /** Model ids or globs. */
  models?: string[] | null | undefined;
  /** Unix seconds. */
  expires_at?: number | null | undefined;
  /** Addresses and CIDR blocks. */
  allowed_ips?: string[] | null | undefined;
  metadata?: Record<string, string> | null | undefined;
  /** How its requests are routed: of each field, what they do not say themselves. */
  policy?: Policy | null | undefined;
}

type Columns = Pick<StoredKey, 'models' | 'allowance' | 'allowedIps' | 'metadata' | 'expiresAt' | 'policy'>;

export const UNRESTRICTED: Columns = {
  models: null,
  allowance: null,
  allowedIps: null,
  metadata: null,
  expiresAt: null,
  policy: null,
};

/**
 * The columns of a key with what is asked for.
 * @throws GatewayError `invalid_value`: an end that has passed, an address that is none, budgets as
 *   `budgetsFrom` says.
 */
export function restrict(before: Columns, input: KeyRestrictions, now: number): Columns {
  if (input.expires_at && input.expires_at * 1000 <= now) {
    throw new GatewayError('invalid_value', {
      param: 'expires_at',
      message: 'expires_at must be in the future, in Unix seconds.',
    });
  }
  for (const [index, entry] of (input.allowed_ips ?? []).entries()) {
    if (isAddressOrBlock(entry)) continue;
    const param = `allowed_ips[${index}]`;
    throw new GatewayError('invalid_value', { param, message: `${param} is no IP address or CIDR block.` });
  }
  return {
    models: pick(input.models, before.models),
    allowance: allowanceOf(before.allowance, input, now),
    allowedIps: pick(input.allowed_ips, before.allowedIps),
    metadata: pick(input.metadata, before.metadata),
    expiresAt:
      input.expires_at === undefined ? before.expiresAt : input.expires_at && input.expires_at * 1000,
    policy: pick(input.policy, before.policy),
  };
}

/** What a key may do beyond its role, as the API shows it. */
export function restrictionsView(row: Columns) {
  const { allowance } = row;
  return {
    limits: allowance?.limits ?? null,
    model_limits: allowance?.modelLimits?.map(({ models, limits }) => ({ models, ...limits })) ?? null,
    budgets: budgetsView(allowance?.budgets ?? []),
    models: row.models,
    expires_at: row.expiresAt === null ? null : Math.floor(row.expiresAt / 1000),
    allowed_ips: row.allowedIps,
    metadata: row.metadata,
    policy: row.policy,
  };
}

function allowanceOf(
  before: KeyAllowance | null,
  { limits, model_limits: forModels, budgets }: KeyRestrictions,
  now: number,
): KeyAllowance | null {
  if (limits === undefined && forModels === undefined && budgets === undefined) return before;
  const modelLimits =
    forModels === undefined
      ? before?.modelLimits
      : (forModels ?? []).map(({ models, ...rates }) => ({ models, limits: rates }));
  return {
    limits: pick(limits, before?.limits ?? {}) ?? {},
    budgets: budgets === undefined ? (before?.budgets ?? []) : budgetsFrom(budgets ?? []),
    ...(modelLimits && modelLimits.length > 0 ? { modelLimits } : {}),
    version: Math.max(now, (before?.version ?? 0) + 1),
  };
}

function pick<T>(asked: T | undefined, before: T): T {
  return asked === undefined ? before : asked;
}
