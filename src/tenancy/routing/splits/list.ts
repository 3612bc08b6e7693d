import { asc, inArray } from 'drizzle-orm';
import { database } from '../../../db/client.ts';
import { splits } from '../../../db/schema/routing.ts';
import type { Env } from '../../../env.ts';
import type { SplitTarget } from '../../../routing/policy/types.ts';
import { toSeconds } from '../../page.ts';
import { requirePermission } from '../../permissions.ts';
import { stored } from '../../storage.ts';
import type { Principal } from '../../types.ts';
import { DEPLOYMENT, inForce, placeOf, workspaceView } from '../place.ts';

/** A name that stands for several models. Times are Unix seconds. */
export interface SplitView {
  name: string;
  targets: SplitTarget[];
  /** Null: the whole deployment's. */
  workspace: string | null;
  updated_at: number;
}

/**
 * The splits in force for a workspace: its own and the deployment's that they do not cover. For the operator,
 * who names none, the deployment's. By name.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function listSplits(
  env: Env,
  actor: Principal,
  workspace: string | undefined,
): Promise<SplitView[]> {
  requirePermission(actor, 'routing.read');
  const place = await placeOf(env, actor, workspace);
  const rows = await stored(
    database(env.DB)
      .select()
      .from(splits)
      .where(inArray(splits.workspaceId, [DEPLOYMENT, place]))
      .orderBy(asc(splits.folded)),
  );
  return inForce(rows, ({ folded }) => folded).map(splitView);
}

export function splitView(row: typeof splits.$inferSelect): SplitView {
  return {
    ...row.split,
    workspace: workspaceView(row.workspaceId),
    updated_at: toSeconds(row.updatedAt),
  };
}
