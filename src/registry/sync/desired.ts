import { additions } from '../../providers/catalogue-additions.ts';
import { canonicalId, FIRST_PARTY, keyOf, RESELLER } from '../../providers/catalogue-names.ts';
import { servedAt } from '../../providers/served-apis.ts';
import type { CatalogueEndpoint, CatalogueModel } from '../catalogue/types.ts';
import type { Price } from '../types.ts';
import type { Desired, Gathered, Known, OwnEntry } from './types.ts';

/**
 * What the registry should hold by what the sources say. The base names models, endpoints and prices; the
 * canonical catalogue adds what the base lacks and says which models an open-weight host may bring; a
 * provider's own list has the last word on what it serves and what that costs. Scores and quantizations that
 * no source names this time stay as they are known, and so do the models that no source has.
 */
export function desire(gathered: Gathered, known: Known): Desired {
  const ids = new IdBook([...known.models.keys(), ...known.operators]);
  const canonical = new Set(gathered.canonical.map(({ model }) => keyOf(model.id)));
  const models = new Map<string, CatalogueModel>();
  for (const model of [...gathered.models, ...gathered.canonical.map((entry) => entry.model)]) {
    const id = ids.of(model.id);
    const benchmarks = model.benchmarks ?? known.benchmarks.get(id);
    if (!models.has(id)) models.set(id, { ...model, id, ...(benchmarks ? { benchmarks } : {}) });
  }
  const endpoints = new Map<string, CatalogueEndpoint>();
  const unknown: string[] = [];
  for (const endpoint of offers(gathered)) {
    const model = ids.of(endpoint.model);
    const id = `${model}@${endpoint.provider}`;
    const isHost = endpoint.provider !== RESELLER && FIRST_PARTY[endpoint.provider] !== vendorOf(model);
    const isNew = known.endpoints.get(id)?.retired !== false;
    if (isHost && isNew && !canonical.has(keyOf(model))) {
      unknown.push(`${endpoint.provider}:${endpoint.upstream}`);
    } else if (models.has(model) && !endpoints.has(id)) {
      const quantization = endpoint.quantization ?? known.endpoints.get(id)?.quantization;
      endpoints.set(id, { ...endpoint, model, ...(quantization ? { quantization } : {}) });
    }
  }
  for (const { model, endpoint } of additions()) {
    const id = `${endpoint.model}@${endpoint.provider}`;
    // No source has them, so none says that they are gone.
    if (known.endpoints.get(id)?.retired !== false || endpoints.has(id)) continue;
    endpoints.set(id, endpoint);
    if (!models.has(model.id)) models.set(model.id, model);
  }
  const served = new Set([...endpoints.values()].map(({ model }) => model));
  return {
    models: [...models.values()].filter(({ id }) => served.has(id)),
    endpoints: inOrder([...endpoints.values()]),
    unknown: [...new Set(unknown)].sort(),
  };
}

/** The endpoints that all sources together offer, each checked against its provider's own list. */
function offers({ endpoints, canonical, own }: Gathered): CatalogueEndpoint[] {
  const listed = new Map(
    [...own].map(([provider, entries]) => [
      provider,
      new Map(entries.map((entry) => [keyOf(canonicalId(provider, entry.upstream)), entry])),
    ]),
  );
  const result: CatalogueEndpoint[] = [];
  for (const endpoint of endpoints) {
    const list = listed.get(endpoint.provider);
    const entry = list?.get(keyOf(endpoint.model));
    // A provider that does not list a model does not serve it.
    if (list && !entry) continue;
    result.push(entry ? { ...endpoint, ...corrected(endpoint, entry) } : endpoint);
  }
  const offered = new Set(endpoints.map(({ model, provider }) => `${keyOf(model)}@${provider}`));
  for (const [provider, entries] of listed) {
    for (const [key, entry] of entries) {
      if (offered.has(`${key}@${provider}`)) continue;
      result.push({
        model: canonicalId(provider, entry.upstream),
        provider,
        upstream: entry.upstream,
        can: '',
        ...servedAt(provider, entry.upstream),
        ...limitsOf(entry),
        ...(entry.price ? { price: entry.price } : {}),
      });
    }
  }
  const ends = new Map<string, string>();
  for (const { endpoint } of canonical) {
    const id = `${keyOf(endpoint.model)}@${RESELLER}`;
    if (!offered.has(id)) result.push(endpoint);
    else if (endpoint.deprecated !== undefined) ends.set(id, endpoint.deprecated);
  }
  return result.map((endpoint) => {
    const deprecated = ends.get(`${keyOf(endpoint.model)}@${endpoint.provider}`);
    return deprecated === undefined ? endpoint : { ...endpoint, deprecated };
  });
}

/** The own list's casing, limits and price; the base keeps its price where both say the same of tokens. */
function corrected(endpoint: CatalogueEndpoint, entry: OwnEntry): Partial<CatalogueEndpoint> {
  const same = entry.price !== undefined && equalRates(entry.price, endpoint.price);
  return {
    upstream: entry.upstream,
    ...(entry.price && !same ? { price: entry.price } : {}),
  };
}

function equalRates(own: Price, base: Price | undefined): boolean {
  return (
    base !== undefined &&
    own.input === base.input &&
    own.output === base.output &&
    (own.cachedInput === undefined || own.cachedInput === base.cachedInput)
  );
}

function limitsOf({ context, output }: OwnEntry): Partial<CatalogueEndpoint> {
  return { ...(context ? { context } : {}), ...(output ? { output } : {}) };
}

/** The vendor's own first, then hosts by price, the reseller last. */
function inOrder(endpoints: CatalogueEndpoint[]): CatalogueEndpoint[] {
  const place = ({ provider, model }: CatalogueEndpoint): number => {
    if (FIRST_PARTY[provider] === vendorOf(model)) return 0;
    return provider === RESELLER ? 2 : 1;
  };
  const cost = ({ price }: CatalogueEndpoint): number =>
    price ? price.input * 3 + price.output : Number.MAX_VALUE;
  return endpoints.toSorted(
    (a, b) =>
      compare(a.model, b.model) ||
      place(a) - place(b) ||
      cost(a) - cost(b) ||
      compare(a.provider, b.provider),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function vendorOf(model: string): string {
  return model.slice(0, model.indexOf('/'));
}

/** One spelling of each model's id: the registry's, else the first that is met. */
class IdBook {
  readonly #ids = new Map<string, string>();

  constructor(known: Iterable<string>) {
    for (const id of known) if (!this.#ids.has(keyOf(id))) this.#ids.set(keyOf(id), id);
  }

  of(id: string): string {
    const key = keyOf(id);
    const known = this.#ids.get(key) ?? id;
    this.#ids.set(key, known);
    return known;
  }
}
