import { GatewayError } from '../errors.ts';
import type { KeyRole, Principal } from './types.ts';

/** Who may be asked for: the operator of the deployment, or a key by its role. */
export type Role = 'operator' | KeyRole;

const OPERATOR = ['operator'] as const;
const ADMINS = ['operator', 'admin'] as const;
const DEVELOPERS = ['operator', 'admin', 'developer'] as const;
const READERS = ['operator', 'admin', 'developer', 'read'] as const;

/**
 * Who may do what. The only such table: routes, verbs and the reference page read it. A key acts within
 * its own workspace only, whatever its role.
 */
export const PERMISSIONS = {
  'provider.read': OPERATOR,
  'provider.write': OPERATOR,
  'model.read': READERS,
  'model.write': OPERATOR,
  'workspace.create': OPERATOR,
  'workspace.read': READERS,
  'credits.grant': OPERATOR,
  'project.create': DEVELOPERS,
  'project.read': READERS,
  'key.create': ADMINS,
  'key.read': READERS,
  'key.rotate': ADMINS,
  'key.revoke': ADMINS,
  'audit.read': ADMINS,
} as const satisfies Record<string, readonly Role[]>;

export type Action = keyof typeof PERMISSIONS;

/** What a role amounts to, where one includes another. */
const WEIGHT: Record<Role, number> = { inference: 0, read: 0, developer: 1, admin: 2, operator: 3 };

export function roleOf(actor: Principal): Role {
  return actor.kind === 'operator' ? 'operator' : actor.role;
}

/** The name under which an actor stands in the audit log: `operator` or the key's id. */
export function actorName(actor: Principal): string {
  return actor.kind === 'operator' ? 'operator' : actor.keyId;
}

export function mayDo(actor: Principal, action: Action): boolean {
  const allowed: readonly Role[] = PERMISSIONS[action];
  return allowed.includes(roleOf(actor));
}

/** @throws GatewayError `permission_denied`. */
export function requirePermission(actor: Principal, action: Action): void {
  if (mayDo(actor, action)) return;
  throw new GatewayError('permission_denied', {
    message: `This needs ${listOf(PERMISSIONS[action])}; yours is a key of role ${roleOf(actor)}.`,
  });
}

/** Whether the actor may hand out a key of this role: never one that can do more than itself. */
export function mayHandOut(actor: Principal, role: KeyRole): boolean {
  const own = roleOf(actor);
  return role === own || WEIGHT[role] < WEIGHT[own];
}

/** Whether the actor may see this workspace at all; for all others it does not exist. */
export function seesWorkspace(actor: Principal, workspaceId: string): boolean {
  return actor.kind === 'operator' || actor.workspaceId === workspaceId;
}

function listOf(allowed: readonly Role[]): string {
  const roles = allowed.filter((role) => role !== 'operator');
  return roles.length === 0 ? 'the operator key' : `the operator key or a key of role ${roles.join(' or ')}`;
}
