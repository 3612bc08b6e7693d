import type { Endpoint, Model } from '../registry/types.ts';
import type { FallbackTrigger } from './policy/types.ts';

/**
 * What a request says of endpoints, in the words of OpenRouter's `provider` object
 * (https://openrouter.ai/docs/features/provider-routing). Empty lists and nulls say nothing.
 */
export interface Preferences {
  /** Provider ids. */
  order: readonly string[];
  only: readonly string[];
  ignore: readonly string[];
  allowFallbacks: boolean;
  sort: 'price' | 'throughput' | 'latency' | null;
  /** `sort` compares endpoints of all the asked models, not only those of one. */
  acrossModels: boolean;
  /** USD per 1M tokens, and per request. */
  maxPrice: { prompt?: number; completion?: number; request?: number } | null;
  quantizations: readonly string[];
  /** To the first token, milliseconds: slower ones come last. */
  preferredMaxLatencyMs: number | null;
  /** Tokens per second: slower ones come last. */
  preferredMinThroughput: number | null;
}

/** What a request needs of whoever serves it. */
export interface Needs {
  images: boolean;
  audio: boolean;
  files: boolean;
  tools: boolean;
  /** `response_format` of the type `json_schema`. */
  schema: boolean;
  /** Input tokens, estimated; the context must hold them and the output. */
  inputTokens: number;
}

/** How accurate a model is thought to be, and by what. */
export interface Accuracy {
  /** 0 to 1. */
  value: number;
  /** `scores`: measured for the request's workflow. `prior`: guessed from published benchmarks. */
  source: 'scores' | 'prior';
}

/** What a request would be like at one endpoint. */
export interface Estimate {
  inputTokens: number;
  outputTokens: number;
  /** What the caller would pay, USD; null when the price is not known. */
  costUsd: number | null;
  /** Milliseconds to the first token; null when it is not known. */
  ttftMs: number | null;
  tokensPerSecond: number | null;
  accuracy: Accuracy | null;
}

/** An endpoint that may serve a request. */
export interface Ranked {
  model: Model;
  endpoint: Endpoint;
  estimate: Estimate;
  on: readonly FallbackTrigger[] | null;
  maxOutputTokens: number | null;
  /** Why it does not stand further up; for people. */
  remarks: readonly string[];
}

/** The constraints that can leave an endpoint out. */
export const CONSTRAINTS = [
  'model_not_enabled',
  'not_configured',
  'kind',
  'allow',
  'deny',
  'region',
  'max_cost_usd',
  'min_accuracy',
  'data_collection',
  'require_parameters',
  'modalities',
  'tools',
  'schema',
  'context_length',
  'provider',
  'max_price',
  'quantizations',
  'format',
  'tool_price',
  'account_objects',
] as const;
export type Constraint = (typeof CONSTRAINTS)[number];

/** An endpoint that may not, and what it would have taken. */
export interface Excluded {
  model: Model;
  endpoint: Endpoint | null;
  /** The first that it fails. */
  constraint: Constraint;
  /** The others that it fails. */
  also: readonly Constraint[];
  /** All of it, for people: `costs about 0.004 USD, the policy allows 0.002`. */
  detail: string;
  /** How far off, 0 is just missed; for finding the nearest. */
  distance: number;
}
