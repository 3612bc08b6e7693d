import type { Benchmark } from '../types.ts';

/** One rate card of models.dev, USD per 1M tokens. */
export interface SourceCost {
  input: number;
  output: number;
  cache_read?: number;
  cache_write?: number;
  /** A spelling of `cache_read` that some entries have. */
  cached_input?: number;
  reasoning?: number;
  input_audio?: number;
  output_audio?: number;
  tiers?: (SourceCost & { tier: { size: number } })[];
}

/** A model of one provider, as https://models.dev/api.json has it; only what the catalogue reads. */
export interface SourceModel {
  id: string;
  name: string;
  /** `vendor/model` of the model that this one is a copy of, where models.dev knows it. */
  base_model?: string;
  family?: string;
  attachment?: boolean;
  reasoning?: boolean;
  tool_call?: boolean;
  structured_output?: boolean;
  temperature?: boolean;
  knowledge?: string;
  release_date?: string;
  open_weights?: boolean;
  status?: string;
  modalities: { input: string[]; output: string[] };
  limit: { context?: number; output?: number };
  cost?: SourceCost;
  /** Where another address or API than the provider's usual one serves it. */
  provider?: { api?: string; shape?: string };
  benchmarks?: Benchmark[];
}

/** https://models.dev/api.json by provider id of models.dev. */
export type Source = Record<string, { models: Record<string, SourceModel> }>;
