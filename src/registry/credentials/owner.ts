import type { Env } from '../../env.ts';
import { requirePermission } from '../../tenancy/permissions.ts';
import type { Principal } from '../../tenancy/types.ts';
import { findWorkspace } from '../../tenancy/workspaces/find.ts';

/** Whose credentials are meant: the operator's for one provider, or a workspace's own for any. */
export type Owner = { kind: 'operator'; provider: string } | { kind: 'workspace'; id: string };

/**
 * Lets those through who may work with an owner's credentials: the operator's are the operator's alone, a
 * workspace's those of its admins.
 * @throws GatewayError `permission_denied`, `not_found` also for another tenant's workspace, `storage_unavailable`.
 */
export async function requireOwner(
  env: Env,
  actor: Principal,
  owner: Owner,
  verb: 'read' | 'write',
): Promise<void> {
  if (owner.kind === 'operator') return requirePermission(actor, `provider.${verb}`);
  requirePermission(actor, `credential.${verb}`);
  await findWorkspace(env, actor, owner.id);
}

/** The workspace of an owner as stored; null for the operator. */
export function workspaceOfOwner(owner: Owner): string | null {
  return owner.kind === 'operator' ? null : owner.id;
}
