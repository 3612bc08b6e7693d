import { and, eq, exists, not, sql } from 'drizzle-orm';
import { database } from '../../../db/client.ts';
import { policies, workflows } from '../../../db/schema/routing.ts';
import type { Env } from '../../../env.ts';
import { GatewayError } from '../../../errors.ts';
import type { Json } from '../../../lib/json.ts';
import { actorName, requirePermission } from '../../permissions.ts';
import { stored } from '../../storage.ts';
import type { Principal } from '../../types.ts';
import { type ChangeDeployment, changeRules, placeOf } from '../place.ts';
import { goesBy } from './named-by.ts';

/**
 * Deletes a policy that no workflow names.
 * @throws GatewayError `permission_denied`, `not_found` for the workspace, `policy_not_found`, `conflict`
 *   naming the workflow, `storage_unavailable`.
 */
export async function deletePolicy(
  env: Env,
  actor: Principal,
  changeDeployment: ChangeDeployment,
  name: string,
  workspace: string | undefined,
): Promise<void> {
  requirePermission(actor, 'routing.write');
  const place = await placeOf(env, actor, workspace);
  const db = database(env.DB);
  const here = and(eq(policies.workspaceId, place), eq(policies.name, name));
  const naming = () =>
    db
      .select({ name: workflows.name })
      .from(workflows)
      .where(goesBy(db, place, name))
      .limit(1);
  const [[row], [workflow]] = await stored(db.batch([db.select().from(policies).where(here), naming()]));
  if (!row) throw new GatewayError('policy_not_found', { param: 'name' });
  if (workflow) throw isNamed(workflow.name);
  await changeRules(
    env,
    place,
    changeDeployment,
    // A workflow may come to name it in this moment.
    (inBatch) => [
      inBatch.delete(policies).where(
        and(
          here,
          not(
            exists(
              inBatch
                .select({ one: sql`1` })
                .from(workflows)
                .where(goesBy(inBatch, place, name)),
            ),
          ),
        ),
      ),
    ],
    { actor: actorName(actor), action: 'policy.delete', target: name, before: row.policy as Json },
  );
}

function isNamed(workflow: string): GatewayError {
  return new GatewayError('conflict', {
    param: 'name',
    message: `The workflow ${workflow} names this policy: change or delete the workflow first.`,
  });
}
