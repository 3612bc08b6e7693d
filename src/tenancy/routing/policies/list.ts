import { asc, inArray } from 'drizzle-orm';
import { database } from '../../../db/client.ts';
import { policies } from '../../../db/schema/routing.ts';
import type { Env } from '../../../env.ts';
import type { Policy } from '../../../routing/policy/types.ts';
import { toSeconds } from '../../page.ts';
import { requirePermission } from '../../permissions.ts';
import { stored } from '../../storage.ts';
import type { Principal } from '../../types.ts';
import { DEPLOYMENT, inForce, placeOf, workspaceView } from '../place.ts';

/** A policy that requests, keys and workflows name. Times are Unix seconds. */
export interface PolicyView {
  name: string;
  policy: Policy;
  /** Null: the whole deployment's. */
  workspace: string | null;
  created_at: number;
  updated_at: number;
}

/**
 * The policies in force for a workspace: its own and the deployment's that they do not cover. For the
 * operator, who names none, the deployment's. By name.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function listPolicies(
  env: Env,
  actor: Principal,
  workspace: string | undefined,
): Promise<PolicyView[]> {
  requirePermission(actor, 'routing.read');
  const place = await placeOf(env, actor, workspace);
  const rows = await stored(
    database(env.DB)
      .select()
      .from(policies)
      .where(inArray(policies.workspaceId, [DEPLOYMENT, place]))
      .orderBy(asc(policies.name)),
  );
  return inForce(rows, ({ name }) => name).map(policyView);
}

export function policyView(row: typeof policies.$inferSelect): PolicyView {
  return {
    name: row.name,
    policy: row.policy,
    workspace: workspaceView(row.workspaceId),
    created_at: toSeconds(row.createdAt),
    updated_at: toSeconds(row.updatedAt),
  };
}
