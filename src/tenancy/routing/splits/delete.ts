import { and, eq } from 'drizzle-orm';
import { database } from '../../../db/client.ts';
import { splits } from '../../../db/schema/routing.ts';
import type { Env } from '../../../env.ts';
import { GatewayError } from '../../../errors.ts';
import type { Json } from '../../../lib/json.ts';
import { actorName, requirePermission } from '../../permissions.ts';
import { stored } from '../../storage.ts';
import type { Principal } from '../../types.ts';
import { type ChangeDeployment, changeRules, placeOf } from '../place.ts';

/**
 * Gives the name of a split back.
 * @param folded as look-ups compare it (registry/names.ts).
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function deleteSplit(
  env: Env,
  actor: Principal,
  changeDeployment: ChangeDeployment,
  folded: string,
  workspace: string | undefined,
): Promise<void> {
  requirePermission(actor, 'routing.write');
  const place = await placeOf(env, actor, workspace);
  const here = and(eq(splits.workspaceId, place), eq(splits.folded, folded));
  const row = await stored(database(env.DB).select().from(splits).where(here).get());
  if (!row) throw noSplit();
  await changeRules(env, place, changeDeployment, (db) => [db.delete(splits).where(here)], {
    actor: actorName(actor),
    action: 'split.delete',
    target: row.split.name,
    before: row.split.targets as unknown as Json,
  });
}

export function noSplit(): GatewayError {
  return new GatewayError('not_found', { param: 'name', message: 'There is no such split.' });
}
