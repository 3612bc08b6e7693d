import { asc, inArray } from 'drizzle-orm';
import { database } from '../../../db/client.ts';
import { fallbacks } from '../../../db/schema/routing.ts';
import type { Env } from '../../../env.ts';
import type { FallbackStep } from '../../../routing/policy/types.ts';
import { toSeconds } from '../../page.ts';
import { requirePermission } from '../../permissions.ts';
import { stored } from '../../storage.ts';
import type { Principal } from '../../types.ts';
import { lacks, type ModelNames } from '../models.ts';
import { DEPLOYMENT, inForce, placeOf, workspaceView } from '../place.ts';

/** What is tried when a model cannot serve. Times are Unix seconds. */
export interface FallbackView {
  /** Canonical id. */
  model: string;
  chain: FallbackStep[];
  /** Null: the whole deployment's. */
  workspace: string | null;
  updated_at: number;
  /** Which requests skip a step, for people. */
  warnings: string[];
}

/**
 * The fallback chains in force for a workspace: its own and the deployment's that they do not cover. For the
 * operator, who names none, the deployment's. By model.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function listFallbacks(
  env: Env,
  actor: Principal,
  models: ModelNames,
  workspace: string | undefined,
): Promise<FallbackView[]> {
  requirePermission(actor, 'routing.read');
  const place = await placeOf(env, actor, workspace);
  const rows = await stored(
    database(env.DB)
      .select()
      .from(fallbacks)
      .where(inArray(fallbacks.workspaceId, [DEPLOYMENT, place]))
      .orderBy(asc(fallbacks.modelId)),
  );
  return inForce(rows, ({ modelId }) => modelId).map((row) => fallbackView(row, models));
}

export function fallbackView(row: typeof fallbacks.$inferSelect, models: ModelNames): FallbackView {
  return {
    model: row.modelId,
    chain: row.chain,
    workspace: workspaceView(row.workspaceId),
    updated_at: toSeconds(row.updatedAt),
    warnings: row.chain.flatMap((step) => warningsOf(row.modelId, step, models)),
  };
}

function warningsOf(modelId: string, step: FallbackStep, models: ModelNames): string[] {
  const model = models.find(modelId);
  const next = models.find(step.model);
  if (!next) return [`${step.model} is gone: all requests skip it`];
  return model ? lacks(next, model, models) : [];
}
