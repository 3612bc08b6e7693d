import { and, eq } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { members, sessions } from '../../db/schema/people.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { personOf, requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';

/**
 * Makes a session act in another workspace of its person from the next request on.
 * @throws GatewayError `permission_denied`, `not_found` for a workspace that the person does not belong to,
 *   `storage_unavailable`.
 */
export async function switchWorkspace(
  env: Env,
  actor: Principal,
  sessionId: string,
  workspaceId: string,
): Promise<void> {
  requirePermission(actor, 'self.switch');
  const userId = personOf(actor) ?? '';
  const db = database(env.DB);
  const member = await stored(
    db
      .select({ id: members.id })
      .from(members)
      .where(and(eq(members.organizationId, workspaceId), eq(members.userId, userId)))
      .get(),
  );
  if (!member) {
    throw new GatewayError('not_found', { message: 'There is no such workspace.', param: 'workspace' });
  }
  await stored(
    db
      .update(sessions)
      .set({ activeOrganizationId: workspaceId })
      .where(and(eq(sessions.id, sessionId), eq(sessions.userId, userId))),
  );
}
