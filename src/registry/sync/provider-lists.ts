import type { Env } from '../../env.ts';
import { asArray, asObject, asString, isObject, type Json } from '../../lib/json.ts';
import { authorize } from '../../providers/auth/index.ts';
import { LIST_PATHS, NO_OWN_LIST, PRICED_LISTS, RESELLER } from '../../providers/catalogue-names.ts';
import { TAKEN_PROVIDERS } from '../../providers/catalogue-taken.ts';
import { type Credential, credentialFromEnvironment, secretOf } from '../../providers/credentials.ts';
import type { Provider } from '../../providers/types.ts';
import { fillIn, missingVariables } from '../../providers/variables.ts';
import type { Registry } from '../snapshot.ts';
import { type Fetcher, fetchSource, SOURCE_HEADERS, SourceError } from './fetch-source.ts';
import type { ListedModel } from './types.ts';

/** How long a list may take, milliseconds, and how large it may be: the largest are under 1 MB. */
const LIMITS = { timeoutMs: 10_000, mostBytes: 4 * 1024 * 1024 };

const MOST_UNREADABLE = 0.05;
const LONGEST_NAME = 300;

/** A provider's own list of models, and what opens it. */
export interface ProviderList {
  provider: Provider;
  path: string;
  /** The operator's. What any of them may call is served. */
  credentials: readonly Credential[];
  env: Env;
}

/**
 * The lists that need a credential, of those providers of the base for which the operator has one. They
 * are asked where calls to them go, since secrets are bound to that address.
 */
export function providerLists(registry: Registry, env: Env): ProviderList[] {
  return TAKEN_PROVIDERS.flatMap((id) => {
    if (id === RESELLER || PRICED_LISTS.has(id) || NO_OWN_LIST.has(id)) return [];
    const provider = registry.provider(id);
    const path = provider && LIST_PATHS[provider.wire];
    if (!provider || path === undefined || missingVariables(provider, env).length > 0) return [];
    const credentials = credentialsOf(provider, registry, env);
    return credentials.length > 0 ? [{ provider, path, credentials, env }] : [];
  });
}

function credentialsOf(provider: Provider, registry: Registry, env: Env): Credential[] {
  const sealed = registry.credentials(provider.id);
  if (sealed.length > 0) return sealed.map((stored) => ({ id: stored.id, kind: 'stored', stored }));
  const credential = credentialFromEnvironment(provider, env);
  return credential ? [credential] : [];
}

/** What a provider lists to any of the credentials. @throws SourceError when one of them cannot be told. */
export async function fetchProviderList(list: ProviderList, fetcher: Fetcher): Promise<ListedModel[]> {
  const models = new Map<string, ListedModel>();
  for (const credential of list.credentials) {
    const request = await requestOf(list, credential);
    const json = await fetchSource(request.url, fetcher, { headers: request.headers, ...LIMITS });
    for (const model of readProviderList(json)) models.set(model.upstream, model);
  }
  return [...models.values()];
}

async function requestOf({ provider, path, env }: ProviderList, credential: Credential) {
  try {
    const secret = await secretOf(credential, provider, env);
    const url = fillIn(provider.baseUrl + path, env, secret);
    const headers = { ...SOURCE_HEADERS, ...provider.headers };
    return await authorize(provider.auth, secret, { url, headers, body: '' });
  } catch {
    throw new SourceError('the credential is unusable');
  }
}

/**
 * Reads a list of models loosely: `data` or `models` of an object, or a plain array, of entries with an
 * `id`, or a `name` like `models/…`. @throws SourceError when it is not that, or not all of it.
 */
export function readProviderList(json: Json): ListedModel[] {
  const list = asObject(json);
  if (list?.has_more === true || asString(list?.nextPageToken)) throw new SourceError('more than one page');
  const entries = asArray(list ? (list.data ?? list.models) : json);
  const read = entries.flatMap((entry) => listedModel(entry) ?? []);
  if (read.length === 0) throw new SourceError('no models');
  const unreadable = entries.length - read.length;
  if (unreadable > entries.length * MOST_UNREADABLE)
    throw new SourceError(`${unreadable} models are unreadable`);
  return read;
}

function listedModel(entry: Json): ListedModel | undefined {
  if (!isObject(entry)) return undefined;
  const upstream = asString(entry.id) ?? asString(entry.name)?.replace(/^models\//, '');
  if (!upstream || upstream.length > LONGEST_NAME) return undefined;
  const aliases = asArray(entry.aliases).flatMap((alias) => asString(alias) ?? []);
  return { upstream, aliases };
}
