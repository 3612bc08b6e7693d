import { and, eq } from 'drizzle-orm';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { topUps } from '../../db/schema/billing.ts';
import { configOf, type Env } from '../../env.ts';
import { newId } from '../../lib/id.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import { stored } from '../../tenancy/storage.ts';
import { nanoToUsd } from '../money.ts';
import { readAutoTopUp, rememberedAutoTopUp } from './auto-top-up-memory.ts';
import { chargeTopUp } from './charge-top-up.ts';
import type { TopUpRow } from './view.ts';

/**
 * Buys credits when the balance is below what the workspace set. Costs nothing where payments are not
 * configured, and a look into memory where they are; at most one purchase of a workspace is under way.
 * @param balance nano-USD, as last heard: a guess that is checked before anything is bought.
 * @throws GatewayError `payment_provider_error`, `storage_unavailable`; what it began then is taken up by
 *   the hourly job.
 */
export async function considerAutoTopUp(env: Env, workspaceId: string, balance: number): Promise<void> {
  if (configOf(env).payments === null) return;
  const remembered = await rememberedAutoTopUp(env, workspaceId);
  if (!remembered || remembered.failure || balance >= remembered.below) return;

  const setting = await readAutoTopUp(env, workspaceId);
  if (!setting || setting.failure) return;
  const now = Date.now();
  const row: TopUpRow = {
    id: newId('topUp', now),
    workspaceId,
    amount: setting.amount,
    status: 'open',
    kind: 'automatic',
    reference: null,
    payment: null,
    failure: null,
    createdBy: 'system',
    createdAt: now,
    updatedAt: now,
  };
  const db = database(env.DB);
  const begun = await stored(
    db.insert(topUps).values(row).onConflictDoNothing().returning({ id: topUps.id }),
  );
  // Another one is under way.
  if (begun.length === 0) return;
  // Whatever was bought before has reached the ledger by now, so this balance counts.
  const actual = await stored(workspaceClient(env, workspaceId).spendable());
  if (actual >= setting.below) {
    await stored(db.delete(topUps).where(and(eq(topUps.id, row.id), eq(topUps.status, 'open'))));
    return;
  }
  await stored(
    auditRow(db, {
      workspaceId,
      actor: 'system',
      action: 'top_up.create',
      target: row.id,
      after: { amount_usd: nanoToUsd(row.amount), balance_usd: nanoToUsd(actual) },
      at: now,
    }),
  );
  await chargeTopUp(env, row);
}
