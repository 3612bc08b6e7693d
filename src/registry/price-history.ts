import { and, desc, eq } from 'drizzle-orm';
import { database } from '../db/client.ts';
import { endpoints, prices } from '../db/schema/registry.ts';
import type { Env } from '../env.ts';
import { stored } from '../tenancy/storage.ts';
import { type PriceView, priceView } from './model-input.ts';

/** A price that is or was in force. USD per 1M tokens. */
export interface PastPrice {
  endpoint: string;
  /** What receipts name. */
  price_version: string;
  /** Null: from then on it was not known. */
  price: PriceView | null;
  /** Unix seconds. */
  effective_from: number;
  /** Whether the endpoint serves no more. */
  retired: boolean;
}

/** Most of one answer. */
const MOST = 1000;

/** Every price that the endpoints of a model have had, newest first. @throws GatewayError `storage_unavailable`. */
export async function readPriceHistory(env: Env, modelId: string): Promise<PastPrice[]> {
  const rows = await stored(
    database(env.DB)
      .select({ price: prices, retiredAt: endpoints.retiredAt })
      .from(prices)
      .innerJoin(endpoints, and(eq(endpoints.id, prices.endpointId), eq(endpoints.modelId, modelId)))
      .orderBy(desc(prices.effectiveFrom), desc(prices.id))
      .limit(MOST),
  );
  return rows.map(({ price, retiredAt }) => ({
    endpoint: price.endpointId,
    price_version: price.id,
    price: price.price && priceView(price.price),
    effective_from: Math.floor(price.effectiveFrom / 1000),
    retired: retiredAt !== null,
  }));
}
