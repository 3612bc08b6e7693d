import { and, eq, inArray } from 'drizzle-orm';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { topUps } from '../../db/schema/billing.ts';
import type { Env } from '../../env.ts';
import { stored } from '../../tenancy/storage.ts';
import type { TopUpRow } from './view.ts';

/**
 * Keeps why a payment was declined at the checkout, for the list of payments. What was paid stays paid.
 * @param event the id of the provider's event, by which it is logged once.
 * @param reason for people: no more than the provider tells a cardholder.
 * @throws GatewayError `storage_unavailable`.
 */
export async function noteDecline(env: Env, topUp: TopUpRow, event: string, reason: string): Promise<void> {
  if (topUp.status === 'paid' || topUp.status === 'refunded') return;
  const db = database(env.DB);
  await stored(
    db.batch([
      db
        .update(topUps)
        .set({ failure: reason, updatedAt: Date.now() })
        .where(and(eq(topUps.id, topUp.id), inArray(topUps.status, ['open', 'expired', 'failed']))),
      auditRow(db, {
        id: `aud_top_up:declined:${event}`,
        workspaceId: topUp.workspaceId,
        actor: 'system',
        action: 'top_up.declined',
        target: topUp.id,
        after: { reason },
      }),
    ]),
  );
}
