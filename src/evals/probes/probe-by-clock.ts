import { max } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { probes } from '../../db/schema/probes.ts';
import { configOf, type Env } from '../../env.ts';
import { isServable } from '../../providers/credentials.ts';
import { refreshRegistry } from '../../registry/load.ts';
import { runProbes } from './run.ts';

/** What was seen is good for so long, milliseconds. */
const GOOD_FOR_MS = 30 * 24 * 60 * 60 * 1000;

const RUNS_A_DAY = 24;

/**
 * Probes one of the servable endpoints that were not probed for a month, by lot, so that one that does not
 * answer keeps no other waiting. Spends no more than an hour's part of PROBE_BUDGET_USD. Answers how many
 * endpoints were probed.
 * @throws GatewayError as `runProbes` does.
 */
export async function probeByClock(env: Env, now: number): Promise<number> {
  const budget = configOf(env).probeBudgetUsd;
  if (budget === 0) return 0;
  const registry = await refreshRegistry(env);
  const rows = await database(env.DB)
    .select({ endpointId: probes.endpointId, at: max(probes.probedAt) })
    .from(probes)
    .groupBy(probes.endpointId);
  const probedAt = new Map(rows.map((row) => [row.endpointId, row.at ?? 0]));
  const due = registry.models
    .filter((model) => model.kind === 'chat')
    .flatMap((model) => registry.endpoints(model.id))
    .filter(({ id, price, provider }) => {
      const known = registry.provider(provider);
      const isDue = now - (probedAt.get(id) ?? 0) >= GOOD_FOR_MS;
      return isDue && price !== null && known !== undefined && isServable(known, registry, env);
    });
  const next = due[Math.floor(Math.random() * due.length)];
  if (!next) return 0;
  await runProbes(env, { kind: 'operator' }, registry, next.id, undefined, budget / RUNS_A_DAY);
  return 1;
}
