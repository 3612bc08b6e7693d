import { and, count, eq } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { modelAliases } from '../../db/schema/aliases.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { actorName, requirePermission } from '../../tenancy/permissions.ts';
import { stored } from '../../tenancy/storage.ts';
import type { Principal } from '../../tenancy/types.ts';
import { foldName } from '../names.ts';
import type { Registry } from '../snapshot.ts';
import type { Model } from '../types.ts';
import { changeAlias } from './change.ts';
import { type AliasView, aliasScope, DEPLOYMENT } from './scope.ts';

/** They travel with each key of a workspace, and with the registry: both must stay small. */
const MOST = { workspace: 200, deployment: 2000 };

/**
 * Maps a name to a model: one place to send what clients ask for elsewhere. The target is named as models are
 * named themselves, so that aliases never lead to aliases.
 * @throws GatewayError `permission_denied`, `not_found` for the workspace, `invalid_value` for the model,
 *   `conflict` when there are too many, `storage_unavailable`.
 */
export async function putAlias(
  env: Env,
  actor: Principal,
  registry: Registry,
  { alias, model: name, workspace }: { alias: string; model: string; workspace: string | undefined },
): Promise<AliasView> {
  requirePermission(actor, 'alias.write');
  const scope = await aliasScope(env, actor, workspace);
  const model = targetOf(name, registry);
  const folded = foldName(alias);
  if (folded === foldName(model.id)) {
    throw new GatewayError('invalid_value', {
      param: 'model',
      message: 'An alias of itself is none: DELETE the alias to give the name back.',
    });
  }
  const before = await readPlace(env, scope, folded);
  const row = { workspaceId: scope, folded, alias, modelId: model.id };
  await changeAlias(
    env,
    scope,
    (db) =>
      db
        .insert(modelAliases)
        .values(row)
        .onConflictDoUpdate({
          target: [modelAliases.workspaceId, modelAliases.folded],
          set: { alias, modelId: model.id },
        }),
    {
      actor: actorName(actor),
      action: 'alias.put',
      target: alias,
      before: before && { model: before },
      after: { model: model.id },
    },
  );
  return { alias, model: model.id, workspace: scope === DEPLOYMENT ? null : scope };
}

function targetOf(name: string, registry: Registry): Model {
  const model = registry.find(name);
  if (model) return model;
  const nearest = registry.nearest(name);
  const hint = nearest.length > 0 ? ` Did you mean ${nearest.join(', ')}?` : '';
  throw new GatewayError('invalid_value', {
    param: 'model',
    message: `There is no model ${JSON.stringify(name)}.${hint}`,
  });
}

/** What the name is mapped to now. @throws GatewayError `conflict` when a new one would be too many. */
async function readPlace(env: Env, scope: string, folded: string): Promise<string | null> {
  const db = database(env.DB);
  const here = eq(modelAliases.workspaceId, scope);
  const [known, counted] = await stored(
    db.batch([
      db
        .select()
        .from(modelAliases)
        .where(and(here, eq(modelAliases.folded, folded))),
      db.select({ number: count() }).from(modelAliases).where(here),
    ]),
  );
  if (known[0]) return known[0].modelId;
  const most = scope === DEPLOYMENT ? MOST.deployment : MOST.workspace;
  if ((counted[0]?.number ?? 0) < most) return null;
  throw new GatewayError('conflict', {
    param: 'alias',
    message: `There are ${most} aliases already, which is the most there may be.`,
  });
}
