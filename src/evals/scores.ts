import { and, eq, exists, gt, lte, not, sql } from 'drizzle-orm';
import { auditRowIf } from '../db/audit.ts';
import { database } from '../db/client.ts';
import { scores } from '../db/schema/routing.ts';
import type { Env } from '../env.ts';
import { dropCopies } from '../tenancy/keys/spread.ts';
import { stored } from '../tenancy/storage.ts';

/** How well one model did one workflow in one run. */
export interface MeasuredScore {
  workspaceId: string;
  workflow: string;
  /** Canonical id. */
  model: string;
  /** 0 to 1. */
  mean: number;
  /** The lower bound of its 95 % confidence interval. */
  lower: number;
  samples: number;
  /** What measured it; stands in the audit log as who recorded it. */
  runId: string;
  /** Unix milliseconds. */
  measuredAt: number;
}

/** Scores travel with each key of a workspace: of more than these the oldest are dropped. */
export const MOST_SCORES = 1000;

/**
 * Records a score for routing to go by, unless a newer one is known: of a model and a workflow the newest
 * measurement counts.
 * @throws RangeError for numbers that are no score; GatewayError `storage_unavailable`, then nothing was changed.
 */
export async function recordScore(env: Env, score: MeasuredScore): Promise<void> {
  const { workspaceId, workflow, model, mean, lower, samples, runId, measuredAt } = score;
  if (!(lower >= 0 && lower <= mean && mean <= 1 && Number.isInteger(samples) && samples > 0))
    throw new RangeError(`no score: mean ${mean}, lower bound ${lower}, samples ${samples}`);
  const db = database(env.DB);
  const measured = { mean, lower, samples, runId, measuredAt };
  const here = and(
    eq(scores.workspaceId, workspaceId),
    eq(scores.workflow, workflow),
    eq(scores.modelId, model),
  );
  const isNewest = not(
    exists(
      db
        .select({ one: sql`1` })
        .from(scores)
        .where(and(here, gt(scores.measuredAt, measuredAt))),
    ),
  );
  await stored(
    db.batch([
      auditRowIf(db, isNewest, {
        workspaceId,
        actor: runId,
        action: 'score.record',
        target: model,
        after: { workflow, mean, lower_bound: lower, samples },
      }),
      db
        .insert(scores)
        .values({ workspaceId, workflow, modelId: model, ...measured })
        .onConflictDoUpdate({
          target: [scores.workspaceId, scores.workflow, scores.modelId],
          set: measured,
          setWhere: lte(scores.measuredAt, measuredAt),
        }),
      db.delete(scores).where(sql`rowid in (select rowid from scores where workspace_id = ${workspaceId}
        order by measured_at desc limit -1 offset ${MOST_SCORES})`),
    ]),
  );
  await dropCopies(env, workspaceId);
}
