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
  /** Unix milliseconds at which the upstream was called; absent, it is `at` less what the call took. */
  startedAt?: number;
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
  /** Whether an answer that was to be JSON was what was asked for, as the endpoint gave it. */
  structured?: 'valid' | 'invalid';
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

/** Requests flow, do not, or one at a time may try. */
export type CircuitPosition = 'closed' | 'open' | 'half_open';

/** What is known of an endpoint now. */
export interface EndpointHealth {
  circuit: CircuitPosition;
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
  /** Answers with tool calls within the last hour. */
  toolCalls: { valid: number; invalid: number };
  /** Answers that were to be JSON, within the last hour. */
  structured: { valid: number; invalid: number };
  /** Since when it is being woken, Unix milliseconds; null when it is not. */
  wakingSince: number | null;
}

/** What answers taught of a model. */
export interface ModelExperience {
  /** Input tokens per byte of the request. */
  tokensPerByte: number | null;
}

/** Continents by the codes of `request.cf.continent`. */
export const CONTINENTS = ['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA'] as const;

/** `local` where the continent is not known. The name of a health object. */
export type Continent = (typeof CONTINENTS)[number] | 'local';

/** A circuit as it is stored and shared. Times are Unix milliseconds, 0 is never. */
export interface CircuitState {
  /** In a row. */
  failures: number;
  /** How often in a row it has opened; 0 is closed. */
  level: number;
  openedAt: number;
  openUntil: number;
  /** When a success last closed it. */
  closedAt: number;
  lastOkAt: number;
}

/** A credential that rests. */
export interface CoolDown {
  credential: string;
  /** Unix milliseconds; 0: it has just served, and rests no longer. */
  until: number;
}

/** An endpoint that is being woken, or no longer is. */
export interface Waking {
  endpoint: string;
  /** Unix milliseconds. */
  since: number | null;
}

/** What an isolate tells. */
export interface Report {
  /** The version of the snapshot that it has; 0 is none. */
  since: number;
  observations: Observation[];
  coolDowns: CoolDown[];
  waking: Waking[];
}

/** An endpoint as the continent knows it. */
export interface SharedEndpoint {
  id: string;
  health: EndpointHealth;
  circuit: CircuitState;
  /** Unix milliseconds of the newest observation; 0 when there is none. */
  observedAt: number;
}

/** What a continent knows, or what of it has changed since the version that a report names. */
export interface Snapshot {
  version: number;
  endpoints: SharedEndpoint[];
  models: { id: string; tokensPerByte: number }[];
  coolDowns: CoolDown[];
}
