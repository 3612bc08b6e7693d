import { asc, eq } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { members, users } from '../../db/schema/people.ts';
import { workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { type PersonView, personView } from '../people/view.ts';
import { type Role, requirePermission, roleOf, workspaceOf } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { MemberRole, Principal } from '../types.ts';

/** Who is calling. */
export interface MeView {
  kind: Principal['kind'];
  /** What is looked up in the table of permissions. */
  role: Role;
  /** The workspace that the caller acts in; null for the operator and who has chosen none. */
  workspace: string | null;
  /** The id of the key and its project, for keys. */
  key: string | null;
  project: string | null;
  /** The signed-in person, and where they belong. */
  user: PersonView | null;
  workspaces: { id: string; name: string; role: MemberRole }[];
}

/** @throws GatewayError `permission_denied`, `storage_unavailable`. */
export async function getMe(env: Env, actor: Principal): Promise<MeView> {
  requirePermission(actor, 'self.read');
  const me: MeView = {
    kind: actor.kind,
    role: roleOf(actor),
    workspace: workspaceOf(actor),
    key: actor.kind === 'key' ? actor.keyId : null,
    project: actor.kind === 'key' ? actor.projectId : null,
    user: null,
    workspaces: [],
  };
  if (actor.kind !== 'member' && actor.kind !== 'user') return me;
  const db = database(env.DB);
  const [[user], belongs] = await stored(
    db.batch([
      db.select().from(users).where(eq(users.id, actor.userId)),
      db
        .select({ id: workspaces.id, name: workspaces.name, role: members.role })
        .from(members)
        .innerJoin(workspaces, eq(workspaces.id, members.organizationId))
        .where(eq(members.userId, actor.userId))
        .orderBy(asc(members.id)),
    ]),
  );
  return { ...me, user: user ? personView(user) : null, workspaces: belongs };
}
