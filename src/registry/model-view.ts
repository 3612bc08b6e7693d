import { type DataPolicyView, dataPolicyView } from './data-policy.ts';
import { type CapabilitiesInput, capabilitiesView, type PriceView, priceView } from './model-input.ts';
import type { Registry } from './snapshot.ts';
import type { Benchmark, Modality, Model, ModelKind } from './types.ts';

/** A model as the management API shows it. Prices are USD per 1M tokens. */
export interface ModelView {
  id: string;
  name: string;
  kind: ModelKind;
  vendor: string;
  family: string | null;
  context_length: number | null;
  max_output_tokens: number | null;
  input_modalities: Modality[];
  output_modalities: Modality[];
  knowledge: string | null;
  release_date: string | null;
  open_weights: boolean | null;
  slugs: string[];
  /** Names that are the model's for as long as none of its family is newer. */
  moving_slugs: string[];
  benchmarks: Benchmark[];
  endpoints: {
    id: string;
    provider: string;
    upstream_model: string;
    price: PriceView | null;
    price_version: string | null;
    regions: string[];
    capabilities: CapabilitiesInput;
    context_length: number | null;
    max_output_tokens: number | null;
    quantization: string | null;
    /** Its own; what its provider says holds beside. */
    data_policy: DataPolicyView | null;
    deprecated_at: string | null;
    scales_to_zero: boolean | null;
    weight: number | null;
  }[];
}

export function viewModel(model: Model, registry: Registry): ModelView {
  return {
    id: model.id,
    name: model.name,
    kind: model.kind,
    vendor: model.vendor,
    family: model.family,
    context_length: model.contextLength,
    max_output_tokens: model.maxOutputTokens,
    input_modalities: model.inputModalities,
    output_modalities: model.outputModalities,
    knowledge: model.knowledge,
    release_date: model.releaseDate,
    open_weights: model.openWeights,
    slugs: [...registry.aliases(model.id)],
    moving_slugs: [...registry.movingAliases(model.id)],
    benchmarks: model.benchmarks ?? [],
    endpoints: registry.endpoints(model.id).map((endpoint) => ({
      id: endpoint.id,
      provider: endpoint.provider,
      upstream_model: endpoint.upstreamModel,
      price: endpoint.price && priceView(endpoint.price),
      price_version: endpoint.priceVersion,
      regions: endpoint.regions,
      capabilities: capabilitiesView(endpoint.capabilities),
      context_length: endpoint.contextLength ?? model.contextLength,
      max_output_tokens: endpoint.maxOutputTokens ?? model.maxOutputTokens,
      quantization: endpoint.quantization ?? null,
      data_policy: dataPolicyView(endpoint.dataPolicy),
      deprecated_at: endpoint.deprecatedAt ?? null,
      scales_to_zero: endpoint.scalesToZero ?? null,
      weight: endpoint.weight ?? null,
    })),
  };
}
