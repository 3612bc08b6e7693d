import { nanoToUsd } from '../../billing/money.ts';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { newId } from '../../lib/id.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import { actorName, requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { findWorkspace } from '../workspaces/find.ts';
import { type WorkspaceWithCredits, workspaceView } from '../workspaces/view.ts';
import { checkedAmount } from './amount.ts';

export interface Grant {
  amount_usd: number;
  reason: string;
  /** The caller's own id for this grant: repeated with it, a grant changes nothing. */
  id?: string | undefined;
}

/**
 * Adds credits to a workspace. The audit row is written before the money moves: whatever breaks in
 * between, no money comes from nowhere.
 * @throws GatewayError `permission_denied`, `not_found`, `invalid_value`, `storage_unavailable`.
 */
export async function grantCredits(
  env: Env,
  actor: Principal,
  workspaceId: string,
  grant: Grant,
): Promise<WorkspaceWithCredits> {
  requirePermission(actor, 'credits.grant');
  const amount = checkedAmount(grant.amount_usd, 'amount_usd');
  if (amount === 0) {
    throw new GatewayError('invalid_value', { param: 'amount_usd', message: 'amount_usd must be above 0.' });
  }
  const row = await findWorkspace(env, actor, workspaceId);
  const id = `grant:${workspaceId}:${grant.id ?? newId('entry')}`;
  const db = database(env.DB);
  await stored(
    db.batch([
      auditRow(db, {
        id: `aud_${id}`,
        workspaceId,
        actor: actorName(actor),
        action: 'credits.grant',
        target: workspaceId,
        after: { amount_usd: grant.amount_usd, reason: grant.reason, entry: id },
      }),
    ]),
  );
  const account = workspaceClient(env, workspaceId);
  await stored(account.grant({ id, amount, reason: grant.reason }));
  return { ...workspaceView(row), credits: nanoToUsd(await stored(account.spendable())) };
}
