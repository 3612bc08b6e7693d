import type { Env } from '../../env.ts';
import { readUsage, type UsageView } from '../limits/read.ts';
import type { Principal } from '../types.ts';
import { findKey } from './find.ts';
import { type KeyView, keyView } from './view.ts';

/** A key as its holder sees it: what it may do, and what of that it has used. */
export interface OwnKeyView extends KeyView {
  object: 'key';
  used: UsageView;
  /** The workspace's limits and budgets hold beside the key's. */
  workspace_used: UsageView;
}

/** @throws GatewayError `not_found`, `storage_unavailable`. */
export async function describeKey(
  env: Env,
  caller: Extract<Principal, { kind: 'key' }>,
): Promise<OwnKeyView> {
  const [row, used, workspaceUsed] = await Promise.all([
    findKey(env, caller, caller.keyId),
    readUsage(env, caller.workspaceId, `key:${caller.keyId}`),
    readUsage(env, caller.workspaceId, 'workspace'),
  ]);
  // The role as it counts: a creator who was demoted takes the key along.
  return { object: 'key', ...keyView(row), role: caller.role, used, workspace_used: workspaceUsed };
}
