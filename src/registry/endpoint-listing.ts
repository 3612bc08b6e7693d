import { type EndpointTerms, termsOf } from './endpoint-terms.ts';
import type { HealthStatus, ListedHealth } from './health-status.ts';
import { type Architecture, architectureOf, createdAt, type Listed, parametersOf } from './listing.ts';
import { type CapabilitiesInput, capabilitiesView } from './model-input.ts';
import { type Pricing, pricingOf, tiersOf } from './pricing-view.ts';
import type { Registry } from './snapshot.ts';
import type { Benchmark } from './types.ts';

/**
 * One way to be served, in the shape that OpenRouter's clients read
 * (https://openrouter.ai/docs/api-reference/list-endpoints-for-a-model) and what the registry knows beside.
 */
export interface EndpointEntry extends EndpointTerms {
  name: string;
  model_name: string;
  provider_name: string;
  /** The provider's id. */
  tag: string;
  upstream_model: string;
  context_length: number | null;
  max_completion_tokens: number | null;
  max_prompt_tokens: null;
  pricing: Pricing | null;
  pricing_tiers: { above: number; pricing: Pricing }[];
  price_version: string | null;
  /** Empty: the provider says nothing of where it serves. */
  regions: string[];
  /** Absent is unknown. */
  capabilities: CapabilitiesInput;
  supported_parameters: string[];
  health: HealthStatus;
  /** Null: OpenRouter does not say what its numbers mean. */
  status: null;
  /** Null: what is known is of the last five minutes. */
  uptime_last_30m: null;
  /** Percent of requests that were answered whole, in whole percents; null without any. */
  uptime_last_5m: number | null;
  latency_last_30m: null;
  throughput_last_30m: null;
  /** Milliseconds to the first token, within the last five minutes; null when it is not known. */
  latency: { p50: number; p95: number } | null;
  /** Tokens per second of streams, within the last five minutes; null when it is not known. */
  throughput: { p50: number; p95: number } | null;
}

export interface EndpointListing {
  data: {
    id: string;
    name: string;
    created: number;
    description: string;
    architecture: Architecture;
    benchmarks: readonly Benchmark[];
    endpoints: EndpointEntry[];
  };
}

/**
 * The endpoints of a model that can serve now, in the order in which they are tried.
 * @param healthOf how an endpoint does, by id.
 */
export function listEndpoints(
  { model, endpoints }: Listed,
  registry: Registry,
  healthOf: (endpointId: string) => ListedHealth,
): EndpointListing {
  return {
    data: {
      id: model.id,
      name: model.name,
      created: createdAt(model),
      description: '',
      architecture: architectureOf(model),
      benchmarks: model.benchmarks ?? [],
      endpoints: endpoints.map((endpoint) => {
        const { status, uptime, latency, throughput } = healthOf(endpoint.id);
        const providerName = registry.provider(endpoint.provider)?.name ?? endpoint.provider;
        return {
          name: `${providerName} | ${model.id}`,
          model_name: model.name,
          provider_name: providerName,
          tag: endpoint.provider,
          upstream_model: endpoint.upstreamModel,
          context_length: endpoint.contextLength ?? model.contextLength,
          max_completion_tokens: endpoint.maxOutputTokens ?? model.maxOutputTokens,
          max_prompt_tokens: null,
          pricing: pricingOf(endpoint.price),
          pricing_tiers: tiersOf(endpoint.price),
          price_version: endpoint.priceVersion,
          ...termsOf(endpoint, registry),
          regions: endpoint.regions,
          capabilities: capabilitiesView(endpoint.capabilities),
          supported_parameters: parametersOf(model, [endpoint], registry),
          health: status,
          status: null,
          uptime_last_30m: null,
          uptime_last_5m: uptime,
          latency_last_30m: null,
          throughput_last_30m: null,
          latency,
          throughput,
        };
      }),
    },
  };
}
