import { and, asc, desc, eq } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { scores } from '../../db/schema/routing.ts';
import type { Env } from '../../env.ts';
import { toSeconds } from '../page.ts';
import { requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { chooseWorkspace } from '../workspaces/choose.ts';

/** How well a model does a workflow. Times are Unix seconds. */
export interface ScoreView {
  workflow: string;
  /** Canonical id. */
  model: string;
  /** 0 to 1. */
  mean: number;
  /** The lower bound of its 95 % confidence interval. */
  lower_bound: number;
  samples: number;
  /** What measured it. */
  run: string;
  measured_at: number;
}

/**
 * The accuracy that evals measured in a workspace: the newest of each model, by workflow, best first.
 * @throws GatewayError `permission_denied`, `not_found`, `missing_parameter`, `storage_unavailable`.
 */
export async function listScores(
  env: Env,
  actor: Principal,
  { workflow, workspace }: { workflow?: string | undefined; workspace?: string | undefined },
): Promise<ScoreView[]> {
  requirePermission(actor, 'routing.read');
  const workspaceId = await chooseWorkspace(env, actor, workspace);
  const rows = await stored(
    database(env.DB)
      .select()
      .from(scores)
      .where(
        and(
          eq(scores.workspaceId, workspaceId),
          workflow === undefined ? undefined : eq(scores.workflow, workflow),
        ),
      )
      .orderBy(asc(scores.workflow), desc(scores.lower), asc(scores.modelId)),
  );
  return rows.map((row) => ({
    workflow: row.workflow,
    model: row.modelId,
    mean: row.mean,
    lower_bound: row.lower,
    samples: row.samples,
    run: row.runId,
    measured_at: toSeconds(row.measuredAt),
  }));
}
