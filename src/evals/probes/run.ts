import { nanoToUsd, usdToNano } from '../../billing/money.ts';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { probes } from '../../db/schema/probes.ts';
import type { Env } from '../../env.ts';
import { GatewayError, toGatewayError } from '../../errors.ts';
import type { Candidate } from '../../gateway/types.ts';
import { refreshRegistry } from '../../registry/load.ts';
import type { Registry } from '../../registry/snapshot.ts';
import type { Price } from '../../registry/types.ts';
import { NEXT_VERSION } from '../../registry/version.ts';
import { actorName, requirePermission } from '../../tenancy/permissions.ts';
import { stored } from '../../tenancy/storage.ts';
import type { Principal } from '../../tenancy/types.ts';
import { probedCandidate } from './candidate.ts';
import { BASELINE, PROBES } from './definitions.ts';
import { observe } from './observe.ts';
import { mayAsk, mostOf, type Purse, spend } from './purse.ts';
import type { Ability, Observed, Probe, Verdict } from './types.ts';
import { type ProbeView, probeView } from './view.ts';

export interface ProbeRun {
  data: ProbeView[];
  /** What the provider charges for this run, USD. */
  cost_usd: number;
}

/**
 * Probes an endpoint with the operator's credential, one ability after another, and records what was seen.
 * @param maxUsd what the run may cost at most; probes that might go over it are skipped.
 * @throws GatewayError `permission_denied`, `not_found`, `conflict` for an endpoint without a price, a
 *   credential or a chat codec, or the failure of a plain request; `storage_unavailable`.
 */
export async function runProbes(
  env: Env,
  actor: Principal,
  registry: Registry,
  endpointId: string,
  abilities: readonly Ability[] | undefined,
  maxUsd: number,
): Promise<ProbeRun> {
  requirePermission(actor, 'probe.run');
  const { candidate, price } = probedCandidate(env, registry, endpointId);
  const purse: Purse = { spent: 0, cap: usdToNano(maxUsd) };
  if (!mayAsk(BASELINE, price, purse)) {
    throw new GatewayError('invalid_value', {
      param: 'max_usd',
      message: 'max_usd is too little for any probe.',
    });
  }
  const plain = await observe(env, candidate, BASELINE);
  spend(plain.answer, BASELINE, price, purse);
  const rows: (typeof probes.$inferInsert)[] = [];
  for (const probe of PROBES) {
    if (abilities && !abilities.includes(probe.ability)) continue;
    const before = purse.spent;
    const verdict = await runProbe(env, candidate, probe, price, purse);
    rows.push({
      endpointId,
      ability: probe.ability,
      ...verdict,
      cost: purse.spent - before,
      probedAt: Date.now(),
    });
  }
  await record(env, actor, endpointId, rows, purse);
  return { data: rows.map(probeView), cost_usd: nanoToUsd(purse.spent) };
}

async function runProbe(
  env: Env,
  candidate: Candidate,
  probe: Probe,
  price: Price,
  purse: Purse,
): Promise<Verdict> {
  const answers: Observed[] = [];
  try {
    for (let time = 0; time < (probe.times ?? 1); time++) {
      if (!mayAsk(probe.body, price, purse)) {
        return { result: 'skipped', evidence: 'might have cost more than this run may' };
      }
      const { answer, dropped } = await observe(env, candidate, probe.body);
      spend(answer, probe.body, price, purse);
      const left = probe.parameters.filter((name) => dropped.includes(name));
      if (left.length > 0) {
        return { result: 'ignored', evidence: `left out by the gateway: ${left.join(', ')}` };
      }
      answers.push(answer);
    }
    return probe.judge(answers);
  } catch (thrown) {
    const error = toGatewayError(thrown);
    const said = `${error.upstream?.status ?? error.code}: ${error.message}`.slice(0, 300);
    // The plain request was answered: what is invalid now is what was added to it.
    const refused = error.status === 400 || error.code === 'upstream_model_not_found';
    // Of what was broken off nobody knows how far it came.
    if (!refused) purse.spent += mostOf(probe.body, price);
    return { result: refused ? 'refused' : 'inconclusive', evidence: said };
  }
}

async function record(
  env: Env,
  actor: Principal,
  endpointId: string,
  rows: (typeof probes.$inferInsert)[],
  purse: Purse,
): Promise<void> {
  const db = database(env.DB);
  // What was skipped says nothing: what was seen before stays.
  const seen = rows.filter((row) => row.result !== 'skipped');
  const audit = auditRow(db, {
    workspaceId: null,
    actor: actorName(actor),
    action: 'probe.run',
    target: endpointId,
    after: {
      cost_usd: nanoToUsd(purse.spent),
      results: Object.fromEntries(seen.map((row) => [row.ability, row.result])),
    },
  });
  const upserts = seen.map((row) =>
    db
      .insert(probes)
      .values(row)
      .onConflictDoUpdate({ target: [probes.endpointId, probes.ability], set: row }),
  );
  await stored(db.batch([audit, ...upserts, db.run(NEXT_VERSION)]));
  // What was seen counts from now on.
  await stored(refreshRegistry(env));
}
