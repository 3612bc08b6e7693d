import type { Provider } from '../providers/types.ts';
import type { RoutingRules } from '../routing/policy/types.ts';
import type { Capabilities, ModelKind } from '../wires/types.ts';

export type { ModelKind };

export type Modality = 'text' | 'image' | 'audio' | 'video' | 'pdf';

/**
 * Rates in integer nano-USD per 1,000,000 units (1 USD per 1M tokens = 1_000_000_000), so that every
 * published price is exact. An absent rate falls back as billing/cost.ts says.
 */
export interface Rates {
  input: number;
  output: number;
  cachedInput?: number;
  cacheWrite?: number;
  /** Cache writes with a lifetime of an hour. */
  cacheWriteLong?: number;
  /** Reasoning output, where it is priced apart from other output. */
  reasoning?: number;
  inputAudio?: number;
  outputAudio?: number;
  inputImage?: number;
  outputImage?: number;
}

export interface Price extends Rates {
  /** Nano-USD per request, on top of the tokens. */
  perRequest?: number;
  /** Nano-USD per picture that is made, on top of the tokens. */
  perImage?: number;
  /** Nano-USD per search of a reranker, on top of the tokens. */
  perSearch?: number;
  /** Nano-USD per 1,000,000 characters that are spoken, on top of the tokens. */
  characters?: number;
  /** Nano-USD per hour of sound that is listened to, on top of the tokens: every published price is a whole number so. */
  audioHour?: number;
  /** Shorter sound is billed as if it were so long, milliseconds. */
  leastAudioMs?: number;
  /**
   * Nano-USD per 1,000 calls of a tool that runs at the provider, by unit, on top of the tokens; with `_prompt` behind
   * it, per 1,000 answers that it is used for.
   */
  tools?: Record<string, number>;
  /** What of it is left out for lines of batches, 0 to 1, four decimals. */
  batchDiscount?: number;
  /** Rates that hold for the whole request when its input is larger than `above` tokens. Ascending. */
  tiers?: (Rates & { above: number })[];
}

/** A published score of a model. Comparable only where name, version, dataset, metric and harness are the same. */
export interface Benchmark {
  name: string;
  /** In percent, or as the source counts. */
  score: number;
  version?: string;
  dataset?: string;
  metric?: string;
  harness?: string;
  variant?: string;
  /** URL. */
  source?: string;
  /** YYYY-MM-DD. */
  date?: string;
}

/** What a provider does with what it is sent. Absent is unknown. */
export interface DataPolicy {
  /** It may train on it. */
  training?: boolean;
  /** It is kept so many days; 0 is not at all. */
  retentionDays?: number;
}

export interface Model {
  /** Canonical id, `vendor/model` in lower case. */
  id: string;
  name: string;
  vendor: string;
  family: string | null;
  kind: ModelKind;
  contextLength: number | null;
  maxOutputTokens: number | null;
  inputModalities: Modality[];
  outputModalities: Modality[];
  /** YYYY-MM or YYYY-MM-DD. */
  knowledge: string | null;
  /** YYYY-MM-DD. */
  releaseDate: string | null;
  openWeights: boolean | null;
  benchmarks?: Benchmark[];
}

/** One way for a model to be served: model × provider. */
export interface Endpoint {
  /** `<model id>@<provider id>`. */
  id: string;
  model: string;
  provider: string;
  /** The model in the provider's own casing. */
  upstreamModel: string;
  /** Null when the price is not known. */
  price: Price | null;
  /** Names the price in force; receipts carry it. */
  priceVersion: string | null;
  contextLength: number | null;
  maxOutputTokens: number | null;
  regions: string[];
  capabilities: Capabilities;
  /** `fp8`, `int4` …; absent is unknown. */
  quantization?: string;
  dataPolicy?: DataPolicy;
  /** The day on which the provider ends it, YYYY-MM-DD. */
  deprecatedAt?: string;
  /** Its first request after a pause waits for hardware, minutes perhaps. */
  scalesToZero?: boolean;
  /** Share of the requests among the endpoints of a model; where none has one, the first serves. */
  weight?: number;
  /** What probes have seen, by ability (evals/probes/types.ts): it counts for more than what is claimed. */
  probed?: Readonly<Record<string, ProbedResult>>;
}

/** What an endpoint made of an ability. */
export type ProbedResult = 'honoured' | 'ignored' | 'refused';

/** A secret as stored: only ciphertext leaves D1. */
export interface SealedCredential {
  id: string;
  provider: string;
  /** `v2.<key id>.<iv>.<ciphertext>`; see providers/seal.ts. */
  sealed: string;
  /** The end of the secret, by which people know it again. */
  lastFour: string;
  /** The workspace that it belongs to, and serves alone; absent for the operator's. */
  workspace?: string | undefined;
  /** Lower is used first; 0 when absent. */
  priority?: number | undefined;
  /** Share of the requests among those of one priority; 1 when absent. */
  weight?: number | undefined;
  /** A workspace's own: the operator's are never used in its place. */
  exclusive?: boolean | undefined;
}

/** The whole registry as one value: what D1 holds, what KV caches, what isolates keep in memory. */
export interface RegistryData {
  version: number;
  /** Revision of the shipped catalogue that was imported last; 0 before the first. */
  catalogue: number;
  /** Those that the operator declared; the shipped ones stand in providers/catalog.ts. */
  providers: Provider[];
  credentials: SealedCredential[];
  models: Model[];
  endpoints: Endpoint[];
  /** Lower-case alias → canonical model id. */
  aliases: Record<string, string>;
  /** Folded name → canonical model id, as the operator mapped them; before every other name. */
  mapped?: Record<string, string>;
  /** The deployment's own rules of routing. */
  routing?: RoutingRules;
}
