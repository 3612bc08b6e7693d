import type { Env } from '../env.ts';
import { isServable } from '../providers/credentials.ts';
import type { Registry } from './snapshot.ts';
import type { Endpoint, Modality, Model, Price } from './types.ts';

/** Prices as decimal strings of USD per token, image and so on: the shape that OpenRouter's clients read. */
export type Pricing = Record<string, string>;

/** One model in OpenAI's shape, plus what people choose by. */
export interface ModelEntry {
  id: string;
  object: 'model';
  /** Release date, Unix seconds; 0 when it is not known. */
  created: number;
  owned_by: string;
  name: string;
  kind: Model['kind'];
  context_length: number | null;
  max_output_tokens: number | null;
  architecture: { input_modalities: Modality[]; output_modalities: Modality[] };
  /** Of the endpoint that is tried first; null when it is not known. */
  pricing: Pricing | null;
  /** Who can serve it now, in the order in which they are tried. */
  providers: { id: string; pricing: Pricing | null; context_length: number | null }[];
  slugs: readonly string[];
}

const listings = new WeakMap<Registry, ModelEntry[]>();

/** The models that can be served now. Made once per registry. */
export function listServableModels(registry: Registry, env: Env): readonly ModelEntry[] {
  const known = listings.get(registry);
  if (known) return known;
  const data = registry.models.flatMap((model) => entryOf(model, registry, env) ?? []);
  listings.set(registry, data);
  return data;
}

/** One model by any of its names; null when there is none or nobody can serve it now. */
export function modelEntry(name: string, registry: Registry, env: Env): ModelEntry | null {
  const model = registry.find(name);
  return model ? entryOf(model, registry, env) : null;
}

/** The endpoints of a model that can serve now. */
export function servableEndpoints(model: Model, registry: Registry, env: Env): Endpoint[] {
  return registry.endpoints(model.id).filter((endpoint) => {
    const provider = registry.provider(endpoint.provider);
    return provider !== undefined && isServable(provider, registry, env);
  });
}

function entryOf(model: Model, registry: Registry, env: Env): ModelEntry | null {
  const endpoints = servableEndpoints(model, registry, env);
  const [first] = endpoints;
  if (!first) return null;
  return {
    id: model.id,
    object: 'model',
    created: model.releaseDate ? Math.floor(Date.parse(model.releaseDate) / 1000) || 0 : 0,
    owned_by: model.vendor,
    name: model.name,
    kind: model.kind,
    context_length: first.contextLength ?? model.contextLength,
    max_output_tokens: first.maxOutputTokens ?? model.maxOutputTokens,
    architecture: { input_modalities: model.inputModalities, output_modalities: model.outputModalities },
    pricing: pricingOf(first.price),
    providers: endpoints.map((endpoint) => ({
      id: endpoint.provider,
      pricing: pricingOf(endpoint.price),
      context_length: endpoint.contextLength ?? model.contextLength,
    })),
    slugs: registry.aliases(model.id),
  };
}

/** OpenRouter's names: https://openrouter.ai/docs/overview/models#pricing-object */
function pricingOf(price: Price | null): Pricing | null {
  if (!price) return null;
  const pricing: Pricing = { prompt: perToken(price.input), completion: perToken(price.output) };
  if (price.perRequest !== undefined) pricing.request = perToken(price.perRequest * 1_000_000);
  if (price.reasoning !== undefined) pricing.internal_reasoning = perToken(price.reasoning);
  if (price.cachedInput !== undefined) pricing.input_cache_read = perToken(price.cachedInput);
  if (price.cacheWrite !== undefined) pricing.input_cache_write = perToken(price.cacheWrite);
  if (price.inputAudio !== undefined) pricing.audio = perToken(price.inputAudio);
  return pricing;
}

/** Nano-USD per 1M tokens as a plain decimal of USD per token: 2_500_000_000 → "0.0000025". */
function perToken(rate: number): string {
  const digits = String(rate).padStart(16, '0');
  const fraction = digits.slice(-15).replace(/0+$/, '');
  return `${digits.slice(0, -15)}${fraction === '' ? '' : `.${fraction}`}`;
}
