import type { probes } from '../../db/schema/probes.ts';
import { toSeconds } from '../../tenancy/page.ts';
import type { Ability, ProbeResult } from './types.ts';

/** What is known of one ability of an endpoint. */
export interface ProbeView {
  endpoint: string;
  ability: Ability;
  result: ProbeResult;
  evidence: string;
  /** Unix seconds. */
  probed_at: number;
}

export function probeView(row: typeof probes.$inferInsert): ProbeView {
  return {
    endpoint: row.endpointId,
    ability: row.ability as Ability,
    result: row.result as ProbeResult,
    evidence: row.evidence,
    probed_at: toSeconds(row.probedAt),
  };
}
