import { sql } from 'drizzle-orm';
import { DEFAULT_PRICING, type Pricing } from '../billing/pricing.ts';
import { modelAliases } from '../db/schema/aliases.ts';
import { credentials } from '../db/schema/registry.ts';
import { workspaces } from '../db/schema/tenancy.ts';
import type { Allowance } from '../objects/workspace/types.ts';
import type { Policy } from '../routing/policy/types.ts';
import { ROUTING_COLUMNS, type RoutingRow, routingOf } from './routing-columns.ts';
import type { KeyGrant, OwnCredential } from './types.ts';

/** What a workspace's keys carry of it, selected with `workspaces`: all in one read. */
export const WORKSPACE_COLUMNS = {
  models: workspaces.models,
  allowance: workspaces.allowance,
  pricing: workspaces.pricing,
  policy: workspaces.policy,
  /** `OwnCredential`s as JSON. */
  credentials: sql<string>`(select json_group_array(json_object(
    'id', ${credentials.id}, 'provider', ${credentials.providerId}, 'sealed', ${credentials.sealed},
    'lastFour', ${credentials.lastFour}, 'workspace', ${credentials.workspaceId},
    'priority', ${credentials.priority}, 'weight', ${credentials.weight},
    'exclusive', json(iif(${credentials.exclusive}, 'true', 'false'))))
    from ${credentials} where ${credentials.workspaceId} = ${workspaces.id})`,
  /** What the workspace mapped, as JSON: folded name → canonical model id. */
  aliases: sql<string>`(select json_group_object(${modelAliases.folded}, ${modelAliases.modelId})
    from ${modelAliases} where ${modelAliases.workspaceId} = ${workspaces.id})`,
  ...ROUTING_COLUMNS,
};

/** A row of `WORKSPACE_COLUMNS`. */
interface WorkspaceRow extends RoutingRow {
  models: string[] | null;
  allowance: Allowance | null;
  pricing: Pricing | null;
  policy: Policy | null;
  credentials: string;
  aliases: string;
}

type OfWorkspace = 'workspaceModels' | 'workspaceAliases' | 'workspaceAllowance' | 'pricing';

/** The part of a grant that all keys of a workspace share. */
export function grantOf(
  row: WorkspaceRow,
): Pick<KeyGrant, OfWorkspace> & Pick<KeyGrant, 'routing' | 'credentials'> {
  const own = JSON.parse(row.credentials) as OwnCredential[];
  const routing = routingOf(row, row.policy);
  return {
    workspaceModels: row.models,
    workspaceAliases: row.aliases === '{}' ? null : (JSON.parse(row.aliases) as Record<string, string>),
    workspaceAllowance: row.allowance,
    pricing: row.pricing ?? DEFAULT_PRICING,
    ...(routing ? { routing } : {}),
    ...(own.length > 0 ? { credentials: own } : {}),
  };
}
