import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import { auditRow } from '../db/audit.ts';
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
export const MOST_SCORES = 2000;

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
  const ofWorkspace = eq(scores.workspaceId, workspaceId);
  const beyond = db
    .select({ id: sql`rowid` })
    .from(scores)
    .where(ofWorkspace)
    .orderBy(desc(scores.measuredAt))
    .limit(-1)
    .offset(MOST_SCORES);
  await stored(
    db.batch([
      db
        .insert(scores)
        .values({ workspaceId, workflow, modelId: model, ...measured })
        .onConflictDoUpdate({
          target: [scores.workspaceId, scores.workflow, scores.modelId],
          set: measured,
          setWhere: sql`${scores.measuredAt} <= ${measuredAt}`,
        }),
      db.delete(scores).where(and(ofWorkspace, inArray(sql`rowid`, beyond))),
      auditRow(db, {
        workspaceId,
        actor: runId,
        action: 'score.record',
        target: model,
        after: { workflow, mean, lower_bound: lower, samples },
      }),
    ]),
  );
  await dropCopies(env, workspaceId);
}
