/** How one upstream call ended, as far as the endpoint's health is concerned. */
export type Outcome =
  | 'ok'
  /** An error, or no connection, before the first token. */
  | 'error'
  /** Nothing came within the limit. */
  | 'timeout'
  /** It broke after the first token. */
  | 'cut'
  /** It fell silent after the first token. */
  | 'stall';

/** What one upstream call taught. Faults of the caller (4xx) and of a credential (401, 429) are no observations. */
export interface Observation {
  /** Endpoint id. */
  endpoint: string;
  /** Canonical model id. */
  model: string;
  /** Unix milliseconds at its end. */
  at: number;
  outcome: Outcome;
  /** From the upstream request to the first token of a stream. */
  ttftMs?: number;
  /** From the upstream request to the end of a whole answer. */
  answerMs?: number;
  /** Output tokens, and the time in which they streamed. */
  outputTokens?: number;
  streamMs?: number;
  /** Whether the arguments of every tool call were JSON. */
  toolCalls?: 'valid' | 'invalid';
  /** Bytes of the request, and the input tokens that the provider counted. */
  inputBytes?: number;
  inputTokens?: number;
}

/** A moving average and quantiles of the last five minutes. */
export interface Distribution {
  ewma: number;
  p50: number;
  p95: number;
  p99: number;
  /** How many measurements it rests on. */
  samples: number;
}

/** Counts of a window. */
export interface Counts {
  requests: number;
  /** `error` and `timeout`. */
  errors: number;
  cuts: number;
  stalls: number;
}

/** What is known of an endpoint now. */
export interface EndpointHealth {
  circuit: 'closed' | 'open' | 'half_open';
  /** Unix milliseconds; 0 while the circuit is closed. */
  openUntil: number;
  /** Milliseconds; null when it is not known. */
  ttft: Distribution | null;
  /** Milliseconds, of whole answers. */
  answer: Distribution | null;
  /** Tokens per second of streams. */
  throughput: Distribution | null;
  last30s: Counts;
  last5m: Counts;
  toolCalls: { valid: number; invalid: number };
  /** Since when it is being woken, Unix milliseconds; null when it is not. */
  wakingSince: number | null;
}

/** What answers taught of a model. */
export interface ModelExperience {
  /** Input tokens per byte of the request. */
  tokensPerByte: number | null;
}

/** Health as the router reads it: memory alone. */
export interface HealthView {
  /** Null when nothing is known. */
  endpoint(id: string): EndpointHealth | null;
  model(id: string): ModelExperience | null;
}
