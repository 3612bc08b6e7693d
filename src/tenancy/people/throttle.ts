import { eq, lt, sql } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { attempts } from '../../db/schema/people.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { stored } from '../storage.ts';

const WINDOW_MS = 15 * 60_000;

/** How often something may be tried in a quarter of an hour, by whom or with what. */
export const THROTTLES = {
  /** Wrong passwords for one e-mail address, from everywhere. */
  'sign-in-email': 10,
  'sign-in-address': 50,
  'sign-up-address': 20,
  'reset-email': 3,
  'reset-address': 20,
  'change-password': 10,
  /** Of one person or key: invitations are mail to strangers, workspaces cost storage. */
  invite: 50,
  workspace: 20,
} as const;

type Throttle = keyof typeof THROTTLES;

/**
 * Counts an attempt before it is made, so that a burst cannot slip through together.
 * @throws GatewayError `too_many_attempts` with the time to wait; `storage_unavailable`.
 */
export async function countAttempt(env: Env, throttle: Throttle, whose: string): Promise<void> {
  const db = database(env.DB);
  const now = Date.now();
  const [, [row]] = await stored(
    db.batch([
      db.delete(attempts).where(lt(attempts.endsAt, now)),
      db
        .insert(attempts)
        .values({ subject: subjectOf(throttle, whose), count: 1, endsAt: now + WINDOW_MS })
        .onConflictDoUpdate({ target: attempts.subject, set: { count: sql`${attempts.count} + 1` } })
        .returning({ count: attempts.count, endsAt: attempts.endsAt }),
    ]),
  );
  if (row && row.count > THROTTLES[throttle]) {
    throw new GatewayError('too_many_attempts', { retryAfterMs: Math.max(1000, row.endsAt - now) });
  }
}

/** Forgets the attempts of who has shown to be in the right. */
export async function forgetAttempts(env: Env, throttle: Throttle, whose: string): Promise<void> {
  const db = database(env.DB);
  await stored(db.delete(attempts).where(eq(attempts.subject, subjectOf(throttle, whose))));
}

function subjectOf(throttle: Throttle, whose: string): string {
  return `${throttle}:${whose}`;
}
