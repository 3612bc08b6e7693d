import { eq, sql } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { registryState } from '../../db/schema/registry.ts';
import { configOf, type Env } from '../../env.ts';
import { stored } from '../../tenancy/storage.ts';
import { refreshRegistry } from '../load.ts';
import { applyDifference, countsOf } from './apply.ts';
import { checkPrices } from './check-prices.ts';
import { desire } from './desired.ts';
import { diff } from './diff.ts';
import type { Fetcher } from './fetch-source.ts';
import { addressesOf, gather } from './gather.ts';
import { readKnown } from './known.ts';
import { listedEndpointsOf } from './listed-endpoints.ts';
import { judgePresence } from './presence.ts';
import { providerLists } from './provider-lists.ts';
import { quantize } from './quantize.ts';
import type { Change, SourceReport } from './types.ts';

/** How often the clock syncs, milliseconds. */
const EVERY_MS = 6 * 60 * 60 * 1000;

export interface SyncReport {
  sources: SourceReport[];
  changes: Change[];
  /** By kind. */
  counts: Record<string, number>;
  /** What providers' own lists have and the base does not offer, as `provider:upstream`: of no known price. */
  unlisted: string[];
  /** Whether anything was written. */
  applied: boolean;
}

/**
 * Brings the registry to what the sources say: models.dev as the base, OpenRouter as the canonical catalogue
 * and check of prices, and providers' own lists. What the operator declared stays. A source that fails
 * changes nothing, and a price that jumps waits for a person. Repeating it changes nothing.
 * @param dryRun tells the difference and writes nothing.
 * @param now Unix milliseconds: says whose turn it is to be asked about.
 * @throws GatewayError `storage_unavailable`; then nothing was changed.
 */
export async function syncRegistry(
  env: Env,
  actor: string,
  {
    dryRun = false,
    believed = [],
    fetcher = (url, init) => fetch(url, init),
    now = Date.now(),
  }: { dryRun?: boolean; believed?: readonly string[]; fetcher?: Fetcher; now?: number } = {},
): Promise<SyncReport> {
  const db = database(env.DB);
  const registry = await stored(refreshRegistry(env));
  const addresses = addressesOf(env, registry);
  const { gathered, sources } = await gather(addresses, providerLists(registry, env), fetcher);
  if (!gathered) return { sources, changes: [], counts: {}, unlisted: [], applied: false };
  const known = await stored(readKnown(db));
  const { endpoints, doubted, unlisted } = judgePresence(gathered, believed);
  const ask = listedEndpointsOf(addresses.canonical, fetcher);
  const turn = Math.floor(now / EVERY_MS);
  const desired = await quantize(desire({ ...gathered, endpoints }, known), gathered.canonical, ask, turn);
  const found = diff(desired, known, believed);
  const checked = await checkPrices(found.changes, gathered.canonical, ask);
  const changes = [...doubted, ...checked];
  const report = { sources, changes, counts: countsOf(changes), unlisted };
  if (dryRun) return { ...report, applied: false };
  const applied = await stored(applyDifference(db, { ...found, changes }, known, actor));
  await stored(
    db
      .insert(registryState)
      .values({ name: 'synced', value: String(Date.now()) })
      .onConflictDoUpdate({ target: registryState.name, set: { value: sql`excluded.value` } }),
  );
  if (applied) await stored(refreshRegistry(env));
  return { ...report, applied };
}

/**
 * The sync of the clock: every six hours, and again at the next hour when a source failed. Off where
 * REGISTRY_SYNC is `off`, and locally unless REGISTRY_BASE_URL is set.
 * @param now Unix milliseconds.
 * @returns how many changes there were.
 */
export async function syncWhenDue(env: Env, now: number, fetcher?: Fetcher): Promise<number> {
  const { local, registryBaseUrl, registrySync } = configOf(env);
  if (!registrySync || (local && registryBaseUrl === null)) return 0;
  const row = await stored(
    database(env.DB).select().from(registryState).where(eq(registryState.name, 'synced')).get(),
  );
  if (now - Number(row?.value ?? 0) < EVERY_MS) return 0;
  const { changes, sources } = await syncRegistry(env, 'system', { now, ...(fetcher ? { fetcher } : {}) });
  const failed = sources.filter(({ state }) => state === 'failed');
  if (failed.length > 0) console.warn(JSON.stringify({ warning: 'registry_sources_failed', failed }));
  return changes.length;
}
