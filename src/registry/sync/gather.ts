import { configOf, type Env } from '../../env.ts';
import type { Json } from '../../lib/json.ts';
import { SHIPPED_PROVIDERS } from '../../providers/catalog.ts';
import { BASE_CATALOGUE, PRICED_LISTS, RESELLER } from '../../providers/catalogue-names.ts';
import { buildCatalogue } from '../models-dev/build.ts';
import type { Registry } from '../snapshot.ts';
import { readBase } from './base.ts';
import { readCanonical } from './canonical.ts';
import { type Fetcher, fetchSource, SourceError } from './fetch-source.ts';
import { readOwnList } from './own-list.ts';
import type { Gathered, OwnEntry, SourceReport } from './types.ts';

/** Where the sources are. */
export interface Addresses {
  base: string;
  /** OpenRouter's API, without a slash at the end. */
  canonical: string;
  /** Own lists by provider id. */
  own: Map<string, string>;
}

/**
 * The sources' own addresses. Locally those of providers are where the operator declared them, and the
 * base's is REGISTRY_BASE_URL, so that a sync can be tried without the network.
 */
export function addressesOf(env: Env, registry: Registry): Addresses {
  const { local, registryBaseUrl } = configOf(env);
  const provider = (id: string): string =>
    (local ? registry.provider(id) : SHIPPED_PROVIDERS.get(id))?.baseUrl ?? '';
  return {
    base: registryBaseUrl ?? BASE_CATALOGUE,
    canonical: provider(RESELLER),
    own: new Map([...PRICED_LISTS].map((id) => [id, `${provider(id)}/models`])),
  };
}

/**
 * Reads all sources. Without the base and the canonical catalogue nothing can be judged, and there is
 * nothing gathered; without a provider's own list that provider is judged by the others.
 */
export async function gather(
  addresses: Addresses,
  fetcher: Fetcher,
): Promise<{ gathered: Gathered | null; sources: SourceReport[] }> {
  const sources: SourceReport[] = [];
  const read = async <T>(
    source: string,
    url: string,
    parse: (json: Json) => T,
    count: (data: T) => number,
  ) => {
    try {
      const data = parse(await fetchSource(url, fetcher));
      sources.push({ source, state: 'read', entries: count(data), error: null });
      return data;
    } catch (thrown) {
      const error = thrown instanceof SourceError ? thrown.message : 'unreadable';
      sources.push({ source, state: 'failed', entries: 0, error });
      return null;
    }
  };
  const [base, canonical, ...lists] = await Promise.all([
    read(
      'base',
      addresses.base,
      (json) => buildCatalogue(readBase(json), true).catalogue,
      (all) => all.endpoints.length,
    ),
    read('canonical', `${addresses.canonical}/models`, readCanonical, (all) => all.length),
    ...[...addresses.own].map(async ([provider, url]) => {
      const list = await read(provider, url, readOwnList, (all) => all.length);
      return [provider, list] as const;
    }),
  ]);
  sources.sort((a, b) => (a.source < b.source ? -1 : 1));
  if (!base || !canonical) return { gathered: null, sources };
  const own = new Map<string, OwnEntry[]>();
  for (const [provider, list] of lists) if (list) own.set(provider, list);
  return { gathered: { ...base, canonical, own }, sources };
}
