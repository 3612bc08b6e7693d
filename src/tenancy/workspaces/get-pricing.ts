import { DEFAULT_PRICING, type Pricing } from '../../billing/pricing.ts';
import type { Env } from '../../env.ts';
import { requirePermission } from '../permissions.ts';
import type { Principal } from '../types.ts';
import { findWorkspace } from './find.ts';

/**
 * What a workspace pays on top of what providers charge.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function getWorkspacePricing(env: Env, actor: Principal, id: string): Promise<Pricing> {
  requirePermission(actor, 'pricing.read');
  return (await findWorkspace(env, actor, id)).pricing ?? DEFAULT_PRICING;
}
