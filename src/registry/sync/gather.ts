import { configOf, type Env } from '../../env.ts';
import { SHIPPED_PROVIDERS } from '../../providers/catalog.ts';
import { BASE_CATALOGUE, PRICED_LISTS, RESELLER } from '../../providers/catalogue-names.ts';
import { buildCatalogue } from '../models-dev/build.ts';
import type { Registry } from '../snapshot.ts';
import { readBase } from './base.ts';
import { readCanonical } from './canonical.ts';
import { type Fetcher, fetchSource, SourceError } from './fetch-source.ts';
import { readOwnList } from './own-list.ts';
import { fetchProviderList, type ProviderList } from './provider-lists.ts';
import type { Gathered, ListedModel, OwnEntry, SourceReport } from './types.ts';

/** So many of the lists that need a credential are read at once. */
const AT_ONCE = 4;

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
 * @param lists providers' own lists that need a credential.
 */
export async function gather(
  addresses: Addresses,
  lists: readonly ProviderList[],
  fetcher: Fetcher,
): Promise<{ gathered: Gathered | null; sources: SourceReport[] }> {
  const sources: SourceReport[] = [];
  const read = async <T>(source: string, load: () => Promise<T>, count: (data: T) => number) => {
    try {
      const data = await load();
      sources.push({ source, state: 'read', entries: count(data), error: null });
      return data;
    } catch (thrown) {
      const error = thrown instanceof SourceError ? thrown.message : 'unreadable';
      sources.push({ source, state: 'failed', entries: 0, error });
      return null;
    }
  };
  const own = new Map<string, OwnEntry[]>();
  const present = new Map<string, ListedModel[]>();
  const readPresent = async (list: ProviderList): Promise<void> => {
    const models = await read(
      list.provider.id,
      () => fetchProviderList(list, fetcher),
      (all) => all.length,
    );
    if (models) present.set(list.provider.id, models);
  };
  const readAllPresent = async (): Promise<void> => {
    for (let at = 0; at < lists.length; at += AT_ONCE)
      await Promise.all(lists.slice(at, at + AT_ONCE).map(readPresent));
  };
  const [base, canonical] = await Promise.all([
    read(
      'base',
      async () => buildCatalogue(readBase(await fetchSource(addresses.base, fetcher)), true).catalogue,
      (all) => all.endpoints.length,
    ),
    read(
      'canonical',
      async () => readCanonical(await fetchSource(`${addresses.canonical}/models`, fetcher)),
      (all) => all.length,
    ),
    ...[...addresses.own].map(async ([provider, url]) => {
      const list = await read(
        provider,
        async () => readOwnList(await fetchSource(url, fetcher)),
        (all) => all.length,
      );
      if (list) own.set(provider, list);
    }),
    readAllPresent(),
  ]);
  sources.sort((a, b) => (a.source < b.source ? -1 : 1));
  if (!base || !canonical) return { gathered: null, sources };
  return { gathered: { ...base, canonical, own, present }, sources };
}
