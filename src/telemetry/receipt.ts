import type { CostLine } from '../billing/cost.ts';
import type { ErrorCode, UpstreamFault } from '../errors.ts';
import type { RoutingReason } from '../routing/reasons.ts';
import type { FinishReason, ModelKind, Usage } from '../wires/types.ts';

/** How a generation ended. */
export type GenerationStatus = 'completed' | 'failed' | 'client_closed_request';

/** One upstream call. Times are milliseconds. */
export interface Attempt {
  endpoint: string;
  provider: string;
  upstream_model: string;
  /**
   * `cut`: it failed after its first words, which the client has got. `cancelled`: another, that ran beside it,
   * was first, or the client left.
   */
  outcome: 'served' | 'failed' | 'cut' | 'cancelled';
  /** The upstream's HTTP status, null when there was no answer. */
  status: number | null;
  error: ErrorCode | null;
  /** What the provider said of a failure. */
  upstream_error: UpstreamFault | null;
  /** Of a stream: from the call to its first event. */
  first_token_ms: number | null;
  /** To its end. */
  duration_ms: number;
  /** What the operator pays for it at the provider's price, USD, where nobody is charged for it; null: not known. */
  provider_cost: number | null;
}

/** One piece of an answer that several endpoints gave, one after the other. */
export interface AnswerPart {
  endpoint: string;
  model: string;
  provider: string;
  usage: Usage;
  price_version: string | null;
  /** What the provider's price makes of it, and what the caller pays for it, USD; null when not known. */
  provider_cost: number | null;
  credits_used: number | null;
}

/** Something of the request that was changed so that the model could read it. */
export interface Conversion {
  /** The text of a PDF in its place. */
  kind: 'pdf_text';
  param: string;
  pages: number;
  total_pages: number;
  characters: number;
  /** True when the rest was left out. */
  truncated: boolean;
}

/**
 * Why an answer could not be held against what was asked for: the schema is too large or none; a reference leads out
 * of it (nothing is fetched); a keyword would decide and is not known; a pattern cannot be matched in linear time;
 * the answer is too large; it took more steps than one request may.
 */
export type UncheckedReason =
  | 'schema_too_large'
  | 'schema_invalid'
  | 'unresolved_reference'
  | 'unknown_keyword'
  | 'pattern'
  | 'answer_too_large'
  | 'too_costly';

/**
 * What was found of an answer that was to be JSON. `enforced`: the endpoint constrains decoding; `validated`: it
 * was held against the schema and fits; `repaired`: it did not, and does now; `failed`: it does not fit; `unchecked`:
 * nothing could be found.
 */
export interface StructuredOutput {
  verdict: 'enforced' | 'validated' | 'repaired' | 'failed' | 'unchecked';
  /**
   * How it was repaired: taken out of what stood around it, or asked for once more. Why it failed: no JSON, JSON that
   * does not fit, cut off by the output limit. Why it could not be checked. Else null.
   */
  reason: 'unwrapped' | 'asked_again' | 'not_json' | 'invalid' | 'cut_off' | UncheckedReason | null;
}

/** The receipt of one generation, as GET /v1/generations/{id} answers it. Money is USD. */
export interface Receipt {
  object: 'generation';
  id: string;
  request_id: string;
  /** Unix seconds. */
  created: number;
  workspace: string;
  project: string;
  key: string;
  /** What was asked for: a chat completion, embeddings, images. */
  kind: ModelKind;
  status: GenerationStatus;
  error: { code: ErrorCode; message: string } | null;
  stream: boolean;
  /** The model as the caller asked for it, and the one that served. */
  model: string;
  model_used: string | null;
  provider_used: string | null;
  endpoint: string | null;
  /** The answer's id and model in the provider's words. */
  upstream_id: string | null;
  upstream_model: string | null;
  finish_reason: FinishReason | null;
  raw_finish_reason: string | null;
  /** Normalised counts and the provider's own object; null when unknown. */
  usage: Usage | null;
  /** What the caller pays; null when usage or price is unknown. */
  credits_used: number | null;
  /** What of that came back afterwards, where something did: the line of a batch that it was for had no answer. */
  credits_returned?: number;
  /** Why `credits_used` is null. */
  credits_unknown: 'no_usage' | 'no_price' | null;
  /** The price's lines: units, and rates in nano-USD per 1M tokens, or per 1,000 calls of a provider's tool (`tool:web_search`). */
  cost_lines: CostLine[];
  /** What the provider's price makes of the usage, USD, and what the workspace pays on top of it. */
  provider_cost: number | null;
  margin_percent: number | null;
  /** The batch that it is a line of, and what of the price was left out for that, 0 to 1. */
  batch: string | null;
  batch_discount: number | null;
  /** A credential of the workspace's own served: it pays the provider itself, and the fee here. */
  byok: boolean;
  price_version: string | null;
  /** What the provider says it cost, and how much more that is than our figure. USD. */
  upstream_cost: number | null;
  upstream_cost_difference: number | null;
  dropped_params: readonly string[];
  /** What of the request was changed so that the model could read it. */
  conversions: readonly Conversion[];
  fallback_from: string[];
  /** Why it went where it went. */
  routing_reason: RoutingReason | null;
  attempts: Attempt[];
  /** Of an answer that was to be JSON, and is neither a call of tools nor a refusal. */
  structured_output: StructuredOutput | null;
  /** Those of an answer that broke and was continued, or was asked for once more; empty when one gave it whole. */
  parts: AnswerPart[];
  /** Why a stream that broke could not be continued. */
  not_continued: string | null;
  /** Events of the upstream that could not be read and were left out. */
  skipped_events: number;
  timings: {
    /** From the request's arrival to the first token, and to the end of the answer; milliseconds. */
    first_token_ms: number | null;
    total_ms: number;
  };
  trace_id: string | null;
}
