import {
  canonicalId,
  FIRST_PARTY,
  keyOf,
  RESELLER,
  upstreamName,
  vendorSpellings,
} from '../../providers/catalogue-names.ts';
import { isTaken, PROVIDERS, providerOf, regionsOf } from '../../providers/catalogue-taken.ts';
import { withMediaRates } from '../../providers/media-rates.ts';
import { servedAt } from '../../providers/served-apis.ts';
import type { Catalogue, CatalogueEndpoint, CatalogueModel } from '../catalogue/types.ts';
import { defined } from '../defined.ts';
import type { Benchmark } from '../types.ts';
import { abilitiesOf, kindOf, priceOf } from './convert.ts';
import type { Source, SourceModel } from './types.ts';

/** A provider's model before it is known which model it is. */
interface Offer {
  provider: string;
  upstream: string;
  /** Canonical id in the provider's spelling. */
  id: string;
  model: SourceModel;
}

/**
 * The catalogue, sorted by id, and what a person should look at before it is shipped.
 * @param zeroPrices keeps prices of nothing, which are gaps unless somebody says otherwise.
 */
export function buildCatalogue(
  source: Source,
  zeroPrices = false,
): { catalogue: Catalogue; doubts: string[] } {
  const doubts: string[] = [];
  const groups = new Map<string, Offer[]>();
  for (const offer of offersOf(source)) {
    const key = keyOf(offer.id);
    groups.set(key, [...(groups.get(key) ?? []), offer]);
    const base = offer.model.base_model;
    if (base !== undefined && keyOf(base) !== key) {
      doubts.push(
        `${offer.provider}:${offer.upstream} is taken as ${key}, but models.dev says ${keyOf(base)}`,
      );
    }
  }
  const models: CatalogueModel[] = [];
  const endpoints: CatalogueEndpoint[] = [];
  const names = new Map<string, string[]>();
  for (const offers of groups.values()) {
    const model = modelOf(offers);
    models.push(model);
    endpoints.push(...endpointsOf(model, offers, zeroPrices));
    names.set(model.id, namesOf(model.id, offers));
  }
  models.sort((a, b) => compare(a.id, b.id));
  for (const [id, aliases] of aliasesOf(names)) {
    const model = models.find((candidate) => candidate.id === id);
    if (model && aliases.length > 0) model.aliases = aliases;
  }
  endpoints.sort((a, b) => compare(a.model, b.model));
  return { catalogue: { models, endpoints }, doubts };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function offersOf(source: Source): Offer[] {
  const offers: Offer[] = [];
  for (const theirs of Object.keys(PROVIDERS)) {
    for (const model of Object.values(source[theirs]?.models ?? {}).sort((a, b) => compare(a.id, b.id))) {
      // Deprecated: announced to go, or gone. `~`: names of the reseller that move between models.
      if (model.status === 'deprecated' || model.id.startsWith('~')) continue;
      // Served at another address, or by another API.
      if (model.provider?.api !== undefined || model.provider?.shape !== undefined) continue;
      if (kindOf(model) === undefined) continue;
      const provider = providerOf(theirs, model.id);
      if (!isTaken(provider, model.id)) continue;
      const upstream = upstreamName(provider, model.id);
      offers.push({ provider, upstream, id: canonicalId(provider, upstream), model });
    }
  }
  return offers;
}

function isFirstParty({ provider, id }: Offer): boolean {
  return FIRST_PARTY[provider] === id.slice(0, id.indexOf('/'));
}

/** The offer that describes the model best: its vendor's, else the reseller's, which is kept with care. */
function bestOf(offers: Offer[]): Offer {
  const own = offers.filter(isFirstParty);
  // A dated name says which snapshot it is; the undated one is called "… (latest)".
  const best = own.at(-1) ?? offers.find(({ provider }) => provider === RESELLER) ?? offers[0];
  if (!best) throw new Error('A model without offers');
  return best;
}

function modelOf(offers: Offer[]): CatalogueModel {
  const { id, model } = bestOf(offers);
  const kind = kindOf(model);
  const result: CatalogueModel = { id, name: model.name.trim() };
  if (model.family) result.family = model.family;
  if (kind !== undefined && kind !== 'chat') result.kind = kind;
  if (model.limit.context) result.context = model.limit.context;
  const output = outputOf(model);
  if (output !== undefined) result.output = output;
  const takes = model.modalities.input.join();
  if (takes !== 'text') result.takes = takes;
  // Some entries of models.dev claim PDF output of image models.
  const gives = model.modalities.output.filter((modality) => modality !== 'pdf').join();
  if (gives !== 'text') result.gives = gives;
  if (model.knowledge) result.knowledge = model.knowledge;
  if (model.release_date) result.released = model.release_date;
  if (model.open_weights !== undefined) result.open = model.open_weights;
  // Entries of one model have the same scores, where they have any.
  const benchmarks = model.benchmarks ?? offers.find((offer) => offer.model.benchmarks)?.model.benchmarks;
  if (benchmarks?.length) result.benchmarks = benchmarks.map(inOneOrder);
  return result;
}

/** A score with its members in one order, so that the same score is the same text. */
function inOneOrder({
  name,
  score,
  version,
  dataset,
  metric,
  harness,
  variant,
  source,
  date,
}: Benchmark): Benchmark {
  return { name, score, ...defined({ version, dataset, metric, harness, variant, source, date }) };
}

/** models.dev gives the dimensions of embeddings as their output. */
function outputOf(model: SourceModel): number | undefined {
  return kindOf(model) === 'embedding' ? undefined : model.limit.output || undefined;
}

function endpointsOf(model: CatalogueModel, offers: Offer[], zeroPrices: boolean): CatalogueEndpoint[] {
  const perProvider = new Map<string, Offer>();
  for (const offer of offers) {
    // Two names of one model at one provider: the longer is the dated snapshot, which does not move.
    const known = perProvider.get(offer.provider);
    if (!known || offer.upstream.length > known.upstream.length) perProvider.set(offer.provider, offer);
  }
  return [...perProvider.values()]
    .sort((a, b) => rankOf(a) - rankOf(b) || costOf(a) - costOf(b) || compare(a.provider, b.provider))
    .map((offer) => endpointOf(model, offer, zeroPrices));
}

function rankOf(offer: Offer): number {
  if (isFirstParty(offer)) return 0;
  return offer.provider === RESELLER ? 2 : 1;
}

/** USD for 3 tokens in and 1 out, in millions: what a chat comes to. */
function costOf({ model: { cost } }: Offer): number {
  return cost ? cost.input * 3 + cost.output : Number.MAX_VALUE;
}

function endpointOf(
  model: CatalogueModel,
  { provider, upstream, model: source }: Offer,
  zeroPrices: boolean,
): CatalogueEndpoint {
  const result: CatalogueEndpoint = {
    model: model.id,
    provider,
    upstream,
    can: abilitiesOf(source),
    ...servedAt(provider, upstream),
  };
  const price = priceOf(provider, source, zeroPrices);
  if (price) result.price = withMediaRates(`${model.id}@${provider}`, price);
  if (source.limit.context && source.limit.context !== model.context) result.context = source.limit.context;
  const output = outputOf(source);
  if (output !== undefined && output !== model.output) result.output = output;
  const regions = regionsOf(provider, upstream);
  if (regions) result.regions = regions;
  return result;
}

/** Everything a user may call the model. */
function namesOf(id: string, offers: Offer[]): string[] {
  const vendor = id.slice(0, id.indexOf('/'));
  const bare = id.slice(id.indexOf('/') + 1);
  const names = [bare, ...vendorSpellings(vendor).map((spelling) => `${spelling}/${bare}`)];
  for (const offer of offers) names.push(offer.upstream.toLowerCase(), offer.model.id.toLowerCase());
  return names;
}

/**
 * The names of each model that belong to it alone: none that another model has as its id, and none that
 * two models share, unless it is the bare name of one that its own vendor serves.
 */
function aliasesOf(names: Map<string, string[]>): Map<string, string[]> {
  const loose = (name: string): string => name.replaceAll('.', '-');
  const ids = new Set([...names.keys()].map(loose));
  const owners = new Map<string, Set<string>>();
  for (const [id, all] of names) {
    for (const name of all) owners.set(loose(name), (owners.get(loose(name)) ?? new Set()).add(id));
  }
  const ownVendors = new Set(Object.values(FIRST_PARTY));
  const mayHave = (id: string, name: string): boolean => {
    if (ids.has(loose(name))) return false;
    const others = [...(owners.get(loose(name)) ?? [])].filter((owner) => owner !== id);
    const isOwn = (owner: string): boolean => ownVendors.has(owner.slice(0, owner.indexOf('/')));
    return others.length === 0 || (isOwn(id) && !others.some(isOwn));
  };
  const result = new Map<string, string[]>();
  for (const [id, all] of names) {
    const kept = new Map<string, string>();
    for (const name of all) if (mayHave(id, name) && !kept.has(loose(name))) kept.set(loose(name), name);
    result.set(id, [...kept.values()].sort(compare));
  }
  return result;
}
