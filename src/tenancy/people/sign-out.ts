import type { Env } from '../../env.ts';
import { ask } from './ask.ts';
import { authFor } from './auth.ts';
import type { WithCookies } from './view.ts';
import type { Visit } from './visit.ts';

/** Ends the session, where there is one. @throws GatewayError `auth_unavailable`. */
export async function signOut(env: Env, visit: Visit): Promise<WithCookies<null>> {
  const auth = await authFor(env, visit);
  const { cookies } = await ask(auth.api.signOut({ headers: visit.headers, returnHeaders: true }));
  return { answer: null, cookies };
}
