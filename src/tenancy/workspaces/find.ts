import { eq, type InferSelectModel } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { seesWorkspace } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';

/**
 * The workspace, when the actor may know of it.
 * @param param what to name in the error: where the id came from.
 * @throws GatewayError `not_found`, also for another tenant's workspace; `storage_unavailable`.
 */
export async function findWorkspace(
  env: Env,
  actor: Principal,
  id: string,
  param = 'id',
): Promise<InferSelectModel<typeof workspaces>> {
  const row = seesWorkspace(actor, id)
    ? await stored(database(env.DB).select().from(workspaces).where(eq(workspaces.id, id)).get())
    : undefined;
  if (!row) throw new GatewayError('not_found', { message: 'There is no such workspace.', param });
  return row;
}
