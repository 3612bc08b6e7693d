import type { Env } from '../../env.ts';
import { workspaceOf } from '../permissions.ts';
import type { Principal } from '../types.ts';
import { findWorkspace } from './find.ts';

/**
 * The workspace that a list is about: the one asked for, else the caller's own; null, for the operator
 * only, is all of them.
 * @throws GatewayError `not_found`, also for another tenant's workspace; `storage_unavailable`.
 */
export async function scopeOf(env: Env, actor: Principal, asked: string | undefined): Promise<string | null> {
  if (asked !== undefined) return (await findWorkspace(env, actor, asked, 'workspace')).id;
  return workspaceOf(actor);
}
