import { eq, or } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { topUps } from '../../db/schema/billing.ts';
import type { Env } from '../../env.ts';
import { stored } from '../../tenancy/storage.ts';
import type { TopUpRow } from './view.ts';

/**
 * The top-up that something of the payment provider belongs to: by our id in its metadata, which customers
 * cannot write, or by the provider's id. Undefined for what other products of the same account sold.
 */
export async function findTopUp(
  env: Env,
  by: { id?: string | undefined; reference?: string | undefined; payment?: string | undefined },
): Promise<TopUpRow | undefined> {
  const conditions = [
    by.id === undefined ? undefined : eq(topUps.id, by.id),
    by.reference === undefined ? undefined : eq(topUps.reference, by.reference),
    by.payment === undefined ? undefined : eq(topUps.payment, by.payment),
  ].filter((condition) => condition !== undefined);
  if (conditions.length === 0) return undefined;
  return await stored(
    database(env.DB)
      .select()
      .from(topUps)
      .where(or(...conditions))
      .get(),
  );
}
