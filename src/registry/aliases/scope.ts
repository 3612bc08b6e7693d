import type { Env } from '../../env.ts';
import { workspaceOf } from '../../tenancy/permissions.ts';
import type { Principal } from '../../tenancy/types.ts';
import { findWorkspace } from '../../tenancy/workspaces/find.ts';

/** What stands for the whole deployment where aliases are stored. */
export const DEPLOYMENT = '';

/** A name and the model it is mapped to. */
export interface AliasView {
  alias: string;
  /** Canonical id. */
  model: string;
  /** Null: the whole deployment's. */
  workspace: string | null;
}

/**
 * Whose aliases are meant: those of the workspace asked for, else of the caller's own; the operator, who has
 * none, means the deployment's.
 * @throws GatewayError `not_found`, also for another tenant's workspace; `storage_unavailable`.
 */
export async function aliasScope(env: Env, actor: Principal, asked: string | undefined): Promise<string> {
  if (asked !== undefined) return (await findWorkspace(env, actor, asked, 'workspace')).id;
  return workspaceOf(actor) ?? DEPLOYMENT;
}
