import { eq } from 'drizzle-orm';
import { DEFAULT_PRICING, type Pricing } from '../../billing/pricing.ts';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import type { Json } from '../../lib/json.ts';
import { dropCopies } from '../keys/spread.ts';
import { actorName, requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { findWorkspace } from './find.ts';

/**
 * Sets what a workspace pays on top of what providers charge. Holds for answers that end from now on, on
 * isolates that know its keys within a minute.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function setWorkspacePricing(
  env: Env,
  actor: Principal,
  id: string,
  input: Partial<{ [K in keyof Pricing]: Pricing[K] | undefined }>,
): Promise<Pricing> {
  requirePermission(actor, 'workspace.pricing');
  const row = await findWorkspace(env, actor, id);
  const pricing: Pricing = {
    margin_percent: input.margin_percent ?? DEFAULT_PRICING.margin_percent,
    models: input.models ?? DEFAULT_PRICING.models,
    cached_percent: input.cached_percent ?? DEFAULT_PRICING.cached_percent,
    ...(input.byok_percent === undefined ? {} : { byok_percent: input.byok_percent }),
  };
  const db = database(env.DB);
  await stored(
    db.batch([
      db.update(workspaces).set({ pricing }).where(eq(workspaces.id, id)),
      auditRow(db, {
        workspaceId: id,
        actor: actorName(actor),
        action: 'workspace.pricing',
        target: id,
        before: row.pricing as Json,
        after: pricing as unknown as Json,
      }),
    ]),
  );
  await dropCopies(env, id);
  return pricing;
}
