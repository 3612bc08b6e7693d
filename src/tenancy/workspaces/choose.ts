import { asc } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { workspaceOf } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { findWorkspace } from './find.ts';

/**
 * The workspace that something new belongs to: the one asked for, else the caller's own, else, for the
 * operator, the oldest.
 * @throws GatewayError `not_found`, also for another tenant's workspace; `missing_parameter` when there is
 *   no workspace yet; `storage_unavailable`.
 */
export async function chooseWorkspace(
  env: Env,
  actor: Principal,
  asked: string | undefined,
): Promise<string> {
  if (asked !== undefined) return (await findWorkspace(env, actor, asked, 'workspace')).id;
  const own = workspaceOf(actor);
  if (own !== null) return own;
  const oldest = await stored(
    database(env.DB).select({ id: workspaces.id }).from(workspaces).orderBy(asc(workspaces.id)).get(),
  );
  if (oldest) return oldest.id;
  throw new GatewayError('missing_parameter', {
    message: 'There is no workspace yet: make one with POST /api/workspaces.',
    param: 'workspace',
  });
}
