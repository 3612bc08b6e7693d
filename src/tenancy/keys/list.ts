import { and, desc, eq, isNull, lt } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { keys } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { type Page, type PageRequest, pageOf } from '../page.ts';
import { keysConfinedTo, requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { scopeOf } from '../workspaces/scope.ts';
import { type KeyView, keyView } from './view.ts';

/**
 * The keys of a workspace that are not revoked, newest first, a developer's own; for the operator of all, unless one is named.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function listKeys(
  env: Env,
  actor: Principal,
  page: PageRequest & { workspace?: string | undefined },
): Promise<Page<KeyView>> {
  requirePermission(actor, 'key.read');
  const workspaceId = await scopeOf(env, actor, page.workspace);
  const person = keysConfinedTo(actor);
  const rows = await stored(
    database(env.DB)
      .select()
      .from(keys)
      .where(
        and(
          isNull(keys.revokedAt),
          workspaceId === null ? undefined : eq(keys.workspaceId, workspaceId),
          person === null ? undefined : eq(keys.userId, person),
          page.cursor === undefined ? undefined : lt(keys.id, page.cursor),
        ),
      )
      .orderBy(desc(keys.id))
      .limit(page.limit + 1)
      .all(),
  );
  return pageOf(rows, page.limit, keyView, (row) => row.id);
}
