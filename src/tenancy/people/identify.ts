import { asc, eq } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { members } from '../../db/schema/people.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { readSession } from './session.ts';
import type { WithCookies } from './view.ts';
import type { Visit } from './visit.ts';

/** Who a session says is calling. */
export interface SignedIn {
  principal: Principal;
  sessionId: string;
}

/**
 * The person of a session, in the workspace that is asked for, else the one the session switched to, else
 * their only one. The role is read anew for every request, so a change of it holds from the next one on.
 * @param asked the `x-workspace` header.
 * @throws GatewayError `missing_api_key` when the session has ended; `not_found` for a workspace that the
 *   person does not belong to; `auth_unavailable`, `storage_unavailable`.
 */
export async function identify(
  env: Env,
  visit: Visit,
  asked: string | undefined,
): Promise<WithCookies<SignedIn>> {
  const { answer: session, cookies } = await readSession(env, visit);
  if (session === null) {
    throw new GatewayError('missing_api_key', {
      message: 'The session has ended: sign in again, or send an API key.',
    });
  }
  const userId = session.user.id;
  const belongs = await stored(
    database(env.DB)
      .select({ workspaceId: members.organizationId, role: members.role })
      .from(members)
      .where(eq(members.userId, userId))
      .orderBy(asc(members.id))
      .all(),
  );
  const named = (id: string | null) => belongs.find(({ workspaceId }) => workspaceId === id);
  const membership =
    asked !== undefined
      ? named(asked)
      : (named(session.workspaceId) ?? (belongs.length === 1 ? belongs[0] : undefined));
  if (asked !== undefined && !membership) {
    throw new GatewayError('not_found', { message: 'There is no such workspace.', param: 'x-workspace' });
  }
  const principal: Principal = membership
    ? { kind: 'member', userId, ...membership }
    : { kind: 'user', userId };
  return { answer: { principal, sessionId: session.id }, cookies };
}
