import { and, eq, isNull } from 'drizzle-orm';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { keys } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { actorName, requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { findOwnKey } from './find.ts';
import { spread } from './spread.ts';

/**
 * Ends a key for good, with the secret it is rotated from. Revoking it again changes nothing.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function revokeKey(env: Env, actor: Principal, id: string): Promise<void> {
  requirePermission(actor, 'key.revoke');
  const row = await findOwnKey(env, actor, id);
  const db = database(env.DB);
  const now = Date.now();
  if (row.revokedAt === null) {
    await stored(
      db.batch([
        db
          .update(keys)
          .set({ revokedAt: now })
          .where(and(eq(keys.id, id), isNull(keys.revokedAt))),
        auditRow(db, {
          workspaceId: row.workspaceId,
          actor: actorName(actor),
          action: 'key.revoke',
          target: id,
          before: { name: row.name, role: row.role, last_four: row.lastFour },
          at: now,
        }),
      ]),
    );
  }
  // The row is read anew: a rotation may have come in between, whose secrets end with the key.
  const { hash, previousHash } = await findOwnKey(env, actor, id);
  const hashes = new Set([hash, previousHash, row.hash, row.previousHash].filter((known) => known !== null));
  await spread(
    env,
    [...hashes].map((ended) => ({ state: 'revoked' as const, hash: ended })),
  );
}
