import { eq } from 'drizzle-orm';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { type AutoTopUp, workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { actorName, requirePermission } from '../../tenancy/permissions.ts';
import { stored } from '../../tenancy/storage.ts';
import type { Principal } from '../../tenancy/types.ts';
import { findWorkspace } from '../../tenancy/workspaces/find.ts';
import { centsToNano, payableCents } from './amount.ts';
import { forgetAutoTopUp } from './auto-top-up-memory.ts';
import { type AutoTopUpView, autoTopUpView } from './auto-top-up-view.ts';
import { asked, paymentProvider } from './provider.ts';

/**
 * Turns automatic top-ups on, which forgets an earlier failure, or off. They are paid with the card that was
 * saved last.
 * @throws GatewayError `permission_denied`, `not_found`, `invalid_value`, `payments_unavailable`,
 *   `conflict` when no card is saved, `payment_provider_error`, `storage_unavailable`.
 */
export async function setAutoTopUp(
  env: Env,
  actor: Principal,
  workspaceId: string,
  wanted: { below_usd: number; amount_usd: number } | null,
): Promise<AutoTopUpView | null> {
  requirePermission(actor, 'credits.buy');
  const workspace = await findWorkspace(env, actor, workspaceId);
  const setting = wanted && {
    below: centsToNano(payableCents(wanted.below_usd, 'below_usd')),
    amount: centsToNano(payableCents(wanted.amount_usd, 'amount_usd')),
    method: await savedMethod(env, workspace.customer),
    failure: null,
  };
  const db = database(env.DB);
  await stored(
    db.batch([
      db.update(workspaces).set({ autoTopUp: setting }).where(eq(workspaces.id, workspaceId)),
      auditRow(db, {
        workspaceId,
        actor: actorName(actor),
        action: 'auto_top_up.write',
        target: workspaceId,
        before: summary(workspace.autoTopUp),
        after: summary(setting),
      }),
    ]),
  );
  forgetAutoTopUp(workspaceId);
  return autoTopUpView(setting);
}

function summary(setting: AutoTopUp | null): { below_usd: number; amount_usd: number } | null {
  const view = autoTopUpView(setting);
  return view && { below_usd: view.below_usd, amount_usd: view.amount_usd };
}

async function savedMethod(env: Env, customer: string | null): Promise<string> {
  const provider = await paymentProvider(env);
  const saved =
    customer === null ? null : await asked(provider.customers.listPaymentMethods(customer, { limit: 1 }));
  const method = saved?.data[0];
  if (method) return method.id;
  throw new GatewayError('conflict', {
    message: 'No card is saved for this workspace: buy credits once with POST /api/workspaces/{id}/top-ups.',
  });
}
