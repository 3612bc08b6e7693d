import type { Env } from '../env.ts';
import { isServable } from '../providers/credentials.ts';
import { servesHere } from '../providers/variables.ts';
import { wires } from '../wires/index.ts';
import type { Capabilities } from '../wires/types.ts';
import { type EndpointTerms, termsOf } from './endpoint-terms.ts';
import { type Pricing, pricingOf } from './pricing-view.ts';
import { parametersOfAbility } from './probed.ts';
import type { Registry } from './snapshot.ts';
import type { Benchmark, Endpoint, Modality, Model, SealedCredential } from './types.ts';

/** Modalities by OpenRouter's names, which call documents `file`. */
export type ListedModality = Exclude<Modality, 'pdf'> | 'file';

/** What a model takes and gives: https://openrouter.ai/docs/overview/models#architecture-object */
export interface Architecture {
  /** `text+image->text`. */
  modality: string;
  input_modalities: ListedModality[];
  output_modalities: ListedModality[];
}

/** One model in OpenAI's shape and in that of Messages, with what OpenRouter's clients read and what people choose by. */
export interface ModelEntry {
  id: string;
  object: 'model';
  type: 'model';
  display_name: string;
  /** Release date, RFC 3339; 1970 when it is not known. */
  created_at: string;
  max_input_tokens: number | null;
  /** As `max_output_tokens`. */
  max_tokens: number | null;
  /** Release date, Unix seconds; 0 when it is not known. */
  created: number;
  owned_by: string;
  canonical_slug: string;
  name: string;
  kind: Model['kind'];
  context_length: number | null;
  max_output_tokens: number | null;
  architecture: Architecture;
  /** Of the endpoint that is tried first; null when it is not known. */
  pricing: Pricing | null;
  /** Limits of the endpoint that is tried first. The gateway moderates nothing. */
  top_provider: {
    context_length: number | null;
    max_completion_tokens: number | null;
    is_moderated: false;
  };
  per_request_limits: null;
  /** What at least one endpoint is known to take; what is absent may work too. */
  supported_parameters: string[];
  /** Who can serve it now, in the order in which they are tried. */
  providers: ({ id: string; pricing: Pricing | null; context_length: number | null } & EndpointTerms)[];
  /** Other names, those among them that become a newer model's (`…-latest`). */
  slugs: readonly string[];
  /** Published scores, each with its source. */
  benchmarks: readonly Benchmark[];
}

/** A model that can be served now, and by which endpoints. */
export interface Listed {
  entry: ModelEntry;
  model: Model;
  endpoints: readonly Endpoint[];
}

const listings = new WeakMap<Registry, readonly Listed[]>();

/**
 * The models that can be served now, by id. Made once per registry, and again for a workspace that has
 * credentials of its own.
 */
export function listServable(
  registry: Registry,
  env: Env,
  own: readonly SealedCredential[],
): readonly Listed[] {
  const known = own.length === 0 ? listings.get(registry) : undefined;
  if (known) return known;
  const data = registry.models.flatMap((model) => listed(model, registry, env, own) ?? []);
  if (own.length === 0) listings.set(registry, data);
  return data;
}

/** One model as it is listed; null when nobody can serve it now. */
export function listed(
  model: Model,
  registry: Registry,
  env: Env,
  own: readonly SealedCredential[],
): Listed | null {
  const endpoints = servableEndpoints(model, registry, env, own);
  const [first] = endpoints;
  return first ? { model, endpoints, entry: entryOf(model, first, endpoints, registry) } : null;
}

/** The endpoints of a model that can serve now, for a workspace with these credentials of its own. */
export function servableEndpoints(
  model: Model,
  registry: Registry,
  env: Env,
  own?: readonly SealedCredential[],
): Endpoint[] {
  return registry.endpoints(model.id).filter((endpoint) => {
    const provider = registry.provider(endpoint.provider);
    return (
      provider !== undefined &&
      servesHere(endpoint, provider, env) &&
      isServable(provider, registry, env, own)
    );
  });
}

export function createdAt(model: Model): number {
  return model.releaseDate ? Math.floor(Date.parse(model.releaseDate) / 1000) || 0 : 0;
}

export function architectureOf(model: Model): Architecture {
  const takes = model.inputModalities.map(listedModality);
  const gives = model.outputModalities.map(listedModality);
  return {
    modality: `${takes.join('+')}->${gives.join('+')}`,
    input_modalities: takes,
    output_modalities: gives,
  };
}

/** OpenAI's names of the parameters that an ability stands for. */
const PARAMETERS: readonly (readonly [keyof Capabilities, readonly string[]])[] = [
  ['tools', ['tools', 'tool_choice']],
  ['reasoning', ['reasoning', 'reasoning_effort']],
  ['structuredOutput', ['response_format', 'structured_outputs']],
  ['temperature', ['temperature']],
];

/** What these endpoints are known to take, by the names of the request's members. */
export function parametersOf(
  model: Model,
  endpoints: readonly Endpoint[],
  registry: Pick<Registry, 'provider'>,
): string[] {
  const known = new Set(model.kind === 'chat' ? ['max_tokens'] : []);
  for (const { capabilities, probed, provider, upstreamModel } of endpoints) {
    const wire = registry.provider(provider)?.wire;
    const unsayable = (wire && wires[wire].chat?.unsayable?.(upstreamModel)) ?? [];
    const claimed = PARAMETERS.flatMap(([ability, names]) => (capabilities[ability] === true ? names : []));
    const seen = Object.entries(probed ?? {});
    const parameters = (result: boolean) =>
      seen.flatMap(([ability, one]) => ((one === 'honoured') === result ? parametersOfAbility(ability) : []));
    const refuted = new Set([...unsayable, ...parameters(false)]);
    for (const name of [...claimed, ...parameters(true)]) if (!refuted.has(name)) known.add(name);
  }
  return [...known];
}

function listedModality(modality: Modality): ListedModality {
  return modality === 'pdf' ? 'file' : modality;
}

function entryOf(
  model: Model,
  first: Endpoint,
  endpoints: readonly Endpoint[],
  registry: Registry,
): ModelEntry {
  const contextLength = first.contextLength ?? model.contextLength;
  const maxOutputTokens = first.maxOutputTokens ?? model.maxOutputTokens;
  return {
    id: model.id,
    object: 'model',
    type: 'model',
    display_name: model.name,
    created_at: `${new Date(createdAt(model) * 1000).toISOString().slice(0, 19)}Z`,
    max_input_tokens: contextLength,
    max_tokens: maxOutputTokens,
    created: createdAt(model),
    owned_by: model.vendor,
    canonical_slug: model.id,
    name: model.name,
    kind: model.kind,
    context_length: contextLength,
    max_output_tokens: maxOutputTokens,
    architecture: architectureOf(model),
    pricing: pricingOf(first.price),
    top_provider: {
      context_length: contextLength,
      max_completion_tokens: maxOutputTokens,
      is_moderated: false,
    },
    per_request_limits: null,
    supported_parameters: parametersOf(model, endpoints, registry),
    providers: endpoints.map((endpoint) => ({
      id: endpoint.provider,
      pricing: pricingOf(endpoint.price),
      context_length: endpoint.contextLength ?? model.contextLength,
      ...termsOf(endpoint, registry),
    })),
    slugs: [...registry.aliases(model.id), ...registry.movingAliases(model.id)],
    benchmarks: model.benchmarks ?? [],
  };
}
