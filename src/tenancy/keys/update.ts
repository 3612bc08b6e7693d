import { eq } from 'drizzle-orm';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { keys } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import type { JsonObject } from '../../lib/json.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import { actorName, mayHandOut, requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { KeyRole, Principal } from '../types.ts';
import { findOwnKey } from './find.ts';
import { type KeyRestrictions, restrict, restrictionsView } from './grant-input.ts';
import { refuseRestricted } from './restricted.ts';
import { renew } from './spread.ts';
import { type KeyView, keyView } from './view.ts';

export interface KeyChange extends KeyRestrictions {
  name?: string | undefined;
  role?: KeyRole | undefined;
}

/**
 * Changes what a key may do. What is absent stays; null takes a restriction away.
 * @throws GatewayError `permission_denied`, `not_found`, `conflict` for a revoked key, `invalid_value`,
 *   `storage_unavailable`.
 */
export async function updateKey(env: Env, actor: Principal, id: string, change: KeyChange): Promise<KeyView> {
  requirePermission(actor, 'key.write');
  refuseRestricted(actor);
  const row = await findOwnKey(env, actor, id);
  if (row.revokedAt !== null)
    throw new GatewayError('conflict', { param: 'id', message: 'The key is revoked.' });
  const role = change.role ?? row.role;
  if (!mayHandOut(actor, `key:${role}`)) {
    throw new GatewayError('permission_denied', {
      param: 'role',
      message: `You may not make a key of role ${role}.`,
    });
  }
  const now = Date.now();
  const columns = { name: change.name ?? row.name, role, ...restrict(row, change, now) };
  const next = { ...row, ...columns };
  const db = database(env.DB);
  await stored(
    db.batch([
      db.update(keys).set(columns).where(eq(keys.id, id)),
      auditRow(db, {
        workspaceId: row.workspaceId,
        actor: actorName(actor),
        action: 'key.update',
        target: id,
        before: asJson({ name: row.name, role: row.role, ...restrictionsView(row) }),
        after: asJson({ name: next.name, role, ...restrictionsView(next) }),
        at: now,
      }),
    ]),
  );
  if (next.allowance) {
    const { allowance } = next;
    await stored(workspaceClient(env, row.workspaceId).allow([{ scope: `key:${id}`, allowance }]));
  }
  for (const hash of [row.hash, row.previousHash]) if (hash !== null) await renew(env, hash);
  return keyView(next);
}

function asJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
