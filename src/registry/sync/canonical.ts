import * as z from 'zod/mini';
import { asArray, asObject, type Json } from '../../lib/json.ts';
import { canonicalId, providerOfTag, RESELLER } from '../../providers/catalogue-names.ts';
import { LEFT_OUT } from '../../providers/catalogue-taken.ts';
import type { CatalogueEndpoint, CatalogueModel } from '../catalogue/types.ts';
import type { Price, Rates } from '../types.ts';
import { SourceError } from './fetch-source.ts';
import type { CanonicalModel, ListedEndpoint } from './types.ts';

/** USD per token, as decimal text. Negative: not fixed beforehand. */
const Usd = z.string().check(z.regex(/^-?\d{1,6}(\.\d{1,20})?(e-?\d{1,2})?$/i));
const Count = z.nullish(z.number().check(z.minimum(0), z.maximum(1_000_000_000)));

const Pricing = z.object({
  prompt: Usd,
  completion: Usd,
  request: z.optional(Usd),
  internal_reasoning: z.optional(Usd),
  input_cache_read: z.optional(Usd),
  input_cache_write: z.optional(Usd),
});

/** https://openrouter.ai/docs/overview/models#model-object-schema and https://openrouter.ai/docs/api/api-reference/models/get-models */
const Entry = z.object({
  id: z.string().check(z.regex(/^[^/\s]{1,100}\/[^\s]{1,200}$/)),
  name: z.string().check(z.minLength(1), z.maxLength(300)),
  context_length: Count,
  architecture: z.object({ input_modalities: z.array(z.string()), output_modalities: z.array(z.string()) }),
  pricing: Pricing,
  top_provider: z.nullish(z.object({ max_completion_tokens: Count })),
  supported_parameters: z.nullish(z.array(z.string())),
  /** The day after which it may be gone; unreadable, it makes no model unreadable. */
  expiration_date: z.catch(z.nullish(z.string()), null),
});

/** https://openrouter.ai/docs/api-reference/list-endpoints-for-a-model */
const EndpointEntry = z.object({ tag: z.string(), pricing: Pricing, quantization: z.nullish(z.string()) });

const MOST_UNREADABLE = 0.05;

/** Reads `GET /models` of OpenRouter. @throws SourceError when it is not what it should be. */
export function readCanonical(json: Json): CanonicalModel[] {
  const entries = asArray(asObject(json)?.data);
  const read = entries.flatMap((entry) => {
    const parsed = Entry.safeParse(entry);
    return parsed.success ? [parsed.data] : [];
  });
  if (read.length === 0) throw new SourceError('no models');
  const unreadable = entries.length - read.length;
  if (unreadable > entries.length * MOST_UNREADABLE)
    throw new SourceError(`${unreadable} models are unreadable`);
  return read
    .filter(({ id }) => !id.startsWith('~') && !LEFT_OUT.has(`${RESELLER}:${id}`))
    .map((entry) => ({ model: modelOf(entry), endpoint: endpointOf(entry) }));
}

/** Reads `GET /models/{id}/endpoints` of OpenRouter, by our provider id. @throws SourceError. */
export function readListedEndpoints(json: Json): Map<string, ListedEndpoint[]> {
  const listed = asObject(asObject(json)?.data)?.endpoints;
  if (!Array.isArray(listed)) throw new SourceError('no endpoints');
  const endpoints = new Map<string, ListedEndpoint[]>();
  for (const entry of listed) {
    const parsed = EndpointEntry.safeParse(entry);
    if (!parsed.success) continue;
    const provider = providerOfTag(parsed.data.tag);
    const quantization = quantizationOf(parsed.data.quantization);
    const one = { price: priceOf(parsed.data.pricing), quantization };
    endpoints.set(provider, [...(endpoints.get(provider) ?? []), one]);
  }
  return endpoints;
}

/** `unknown` is one of OpenRouter's values. */
function quantizationOf(listed: string | null | undefined): string | undefined {
  const name = listed?.toLowerCase();
  return name && name !== 'unknown' && /^[a-z0-9]{2,10}$/.test(name) ? name : undefined;
}

function modelOf(entry: z.infer<typeof Entry>): CatalogueModel {
  const id = canonicalId(RESELLER, entry.id);
  const model: CatalogueModel = {
    id,
    aliases: [id.slice(id.indexOf('/') + 1)],
    // "OpenAI: GPT-4o" names the vendor, which stands in the id.
    name: entry.name.replace(/^[^:]{1,40}: /, ''),
  };
  if (entry.context_length) model.context = entry.context_length;
  if (entry.top_provider?.max_completion_tokens) model.output = entry.top_provider.max_completion_tokens;
  const takes = modalitiesOf(entry.architecture.input_modalities);
  if (takes !== 'text') model.takes = takes;
  const gives = modalitiesOf(entry.architecture.output_modalities);
  if (gives !== 'text') model.gives = gives;
  return model;
}

const MODALITIES = ['text', 'image', 'audio', 'video', 'pdf'];

function modalitiesOf(listed: readonly string[]): string {
  const ours = listed.map((name) => (name === 'file' ? 'pdf' : name));
  return MODALITIES.filter((modality) => ours.includes(modality)).join() || 'text';
}

/** Letters of CatalogueEndpoint.can by OpenRouter's names of parameters. */
const LETTERS: readonly (readonly [string, string])[] = [
  ['t', 'tools'],
  ['r', 'reasoning'],
  ['s', 'structured_outputs'],
  ['k', 'temperature'],
];

function endpointOf(entry: z.infer<typeof Entry>): CatalogueEndpoint {
  const parameters = entry.supported_parameters ?? [];
  const endpoint: CatalogueEndpoint = {
    model: canonicalId(RESELLER, entry.id),
    provider: RESELLER,
    upstream: entry.id,
    can: LETTERS.map(([letter, name]) => (parameters.includes(name) ? letter : '')).join(''),
  };
  const price = priceOf(entry.pricing);
  if (price) endpoint.price = price;
  const [ends] = /^\d{4}-\d\d-\d\d/.exec(entry.expiration_date ?? '') ?? [];
  if (ends !== undefined) endpoint.deprecated = ends;
  return endpoint;
}

const NANO_PER_MILLION = 1e15;

function nano(usdPerToken: string): number {
  return Math.round(Number(usdPerToken) * NANO_PER_MILLION);
}

const RATES: readonly (readonly [keyof Rates, keyof z.infer<typeof Pricing>])[] = [
  ['reasoning', 'internal_reasoning'],
  ['cachedInput', 'input_cache_read'],
  ['cacheWrite', 'input_cache_write'],
];

function priceOf(pricing: z.infer<typeof Pricing>): Price | undefined {
  const price: Price = { input: nano(pricing.prompt), output: nano(pricing.completion) };
  if (price.input < 0 || price.output < 0) return undefined;
  for (const [rate, name] of RATES) {
    const amount = nano(pricing[name] ?? '0');
    if (amount > 0) price[rate] = amount;
  }
  const request = Number(pricing.request ?? 0);
  if (request > 0) price.perRequest = Math.round(request * 1e9);
  return price;
}
