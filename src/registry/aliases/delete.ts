import { and, eq } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { modelAliases } from '../../db/schema/aliases.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { actorName, requirePermission } from '../../tenancy/permissions.ts';
import { stored } from '../../tenancy/storage.ts';
import type { Principal } from '../../tenancy/types.ts';
import { foldName } from '../names.ts';
import { changeAlias } from './change.ts';
import { aliasScope } from './scope.ts';

/**
 * Gives a name back: it means again what it means without the alias.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function deleteAlias(
  env: Env,
  actor: Principal,
  alias: string,
  workspace: string | undefined,
): Promise<void> {
  requirePermission(actor, 'alias.write');
  const scope = await aliasScope(env, actor, workspace);
  const here = and(eq(modelAliases.workspaceId, scope), eq(modelAliases.folded, foldName(alias)));
  const row = await stored(database(env.DB).select().from(modelAliases).where(here).get());
  if (!row) throw new GatewayError('not_found', { param: 'alias', message: 'There is no such alias.' });
  await changeAlias(env, scope, (db) => db.delete(modelAliases).where(here), {
    actor: actorName(actor),
    action: 'alias.delete',
    target: row.alias,
    before: { model: row.modelId },
  });
}
