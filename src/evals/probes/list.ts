import { asc, eq } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { probes } from '../../db/schema/probes.ts';
import type { Env } from '../../env.ts';
import { requirePermission } from '../../tenancy/permissions.ts';
import { stored } from '../../tenancy/storage.ts';
import type { Principal } from '../../tenancy/types.ts';
import { type ProbeView, probeView } from './view.ts';

/**
 * What was seen of an endpoint, by ability.
 * @throws GatewayError `permission_denied`, `storage_unavailable`.
 */
export async function listProbes(env: Env, actor: Principal, endpointId: string): Promise<ProbeView[]> {
  requirePermission(actor, 'probe.read');
  const rows = await stored(
    database(env.DB)
      .select()
      .from(probes)
      .where(eq(probes.endpointId, endpointId))
      .orderBy(asc(probes.ability)),
  );
  return rows.map(probeView);
}
