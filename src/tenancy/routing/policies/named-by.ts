import { and, eq, exists, not, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import { type Db, database } from '../../../db/client.ts';
import { policies, workflows } from '../../../db/schema/routing.ts';
import type { Env } from '../../../env.ts';
import { dropCopies } from '../../keys/spread.ts';
import { stored } from '../../storage.ts';
import { DEPLOYMENT } from '../place.ts';

const own = alias(policies, 'own');

/**
 * Says of a row of `workflows` that it goes by a stored policy: a workspace's by its own of that name, else by
 * the deployment's.
 */
export function goesBy(db: Db, place: string, name: string): SQL | undefined {
  // A named policy is a JSON string in the column.
  const names = eq(workflows.policy, name);
  if (place !== DEPLOYMENT) return and(names, eq(workflows.workspaceId, place));
  const covering = db
    .select({ one: sql`1` })
    .from(own)
    .where(and(eq(own.workspaceId, workflows.workspaceId), eq(own.name, name)));
  return and(names, not(exists(covering)));
}

/** Workspaces whose copies are dropped at once when a policy of the deployment changes; others follow within a minute. */
const RENEWED_AT_ONCE = 50;

/** Tells the workspaces whose workflows go by a policy of the deployment that it has changed. */
export async function renewWorkflowsBy(env: Env, name: string): Promise<void> {
  const db = database(env.DB);
  const rows = await stored(
    db
      .selectDistinct({ workspaceId: workflows.workspaceId })
      .from(workflows)
      .where(goesBy(db, DEPLOYMENT, name))
      .limit(RENEWED_AT_ONCE),
  );
  for (const { workspaceId } of rows) await dropCopies(env, workspaceId);
}
