import { lt } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { sessions } from '../../db/schema/people.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { ask } from './ask.ts';
import { authFor } from './auth.ts';
import { isRefused } from './seeded.ts';
import { countAttempt, forgetAttempts } from './throttle.ts';
import { type PersonView, personView, type WithCookies } from './view.ts';
import { addressOf, type Visit } from './visit.ts';

/**
 * Begins a session. An unknown address and a wrong password are told apart neither by the answer nor by
 * the time it takes.
 * @throws GatewayError `invalid_credentials`, `too_many_attempts`, `auth_unavailable`, `storage_unavailable`.
 */
export async function signIn(
  env: Env,
  visit: Visit,
  input: { email: string; password: string },
): Promise<WithCookies<PersonView>> {
  const email = input.email.toLowerCase();
  await countAttempt(env, 'sign-in-address', addressOf(visit));
  await countAttempt(env, 'sign-in-email', email);
  if (isRefused(env, email)) throw new GatewayError('invalid_credentials');
  const auth = await authFor(env, visit);
  const body = { email, password: input.password };
  const { answer, cookies } = await ask(
    auth.api.signInEmail({ body, headers: visit.headers, returnHeaders: true }),
  );
  await forgetAttempts(env, 'sign-in-email', email);
  visit.waitUntil(forgetEndedSessions(env).catch(() => {}));
  return { answer: personView(answer.user), cookies };
}

async function forgetEndedSessions(env: Env): Promise<void> {
  await database(env.DB).delete(sessions).where(lt(sessions.expiresAt, new Date()));
}
