import { nanoToUsd } from '../../billing/money.ts';
import type { Env } from '../../env.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import { requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { findWorkspace } from './find.ts';
import { type WorkspaceWithCredits, workspaceView } from './view.ts';

/** @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`. */
export async function getWorkspace(env: Env, actor: Principal, id: string): Promise<WorkspaceWithCredits> {
  requirePermission(actor, 'workspace.read');
  const row = await findWorkspace(env, actor, id);
  const balance = await stored(workspaceClient(env, id).spendable());
  return { ...workspaceView(row), credits: nanoToUsd(balance) };
}
