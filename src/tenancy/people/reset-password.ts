import type { Env } from '../../env.ts';
import { ask } from './ask.ts';
import { authFor } from './auth.ts';
import { countAttempt } from './throttle.ts';
import { addressOf, type Visit } from './visit.ts';

/**
 * Sets a new password by a link, which works once, and ends every session of the person.
 * @throws GatewayError `invalid_value` for a link that is not good, `too_many_attempts`,
 *   `auth_unavailable`, `storage_unavailable`.
 */
export async function resetPassword(
  env: Env,
  visit: Visit,
  input: { token: string; password: string },
): Promise<void> {
  await countAttempt(env, 'reset-address', addressOf(visit));
  const auth = await authFor(env, visit);
  const body = { token: input.token, newPassword: input.password };
  await ask(auth.api.resetPassword({ body, headers: visit.headers, returnHeaders: true }));
}
