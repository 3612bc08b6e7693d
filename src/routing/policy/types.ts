/** What `auto` and the order of candidates are to be best at. */
export const OBJECTIVES = ['cost', 'latency', 'throughput', 'accuracy'] as const;
export type Objective = (typeof OBJECTIVES)[number];

/**
 * What happens when a stream breaks after its first words: the next candidate goes on from the text sent so
 * far, the answer starts anew and the client is told, or an error chunk ends it.
 */
export const MIDSTREAM_MODES = ['continue', 'restart', 'error'] as const;
export type MidstreamMode = (typeof MIDSTREAM_MODES)[number];

/**
 * What is done with JSON that does not fit what was asked for: nothing; it is taken out of what stands around it;
 * that, and else it is asked for once more.
 */
export const REPAIRS = ['none', 'unwrap', 'ask'] as const;
export type Repair = (typeof REPAIRS)[number];

/**
 * Declared constraints, in the words of the API: as requests carry them, as they are stored, as they are in
 * memory. What is absent says nothing; of several policies the nearest to the request wins, field by field.
 */
export interface Policy {
  /** Wish: the first token within so many milliseconds. A slower one starts a second candidate beside it. */
  slo_ms?: number;
  /** Limit: what the request may cost at most, USD. */
  max_cost_usd?: number;
  /** Limit: the least accuracy, 0 to 1. */
  min_accuracy?: number;
  /** Limit: where it may be served, e.g. `eu` or `eu-west`. */
  region?: string;
  /** Limit: globs over model ids. */
  allow?: string[];
  deny?: string[];
  objective?: Objective;
  /** Limit: only endpoints that take every parameter of the request. */
  require_parameters?: boolean;
  /** Limit: `deny` leaves out providers that may train on what they are sent. */
  data_collection?: 'allow' | 'deny';
  /** Models of unknown accuracy may serve in spite of `min_accuracy`. */
  allow_unrated?: boolean;
  /** Time limits, milliseconds: to the first token of one attempt, of silence in a stream, of the whole request. */
  first_token_ms?: number;
  idle_ms?: number;
  total_ms?: number;
  /** Upstream calls for one request at most. */
  max_attempts?: number;
  /** The pause before an endpoint is asked again, milliseconds; twice as long before the third time. */
  backoff_ms?: number;
  /** How long to wait for a provider that is scaled to zero, milliseconds. */
  max_wake_ms?: number;
  /** In order of preference. */
  midstream?: MidstreamMode[];
  /** Of structured output; `unwrap` where nothing is declared. */
  repair?: Repair;
}

/** The failures that lead to a step of a fallback chain. */
export const FALLBACK_TRIGGERS = ['error', 'rate_limit', 'context_length', 'content_filter', 'slo'] as const;
export type FallbackTrigger = (typeof FALLBACK_TRIGGERS)[number];

/** One model of a fallback chain. */
export interface FallbackStep {
  /** Canonical id. */
  model: string;
  on: FallbackTrigger[];
}

/** A name that stands for several models, each for its share of the requests. */
export interface Split {
  /** As it was written, in lower case. */
  name: string;
  targets: SplitTarget[];
}

export interface SplitTarget {
  /** Canonical id. */
  model: string;
  /** Those of a split add up to 100. */
  percent: number;
}

/** The routing of a deployment or of one workspace, as it travels with the registry and with keys. */
export interface RoutingRules {
  /** By name. */
  policies: Record<string, Policy>;
  /** By canonical model id. */
  fallbacks: Record<string, FallbackStep[]>;
  /** By folded name (registry/names.ts). */
  splits: Record<string, Split>;
}

/** How well a model does a workflow, as evals measured it. */
export interface Score {
  /** 0 to 1. */
  mean: number;
  /** The lower bound of its 95 % confidence interval: what routing goes by. */
  lower: number;
  samples: number;
  /** Unix milliseconds. */
  measuredAt: number;
}

/** What a workspace declared beside the rules: it travels with its keys. */
export interface WorkspaceRouting extends RoutingRules {
  policy: Policy | null;
  /** By workflow name. */
  workflows: Record<string, Policy>;
  /** By workflow name, then by canonical model id. */
  scores: Record<string, Record<string, Score>>;
}
