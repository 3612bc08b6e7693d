import { and, eq, ne } from 'drizzle-orm';
import { database } from '../../../db/client.ts';
import { policies } from '../../../db/schema/routing.ts';
import type { Env } from '../../../env.ts';
import type { Json } from '../../../lib/json.ts';
import type { Policy } from '../../../routing/policy/types.ts';
import { actorName, requirePermission } from '../../permissions.ts';
import { stored } from '../../storage.ts';
import type { Principal } from '../../types.ts';
import { type ChangeDeployment, changeRules, DEPLOYMENT, placeOf } from '../place.ts';
import { requireRoom } from '../room.ts';
import { type PolicyView, policyView } from './list.ts';
import { renewWorkflowsBy } from './named-by.ts';

const POLICIES = {
  table: policies,
  workspaceId: policies.workspaceId,
  content: policies.policy,
  plural: 'policies',
  most: 100,
};

/**
 * Declares a policy under a name, as a whole.
 * @throws GatewayError `permission_denied`, `not_found` for the workspace, `conflict` when there are too many,
 *   `storage_unavailable`.
 */
export async function putPolicy(
  env: Env,
  actor: Principal,
  changeDeployment: ChangeDeployment,
  { name, policy, workspace }: { name: string; policy: Policy; workspace: string | undefined },
): Promise<PolicyView> {
  requirePermission(actor, 'routing.write');
  const place = await placeOf(env, actor, workspace);
  await requireRoom(env, POLICIES, place, ne(policies.name, name), policy);
  const before = await stored(
    database(env.DB)
      .select()
      .from(policies)
      .where(and(eq(policies.workspaceId, place), eq(policies.name, name)))
      .get(),
  );
  const now = Date.now();
  const row = { workspaceId: place, name, policy, createdAt: before?.createdAt ?? now, updatedAt: now };
  await changeRules(
    env,
    place,
    changeDeployment,
    (db) => [
      db
        .insert(policies)
        .values(row)
        .onConflictDoUpdate({
          target: [policies.workspaceId, policies.name],
          set: { policy, updatedAt: now },
        }),
    ],
    {
      actor: actorName(actor),
      action: 'policy.put',
      target: name,
      before: (before?.policy ?? null) as Json,
      after: policy as Json,
    },
  );
  if (place === DEPLOYMENT) await renewWorkflowsBy(env, name);
  return policyView(row);
}
