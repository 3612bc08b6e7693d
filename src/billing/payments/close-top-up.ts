import { and, eq, sql } from 'drizzle-orm';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { topUps } from '../../db/schema/billing.ts';
import { type AutoTopUp, workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { stored } from '../../tenancy/storage.ts';
import { autoTopUpStopped } from '../notices/auto-top-up-stopped.ts';
import { fileNoticeIf } from '../notices/file.ts';
import { tryToSend } from '../notices/send.ts';
import { forgetAutoTopUp } from './auto-top-up-memory.ts';
import type { TopUpRow } from './view.ts';

/**
 * Ends a payment that will not come. What was paid stays paid. A failed automatic one also stops automatic
 * top-ups of the workspace, says there why, and tells those who may pay.
 * @param reason for people: no more than the provider tells a cardholder.
 * @throws GatewayError `storage_unavailable`.
 */
export async function closeTopUp(
  env: Env,
  topUp: TopUpRow,
  status: 'expired' | 'failed',
  reason: string,
): Promise<void> {
  if (topUp.status !== 'open') return;
  const db = database(env.DB);
  const now = Date.now();
  const failure: AutoTopUp['failure'] = { reason, at: now };
  const stillOpen = sql`EXISTS (SELECT 1 FROM ${topUps} WHERE ${topUps.id} = ${topUp.id} AND ${topUps.status} = 'open')`;
  const stops = topUp.kind === 'automatic' && status === 'failed';
  const isOn = sql`EXISTS (SELECT 1 FROM ${workspaces} WHERE ${workspaces.id} = ${topUp.workspaceId} AND ${workspaces.autoTopUp} IS NOT NULL)`;
  const notice = stops ? await autoTopUpStopped(env, topUp, reason, now) : null;
  await stored(
    db.batch([
      db
        .update(workspaces)
        .set({
          autoTopUp: sql`json_set(${workspaces.autoTopUp}, '$.failure', json(${JSON.stringify(failure)}))`,
        })
        .where(
          stops
            ? and(eq(workspaces.id, topUp.workspaceId), sql`${workspaces.autoTopUp} IS NOT NULL`, stillOpen)
            : sql`false`,
        ),
      ...fileNoticeIf(env, sql`${stillOpen} AND ${isOn}`, notice),
      db
        .update(topUps)
        .set({ status, failure: sql`coalesce(${topUps.failure}, ${reason})`, updatedAt: now })
        .where(and(eq(topUps.id, topUp.id), eq(topUps.status, 'open'))),
      auditRow(db, {
        id: `aud_top_up:${status}:${topUp.id}`,
        workspaceId: topUp.workspaceId,
        actor: 'system',
        action: `top_up.${status}`,
        target: topUp.id,
        after: { reason },
        at: now,
      }),
    ]),
  );
  forgetAutoTopUp(topUp.workspaceId);
  if (notice) await tryToSend(env, notice.id, now);
}
