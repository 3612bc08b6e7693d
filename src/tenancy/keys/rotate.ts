import { and, eq, isNull } from 'drizzle-orm';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { keys } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { hashSecret, newKeySecret } from '../key-secret.ts';
import type { KeyState } from '../key-state.ts';
import { actorName, requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { findOwnKey } from './find.ts';
import { renew, spread } from './spread.ts';
import { type KeyWithSecret, keyView, type StoredKey } from './view.ts';

/**
 * Gives a key a new secret. The old one works for `graceS` seconds more; one that was in grace before ends now.
 * @throws GatewayError `permission_denied`, `not_found`, `conflict` for a key that is revoked or was
 *   rotated at the same time, `storage_unavailable`.
 */
export async function rotateKey(
  env: Env,
  actor: Principal,
  id: string,
  graceS: number,
): Promise<KeyWithSecret> {
  requirePermission(actor, 'key.rotate');
  const row = await findOwnKey(env, actor, id);
  if (row.revokedAt !== null)
    throw new GatewayError('conflict', { param: 'id', message: 'The key is revoked.' });
  const secret = newKeySecret();
  const now = Date.now();
  const next: StoredKey = {
    ...row,
    hash: hashSecret(secret),
    lastFour: secret.slice(-4),
    previousHash: graceS > 0 ? row.hash : null,
    previousExpiresAt: graceS > 0 ? now + graceS * 1000 : null,
  };
  const db = database(env.DB);
  const [updated] = await stored(
    db.batch([
      db
        .update(keys)
        .set({
          hash: next.hash,
          lastFour: next.lastFour,
          previousHash: next.previousHash,
          previousExpiresAt: next.previousExpiresAt,
        })
        .where(and(eq(keys.id, id), eq(keys.hash, row.hash), isNull(keys.revokedAt)))
        .returning({ id: keys.id }),
      auditRow(db, {
        workspaceId: row.workspaceId,
        actor: actorName(actor),
        action: 'key.rotate',
        target: id,
        before: { last_four: row.lastFour },
        after: { last_four: next.lastFour, grace_s: graceS },
        at: now,
      }),
    ]),
  );
  if (updated.length === 0) {
    throw new GatewayError('conflict', { param: 'id', message: 'The key was changed at the same time.' });
  }
  const ended: KeyState[] = [row.previousHash, graceS > 0 ? null : row.hash].flatMap((hash) =>
    hash === null ? [] : [{ state: 'revoked' as const, hash }],
  );
  await spread(env, ended);
  // A secret in its grace is known to isolates as one that stays: it is read anew.
  if (next.previousHash !== null) await renew(env, next.previousHash);
  return { ...keyView(next), key: secret };
}
