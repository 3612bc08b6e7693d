import { and, eq, ne } from 'drizzle-orm';
import { database } from '../../../db/client.ts';
import { splits } from '../../../db/schema/routing.ts';
import type { Env } from '../../../env.ts';
import { GatewayError } from '../../../errors.ts';
import type { Json } from '../../../lib/json.ts';
import type { SplitTarget } from '../../../routing/policy/types.ts';
import { actorName, requirePermission } from '../../permissions.ts';
import { stored } from '../../storage.ts';
import type { Principal } from '../../types.ts';
import { type ModelNames, modelNamed } from '../models.ts';
import { type ChangeDeployment, changeRules, placeOf } from '../place.ts';
import { requireRoom } from '../room.ts';
import { type SplitView, splitView } from './list.ts';

const SPLITS = {
  table: splits,
  workspaceId: splits.workspaceId,
  content: splits.split,
  plural: 'splits',
  most: 100,
};

/**
 * Lets a name stand for several models, each for its share of the requests. Declared as a whole.
 * @param input.name in lower case; `folded` is how look-ups compare it (registry/names.ts).
 * @throws GatewayError `permission_denied`, `not_found` for the workspace, `invalid_value` for a model or the
 *   sum, `conflict` when there are too many, `storage_unavailable`.
 */
export async function putSplit(
  env: Env,
  actor: Principal,
  models: ModelNames,
  changeDeployment: ChangeDeployment,
  input: { name: string; folded: string; targets: readonly SplitTarget[]; workspace: string | undefined },
): Promise<SplitView> {
  requirePermission(actor, 'routing.write');
  const { name, folded } = input;
  if (folded === 'auto') {
    const message = 'auto leaves the choice to the router: it stands for no split.';
    throw new GatewayError('invalid_value', { param: 'name', message });
  }
  const place = await placeOf(env, actor, input.workspace);
  const split = { name, targets: targetsOf(input.targets, models) };
  await requireRoom(env, SPLITS, place, ne(splits.folded, folded), split);
  const before = await stored(
    database(env.DB)
      .select()
      .from(splits)
      .where(and(eq(splits.workspaceId, place), eq(splits.folded, folded)))
      .get(),
  );
  const row = { workspaceId: place, folded, split, updatedAt: Date.now() };
  await changeRules(
    env,
    place,
    changeDeployment,
    (db) => [
      db
        .insert(splits)
        .values(row)
        .onConflictDoUpdate({ target: [splits.workspaceId, splits.folded], set: row }),
    ],
    {
      actor: actorName(actor),
      action: 'split.put',
      target: name,
      before: (before?.split.targets ?? null) as unknown as Json,
      after: split.targets as unknown as Json,
    },
  );
  return splitView(row);
}

function targetsOf(inputs: readonly SplitTarget[], models: ModelNames): SplitTarget[] {
  const kinds = new Set<string>();
  const targets = inputs.map(({ model: name, percent }, index) => {
    const param = `targets[${index}].model`;
    const model = modelNamed(name, models, param);
    kinds.add(model.kind);
    if (kinds.size > 1) {
      const message = `${model.id} is a model for ${model.kind}, the one before is for ${[...kinds][0]}.`;
      throw new GatewayError('invalid_value', { param, message });
    }
    return { model: model.id, percent };
  });
  for (const [index, { model }] of targets.entries()) {
    if (targets.findIndex((target) => target.model === model) === index) continue;
    const param = `targets[${index}].model`;
    throw new GatewayError('invalid_value', { param, message: `${model} is a target twice.` });
  }
  // Hundredths, of which the sum is exact.
  const sum = targets.reduce((total, { percent }) => total + Math.round(percent * 100), 0);
  if (sum !== 10_000) {
    throw new GatewayError('invalid_value', {
      param: 'targets',
      message: `The percents of the targets must add up to 100; these make ${sum / 100}.`,
    });
  }
  return targets;
}
