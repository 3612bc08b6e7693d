import type { Env } from '../../env.ts';
import { ask } from './ask.ts';
import { authFor } from './auth.ts';
import { countAttempt } from './throttle.ts';
import { addressOf, type Visit } from './visit.ts';

/**
 * Mails a link to set a new password, where the address has an account and the deployment sends mail. The
 * answer is the same in every case.
 * @throws GatewayError `too_many_attempts`, `auth_unavailable`, `storage_unavailable`.
 */
export async function requestReset(env: Env, visit: Visit, email: string): Promise<void> {
  const address = email.toLowerCase();
  await countAttempt(env, 'reset-address', addressOf(visit));
  await countAttempt(env, 'reset-email', address);
  const auth = await authFor(env, visit);
  await ask(
    auth.api.requestPasswordReset({ body: { email: address }, headers: visit.headers, returnHeaders: true }),
  );
}
