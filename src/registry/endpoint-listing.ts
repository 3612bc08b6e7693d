import { type Architecture, architectureOf, createdAt, type Listed, parametersOf } from './listing.ts';
import { type CapabilitiesInput, capabilitiesView } from './model-input.ts';
import { type Pricing, pricingOf, tiersOf } from './pricing-view.ts';
import type { Registry } from './snapshot.ts';

/**
 * One way to be served, in the shape that OpenRouter's clients read
 * (https://openrouter.ai/docs/api-reference/list-endpoints-for-a-model) and what the registry knows beside.
 */
export interface EndpointEntry {
  name: string;
  model_name: string;
  provider_name: string;
  /** The provider's id. */
  tag: string;
  upstream_model: string;
  context_length: number | null;
  max_completion_tokens: number | null;
  max_prompt_tokens: null;
  quantization: null;
  pricing: Pricing | null;
  pricing_tiers: { above: number; pricing: Pricing }[];
  price_version: string | null;
  /** Empty: the provider says nothing of where it serves. */
  regions: string[];
  /** Absent is unknown. */
  capabilities: CapabilitiesInput;
  supported_parameters: string[];
  /** The rest is null until it has been measured. */
  health: null;
  status: null;
  uptime_last_30m: null;
  latency_last_30m: null;
  throughput_last_30m: null;
}

export interface EndpointListing {
  data: {
    id: string;
    name: string;
    created: number;
    description: string;
    architecture: Architecture;
    endpoints: EndpointEntry[];
  };
}

/** The endpoints of a model that can serve now, in the order in which they are tried. */
export function listEndpoints({ model, endpoints }: Listed, registry: Registry): EndpointListing {
  return {
    data: {
      id: model.id,
      name: model.name,
      created: createdAt(model),
      description: '',
      architecture: architectureOf(model),
      endpoints: endpoints.map((endpoint) => {
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
          quantization: null,
          pricing: pricingOf(endpoint.price),
          pricing_tiers: tiersOf(endpoint.price),
          price_version: endpoint.priceVersion,
          regions: endpoint.regions,
          capabilities: capabilitiesView(endpoint.capabilities),
          supported_parameters: parametersOf(model, [endpoint]),
          health: null,
          status: null,
          uptime_last_30m: null,
          latency_last_30m: null,
          throughput_last_30m: null,
        };
      }),
    },
  };
}
