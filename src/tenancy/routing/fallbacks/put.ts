import { and, eq, ne } from 'drizzle-orm';
import { database } from '../../../db/client.ts';
import { fallbacks } from '../../../db/schema/routing.ts';
import type { Env } from '../../../env.ts';
import { GatewayError } from '../../../errors.ts';
import type { Json } from '../../../lib/json.ts';
import type { FallbackStep, FallbackTrigger } from '../../../routing/policy/types.ts';
import { actorName, requirePermission } from '../../permissions.ts';
import { stored } from '../../storage.ts';
import type { Principal } from '../../types.ts';
import { type ModelNames, modelNamed, type NamedModel } from '../models.ts';
import { type ChangeDeployment, changeRules, placeOf } from '../place.ts';
import { requireRoom } from '../room.ts';
import { type FallbackView, fallbackView } from './list.ts';

const FALLBACKS = {
  table: fallbacks,
  workspaceId: fallbacks.workspaceId,
  content: fallbacks.chain,
  plural: 'fallback chains',
  most: 200,
};

/** A step as people write it: a model's name alone is one for the usual triggers. */
export type StepInput = string | { model: string; on?: FallbackTrigger[] | undefined };

/** What leads to a step that names no triggers. */
export const USUAL_TRIGGERS: readonly FallbackTrigger[] = ['error', 'rate_limit'];

/**
 * Declares what is tried when a model cannot serve, as a whole.
 * @throws GatewayError `permission_denied`, `not_found` for the workspace, `invalid_value` for a model,
 *   `conflict` when there are too many, `storage_unavailable`.
 */
export async function putFallback(
  env: Env,
  actor: Principal,
  models: ModelNames,
  changeDeployment: ChangeDeployment,
  input: { model: string; chain: readonly StepInput[]; workspace: string | undefined },
): Promise<FallbackView> {
  requirePermission(actor, 'routing.write');
  const place = await placeOf(env, actor, input.workspace);
  const model = modelNamed(input.model, models, 'model');
  const chain = chainOf(input.chain, model, models);
  await requireRoom(env, FALLBACKS, place, ne(fallbacks.modelId, model.id), chain);
  const before = await stored(
    database(env.DB)
      .select()
      .from(fallbacks)
      .where(and(eq(fallbacks.workspaceId, place), eq(fallbacks.modelId, model.id)))
      .get(),
  );
  const row = { workspaceId: place, modelId: model.id, chain, updatedAt: Date.now() };
  await changeRules(
    env,
    place,
    changeDeployment,
    (db) => [
      db
        .insert(fallbacks)
        .values(row)
        .onConflictDoUpdate({ target: [fallbacks.workspaceId, fallbacks.modelId], set: row }),
    ],
    {
      actor: actorName(actor),
      action: 'fallback.put',
      target: model.id,
      before: (before?.chain ?? null) as unknown as Json,
      after: chain as unknown as Json,
    },
  );
  return fallbackView(row, models);
}

function chainOf(inputs: readonly StepInput[], model: NamedModel, models: ModelNames): FallbackStep[] {
  const seen = new Set([model.id]);
  return inputs.map((input, index) => {
    const param = typeof input === 'string' ? `chain[${index}]` : `chain[${index}].model`;
    const { model: name, on = [...USUAL_TRIGGERS] } = typeof input === 'string' ? { model: input } : input;
    const step = modelNamed(name, models, param);
    if (seen.has(step.id)) {
      const message =
        step.id === model.id ? `${step.id} cannot stand in for itself.` : `${step.id} is in the chain twice.`;
      throw new GatewayError('invalid_value', { param, message });
    }
    if (step.kind !== model.kind) {
      throw new GatewayError('invalid_value', {
        param,
        message: `${step.id} is a model for ${step.kind}, ${model.id} one for ${model.kind}.`,
      });
    }
    seen.add(step.id);
    return { model: step.id, on: [...on] };
  });
}
