import { desc, eq } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { registryChanges } from '../../db/schema/registry-changes.ts';
import type { Env } from '../../env.ts';
import { stored } from '../../tenancy/storage.ts';
import { type PriceView, priceView } from '../model-input.ts';

export const CHANGE_STATES = ['pending', 'approved', 'rejected', 'superseded'] as const;

/** A price that waits, or waited, for a person's word. Prices are USD per 1M tokens. */
export interface HeldPrice {
  id: string;
  endpoint: string;
  reason: 'jump' | 'zero' | 'disputed';
  before: PriceView;
  after: PriceView;
  state: (typeof CHANGE_STATES)[number];
  /** Unix seconds. */
  found_at: number;
  decided_at: number | null;
  decided_by: string | null;
}

/** Most of one answer. */
const MOST = 500;

/** Held prices of one state, newest first. @throws GatewayError `storage_unavailable`. */
export async function listHeldPrices(env: Env, state: HeldPrice['state']): Promise<HeldPrice[]> {
  const rows = await stored(
    database(env.DB)
      .select()
      .from(registryChanges)
      .where(eq(registryChanges.state, state))
      .orderBy(desc(registryChanges.foundAt), desc(registryChanges.id))
      .limit(MOST),
  );
  return rows.map(viewHeldPrice);
}

export function viewHeldPrice(row: typeof registryChanges.$inferSelect): HeldPrice {
  return {
    id: row.id,
    endpoint: row.endpointId,
    reason: row.reason,
    before: priceView(row.before),
    after: priceView(row.after),
    state: row.state,
    found_at: Math.floor(row.foundAt / 1000),
    decided_at: row.decidedAt === null ? null : Math.floor(row.decidedAt / 1000),
    decided_by: row.decidedBy,
  };
}
