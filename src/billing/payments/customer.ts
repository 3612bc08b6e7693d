import { and, eq, isNull } from 'drizzle-orm';
import type Stripe from 'stripe';
import { database } from '../../db/client.ts';
import { workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { stored } from '../../tenancy/storage.ts';
import { asked } from './provider.ts';

/**
 * The payment provider's id of the workspace as a customer, made when there is none. Two at once get the
 * same one: the provider answers the second under the first one's idempotency key.
 * @throws GatewayError `payment_provider_error`, `storage_unavailable`.
 */
export async function customerOf(
  env: Env,
  provider: Stripe,
  workspace: { id: string; customer: string | null },
): Promise<string> {
  if (workspace.customer !== null) return workspace.customer;
  const { id } = await asked(
    provider.customers.create(
      { metadata: { workspace: workspace.id } },
      { idempotencyKey: `customer:${workspace.id}` },
    ),
  );
  await stored(
    database(env.DB)
      .update(workspaces)
      .set({ customer: id })
      .where(and(eq(workspaces.id, workspace.id), isNull(workspaces.customer))),
  );
  return id;
}
