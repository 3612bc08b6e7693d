import { and, asc, eq } from 'drizzle-orm';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { keys, projects } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { newId } from '../../lib/id.ts';
import type { JsonObject } from '../../lib/json.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import { hashSecret, newKeySecret } from '../key-secret.ts';
import { actorName, mayHandOut, personOf, requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { KeyRole, Principal } from '../types.ts';
import { chooseWorkspace } from '../workspaces/choose.ts';
import { type KeyRestrictions, restrict, restrictionsView, UNRESTRICTED } from './grant-input.ts';
import { refuseRestricted } from './restricted.ts';
import { type KeyWithSecret, keyView } from './view.ts';

export interface NewKey extends KeyRestrictions {
  name: string;
  role: KeyRole;
  /** Absent: the project's, else the caller's own, else, for the operator, the oldest. */
  workspace?: string | undefined;
  /** Absent: the workspace's first. */
  project?: string | undefined;
}

/**
 * Makes a key. Its secret is in the answer and nowhere else: stored is its hash.
 * @throws GatewayError `permission_denied`, also for a role above the actor's own; `not_found`,
 *   `missing_parameter`, `storage_unavailable`.
 */
export async function createKey(env: Env, actor: Principal, input: NewKey): Promise<KeyWithSecret> {
  requirePermission(actor, 'key.create');
  refuseRestricted(actor);
  if (!mayHandOut(actor, `key:${input.role}`)) {
    throw new GatewayError('permission_denied', {
      param: 'role',
      message: `Your key may not make a key of role ${input.role}.`,
    });
  }
  const { workspaceId, projectId } = await placeOf(env, actor, input);
  const secret = newKeySecret();
  const now = Date.now();
  const row = {
    id: newId('key', now),
    workspaceId,
    projectId,
    name: input.name,
    role: input.role,
    hash: hashSecret(secret),
    lastFour: secret.slice(-4),
    previousHash: null,
    previousExpiresAt: null,
    userId: personOf(actor),
    ...restrict(UNRESTRICTED, input, now),
    createdAt: now,
    revokedAt: null,
  };
  const db = database(env.DB);
  await stored(
    db.batch([
      db.insert(keys).values(row),
      auditRow(db, {
        workspaceId,
        actor: actorName(actor),
        action: 'key.create',
        target: row.id,
        after: JSON.parse(
          JSON.stringify({
            name: row.name,
            role: row.role,
            project: projectId,
            last_four: row.lastFour,
            ...restrictionsView(row),
          }),
        ) as JsonObject,
        at: now,
      }),
    ]),
  );
  if (row.allowance) {
    const stated = { scope: `key:${row.id}`, allowance: row.allowance };
    await stored(workspaceClient(env, workspaceId).allow([stated]));
  }
  return { ...keyView(row), key: secret };
}

async function placeOf(
  env: Env,
  actor: Principal,
  { workspace, project }: NewKey,
): Promise<{ workspaceId: string; projectId: string }> {
  const db = database(env.DB);
  if (project !== undefined && workspace === undefined && actor.kind === 'operator') {
    const row = await stored(db.select().from(projects).where(eq(projects.id, project)).get());
    if (row) return { workspaceId: row.workspaceId, projectId: row.id };
    throw noProject();
  }
  const workspaceId = await chooseWorkspace(env, actor, workspace);
  const row = await stored(
    db
      .select({ id: projects.id })
      .from(projects)
      .where(
        and(
          eq(projects.workspaceId, workspaceId),
          project === undefined ? undefined : eq(projects.id, project),
        ),
      )
      .orderBy(asc(projects.id))
      .get(),
  );
  if (!row) throw noProject();
  return { workspaceId, projectId: row.id };
}

function noProject(): GatewayError {
  return new GatewayError('not_found', {
    param: 'project',
    message: 'There is no such project in this workspace.',
  });
}
