import type { Env } from '../../env.ts';
import { toSeconds } from '../page.ts';
import { ask } from './ask.ts';
import { authFor } from './auth.ts';
import { isRefused } from './seeded.ts';
import { type PersonView, personView, type WithCookies } from './view.ts';
import type { Visit } from './visit.ts';

/** A session that is good now. */
export interface Session {
  id: string;
  user: PersonView;
  /** The workspace it last switched to, which its person may have left since. */
  workspaceId: string | null;
  /** Unix seconds. */
  expires_at: number;
}

/**
 * The session that a request's cookie stands for; null for none, an ended or a forged one. The cookies
 * prolong one that is used, or remove one that is not good.
 * @throws GatewayError `auth_unavailable`.
 */
export async function readSession(env: Env, visit: Visit): Promise<WithCookies<Session | null>> {
  const auth = await authFor(env, visit);
  const { answer, cookies } = await ask(auth.api.getSession({ headers: visit.headers, returnHeaders: true }));
  if (answer === null || isRefused(env, answer.user.email)) return { answer: null, cookies };
  const { session, user } = answer;
  return {
    answer: {
      id: session.id,
      user: personView(user),
      workspaceId: session.activeOrganizationId ?? null,
      expires_at: toSeconds(session.expiresAt.getTime()),
    },
    cookies,
  };
}
