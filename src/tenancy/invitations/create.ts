import { and, eq } from 'drizzle-orm';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { invitations, members, users } from '../../db/schema/people.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { newId } from '../../lib/id.ts';
import { teamOf } from '../members/find.ts';
import { sendMail } from '../people/mail.ts';
import { countAttempt } from '../people/throttle.ts';
import type { Visit } from '../people/visit.ts';
import { actorName, mayHandOut, personOf, requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { MemberRole, Principal } from '../types.ts';
import { type InvitationView, invitationView } from './view.ts';

const LIFETIME_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * Invites an e-mail address into a workspace for seven days. The link in the answer is the invitation; it
 * is mailed too where the deployment sends mail. An open invitation of the same address ends.
 * @throws GatewayError `permission_denied`, also for a role above the actor's own; `conflict` for a member,
 *   `too_many_attempts`, `not_found`, `missing_parameter`, `storage_unavailable`.
 */
export async function invite(
  env: Env,
  actor: Principal,
  visit: Pick<Visit, 'origin' | 'waitUntil'>,
  input: { email: string; role: MemberRole; workspace?: string | undefined },
): Promise<InvitationView> {
  requirePermission(actor, 'member.invite');
  if (!mayHandOut(actor, input.role)) {
    throw new GatewayError('permission_denied', {
      param: 'role',
      message: `You may not make anyone ${input.role}.`,
    });
  }
  const workspaceId = await teamOf(env, actor, input.workspace);
  const email = input.email.toLowerCase();
  const inviterId = personOf(actor) ?? actorName(actor);
  if (actor.kind !== 'operator') await countAttempt(env, 'invite', inviterId);
  const db = database(env.DB);
  const member = await stored(
    db
      .select({ id: members.id })
      .from(members)
      .innerJoin(users, eq(users.id, members.userId))
      .where(and(eq(members.organizationId, workspaceId), eq(users.email, email)))
      .get(),
  );
  if (member) {
    throw new GatewayError('conflict', { param: 'email', message: 'This person is a member already.' });
  }
  const now = Date.now();
  const row = {
    id: newId('invitation', now),
    organizationId: workspaceId,
    email,
    role: input.role,
    status: 'pending',
    inviterId,
    expiresAt: new Date(now + LIFETIME_MS),
    createdAt: new Date(now),
  };
  const earlier = and(
    eq(invitations.organizationId, workspaceId),
    eq(invitations.email, email),
    eq(invitations.status, 'pending'),
  );
  await stored(
    db.batch([
      db.update(invitations).set({ status: 'canceled' }).where(earlier),
      db.insert(invitations).values(row),
      // The id is what opens the invitation: it stays out of what readers of the log see.
      auditRow(db, {
        workspaceId,
        actor: actorName(actor),
        action: 'invitation.create',
        target: email,
        after: { email, role: input.role },
        at: now,
      }),
    ]),
  );
  const view = invitationView(row, visit.origin);
  visit.waitUntil(
    sendMail(env, {
      kind: 'invitation',
      to: email,
      subject: 'You are invited to a workspace',
      text: `Open this link within seven days to join:\n${view.link}`,
      link: view.link,
    }),
  );
  return view;
}
