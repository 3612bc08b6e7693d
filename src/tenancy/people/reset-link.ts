import { eq } from 'drizzle-orm';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { users, verifications } from '../../db/schema/people.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { newId } from '../../lib/id.ts';
import { toSeconds } from '../page.ts';
import { actorName, requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { RESET_LIFETIME_S, resetLink } from './auth.ts';

/** Long enough that guessing is hopeless. */
const TOKEN_BYTES = 24;

/**
 * A link by which a person sets a new password, for the operator to hand over: deployments without mail
 * have no other way.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function makeResetLink(
  env: Env,
  actor: Principal,
  userId: string,
  origin: string,
): Promise<{ link: string; expires_at: number }> {
  requirePermission(actor, 'user.reset');
  const db = database(env.DB);
  const user = await stored(db.select({ id: users.id }).from(users).where(eq(users.id, userId)).get());
  if (!user) throw new GatewayError('not_found', { message: 'There is no such person.', param: 'id' });
  const token = base64Url(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)));
  const now = new Date();
  const expiresAt = new Date(now.getTime() + RESET_LIFETIME_S * 1000);
  await stored(
    db.batch([
      db.insert(verifications).values({
        id: newId('verification'),
        identifier: await storedIdentifier(token),
        value: userId,
        expiresAt,
        createdAt: now,
        updatedAt: now,
      }),
      auditRow(db, {
        workspaceId: null,
        actor: actorName(actor),
        action: 'user.reset_link',
        target: userId,
        after: { expires_at: toSeconds(expiresAt.getTime()) },
      }),
    ]),
  );
  return { link: resetLink(origin, token), expires_at: toSeconds(expiresAt.getTime()) };
}

/**
 * What better-auth looks a token up by: SHA-256 of `reset-password:<token>`, base64url without padding
 * (its `verification.storeIdentifier: 'hashed'`).
 */
async function storedIdentifier(token: string): Promise<string> {
  const bytes = new TextEncoder().encode(`reset-password:${token}`);
  return base64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}
