import { GatewayError } from '../errors.ts';
import type { KeyRole, MemberRole, Principal } from './types.ts';

/**
 * Who may be asked for: the operator of the deployment, a member or a key by its role, or a signed-in
 * person without a workspace.
 */
export type Role = 'operator' | MemberRole | `key:${KeyRole}` | 'user';

const OPERATOR = ['operator'] as const;
const MEMBERS = ['owner', 'admin', 'developer', 'billing', 'viewer'] as const;
/** Members alone: keys and the operator are nobody's colleagues. */
const PEOPLE = [...MEMBERS, 'user'] as const;
const ADMINS = ['operator', 'owner', 'admin', 'key:admin'] as const;
const DEVELOPERS = [...ADMINS, 'developer', 'key:developer'] as const;
const READERS = [...DEVELOPERS, 'billing', 'viewer', 'key:read'] as const;
/** Keys that call models, and those that see what is in a project: files belong to projects, as keys do. */
const CALLERS = ['key:admin', 'key:developer', 'key:inference'] as const;
const PROJECT_READERS = [...CALLERS, 'key:read'] as const;
const ACCOUNTANTS = [...ADMINS, 'billing'] as const;

/**
 * Who may do what. The only such table: routes, verbs and the reference page read it. Keys and members act
 * within their own workspace only, whatever their role.
 */
export const PERMISSIONS = {
  'provider.read': OPERATOR,
  'provider.write': OPERATOR,
  'credential.read': ADMINS,
  'credential.write': ADMINS,
  'credential.reseal': OPERATOR,
  'probe.run': OPERATOR,
  'probe.read': READERS,
  'health.read': READERS,
  'model.read': READERS,
  'model.write': OPERATOR,
  'registry.sync': OPERATOR,
  'alias.read': READERS,
  'alias.write': ADMINS,
  'routing.read': READERS,
  'routing.write': DEVELOPERS,
  'route.explain': [...READERS, 'key:inference'],
  'workspace.create': ['operator', ...PEOPLE],
  'workspace.list': [...READERS, 'user'],
  'workspace.read': READERS,
  'workspace.write': ADMINS,
  'pricing.read': ACCOUNTANTS,
  'workspace.pricing': OPERATOR,
  'limits.read': READERS,
  'limits.write': ADMINS,
  'credits.read': READERS,
  'credits.grant': OPERATOR,
  'credits.buy': ['owner', 'admin', 'billing'],
  'ledger.read': ACCOUNTANTS,
  'invoice.read': ACCOUNTANTS,
  'invoice.issue': OPERATOR,
  'reconciliation.read': OPERATOR,
  'project.create': DEVELOPERS,
  'project.read': READERS,
  'project.write': ADMINS,
  'member.read': READERS,
  'member.invite': ADMINS,
  'member.write': ADMINS,
  'invitation.accept': PEOPLE,
  'workspace.leave': MEMBERS,
  'self.read': [...READERS, 'key:inference', 'user'],
  'self.switch': PEOPLE,
  'user.read': OPERATOR,
  'user.reset': OPERATOR,
  'key.create': DEVELOPERS,
  'key.read': READERS,
  'key.write': DEVELOPERS,
  'key.rotate': DEVELOPERS,
  'key.revoke': DEVELOPERS,
  'file.read': PROJECT_READERS,
  'file.write': CALLERS,
  'batch.read': PROJECT_READERS,
  'batch.write': CALLERS,
  'audit.read': ADMINS,
} as const satisfies Record<string, readonly Role[]>;

export type Action = keyof typeof PERMISSIONS;

/** What a role amounts to, where one includes another: what it may hand out. */
const WEIGHT: Record<Role, number> = {
  user: 0,
  viewer: 0,
  billing: 0,
  'key:inference': 0,
  'key:read': 0,
  developer: 1,
  'key:developer': 1,
  admin: 2,
  'key:admin': 2,
  owner: 3,
  operator: 4,
};

export function roleOf(actor: Principal): Role {
  if (actor.kind === 'key') return `key:${actor.role}`;
  return actor.kind === 'member' ? actor.role : actor.kind;
}

/** The name under which an actor stands in the audit log: `operator`, or the id of the key or person. */
export function actorName(actor: Principal): string {
  if (actor.kind === 'operator') return 'operator';
  return actor.kind === 'key' ? actor.keyId : actor.userId;
}

/** The workspace that an actor is confined to; null for the operator, who is not, and for who has none. */
export function workspaceOf(actor: Principal): string | null {
  return actor.kind === 'key' || actor.kind === 'member' ? actor.workspaceId : null;
}

/** The person behind an actor, where there is one. */
export function personOf(actor: Principal): string | null {
  return actor.kind === 'operator' ? null : actor.userId;
}

export function mayDo(actor: Principal, action: Action): boolean {
  const allowed: readonly Role[] = PERMISSIONS[action];
  return allowed.includes(roleOf(actor));
}

/** @throws GatewayError `permission_denied`. */
export function requirePermission(actor: Principal, action: Action): void {
  if (mayDo(actor, action)) return;
  const allowed = PERMISSIONS[action].join(', ');
  throw new GatewayError('permission_denied', {
    message:
      actor.kind === 'user'
        ? `This needs one of ${allowed}, in a workspace: make one, or name one of several with x-workspace.`
        : `This needs one of ${allowed}; you are ${roleOf(actor)}.`,
  });
}

/** Whether the actor may hand out a role: never one that can do more than its own. */
export function mayHandOut(actor: Principal, role: `key:${KeyRole}` | MemberRole): boolean {
  const own = roleOf(actor);
  return role === own || WEIGHT[role] <= WEIGHT[own];
}

/** The strongest key that a member of a role may have: a key never exceeds its creator. */
export function keyRoleWithin(role: KeyRole, creator: MemberRole): KeyRole | null {
  if (creator === 'owner' || creator === 'admin') return role;
  if (creator === 'developer') return role === 'admin' ? 'developer' : role;
  return role === 'read' ? role : null;
}

/**
 * Whose keys an actor is confined to: developers, and the keys they made, know the keys of that person
 * alone. Null confines to nobody's.
 */
export function keysConfinedTo(actor: Principal): string | null {
  const isDeveloper = (actor.kind === 'member' || actor.kind === 'key') && actor.role === 'developer';
  return isDeveloper ? personOf(actor) : null;
}

/** Whether the actor may see this workspace at all; for all others it does not exist. */
export function seesWorkspace(actor: Principal, workspaceId: string): boolean {
  return actor.kind === 'operator' || workspaceOf(actor) === workspaceId;
}
