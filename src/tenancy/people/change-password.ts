import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { ask } from './ask.ts';
import { authFor } from './auth.ts';
import { logPerson } from './log.ts';
import { readSession } from './session.ts';
import { countAttempt, forgetAttempts } from './throttle.ts';
import type { WithCookies } from './view.ts';
import type { Visit } from './visit.ts';

/**
 * Sets a new password and ends every other session of the person.
 * @throws GatewayError `missing_api_key` without a session, `invalid_credentials` for a wrong current
 *   password, `too_many_attempts`, `conflict`, `auth_unavailable`, `storage_unavailable`.
 */
export async function changePassword(
  env: Env,
  visit: Visit,
  input: { current_password: string; new_password: string },
): Promise<WithCookies<null>> {
  const session = (await readSession(env, visit)).answer;
  if (session === null) {
    throw new GatewayError('missing_api_key', { message: 'Sign in to change the password.' });
  }
  await countAttempt(env, 'change-password', session.user.id);
  const auth = await authFor(env, visit);
  const body = {
    currentPassword: input.current_password,
    newPassword: input.new_password,
    revokeOtherSessions: true,
  };
  const { cookies } = await ask(
    auth.api.changePassword({ body, headers: visit.headers, returnHeaders: true }),
  );
  await logPerson(env, session.user.id, 'user.change_password');
  await forgetAttempts(env, 'change-password', session.user.id);
  return { answer: null, cookies };
}
