import { and, eq } from 'drizzle-orm';
import { database } from '../../../db/client.ts';
import { fallbacks } from '../../../db/schema/routing.ts';
import type { Env } from '../../../env.ts';
import { GatewayError } from '../../../errors.ts';
import type { Json } from '../../../lib/json.ts';
import { actorName, requirePermission } from '../../permissions.ts';
import { stored } from '../../storage.ts';
import type { Principal } from '../../types.ts';
import { type ChangeDeployment, changeRules, placeOf } from '../place.ts';

/**
 * Takes a fallback chain away.
 * @param modelId canonical; the model itself may be gone.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function deleteFallback(
  env: Env,
  actor: Principal,
  changeDeployment: ChangeDeployment,
  modelId: string,
  workspace: string | undefined,
): Promise<void> {
  requirePermission(actor, 'routing.write');
  const place = await placeOf(env, actor, workspace);
  const here = and(eq(fallbacks.workspaceId, place), eq(fallbacks.modelId, modelId));
  const row = await stored(database(env.DB).select().from(fallbacks).where(here).get());
  if (!row) throw noFallback();
  await changeRules(env, place, changeDeployment, (db) => [db.delete(fallbacks).where(here)], {
    actor: actorName(actor),
    action: 'fallback.delete',
    target: modelId,
    before: row.chain as unknown as Json,
  });
}

export function noFallback(): GatewayError {
  return new GatewayError('not_found', { param: 'model', message: 'The model has no fallback chain.' });
}
