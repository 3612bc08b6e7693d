import type { Config, Env } from '../env.ts';
import type { Draw } from '../objects/workspace/types.ts';
import type { Credential } from '../providers/credentials.ts';
import type { Provider } from '../providers/types.ts';
import type { Registry } from '../registry/snapshot.ts';
import type { Endpoint, Model } from '../registry/types.ts';
import type { Attempt, Conversion } from '../telemetry/receipt.ts';
import type { Principal } from '../tenancy/types.ts';
import type { ChatCodec, ChatRequest, Target, Wire } from '../wires/types.ts';
import type { Brake } from './upstream.ts';

/** The caller of the data plane: a key, never the operator. */
export type Caller = Extract<Principal, { kind: 'key' }>;

/** What a request says to the gateway itself. */
export interface Control {
  /** The model as the caller named it. */
  model: string;
  /** Further models to try, in order. */
  fallbackModels: readonly string[];
  /** The caller's own limit of output tokens, per answer; null when there is none. */
  maxOutputTokens: number | null;
  /** `n`. */
  answers: number;
  /** An endpoint that cannot take every parameter is not a candidate. */
  requireParameters: boolean;
  /** Provider ids; empty lists say nothing. */
  providers: {
    order: readonly string[];
    only: readonly string[];
    ignore: readonly string[];
    allowFallbacks: boolean;
  };
  /** Extensions that this version reads but does not act on: reported as dropped. */
  unused: readonly string[];
}

/** One request on its way through plan, admit, attempt, relay and settle. */
export interface Call {
  requestId: string;
  /** `gen_…`: id of the answer, of its chunks and of its receipt. */
  generationId: string;
  /** Unix milliseconds. */
  startedAt: number;
  caller: Caller;
  control: Control;
  request: ChatRequest;
  /** A valid W3C `traceparent`, passed on. */
  traceparent: string | null;
  /** What it has reserved of an advance, once it was admitted so. */
  draw?: Draw | undefined;
  /** The client's address, where it is known. */
  address: string | null;
  /** Fires when the client goes. */
  signal: AbortSignal;
  env: Env;
  config: Config;
  registry: Registry;
  waitUntil(promise: Promise<unknown>): void;
}

/** An endpoint that may serve the request, with a credential for it. Several of one endpoint follow each other. */
export interface Candidate {
  model: Model;
  endpoint: Endpoint;
  provider: Provider;
  credential: Credential;
  wire: Wire;
  codec: ChatCodec;
  target: Target;
}

/** What has been tried so far; shared by the stages of one call, ends up on the receipt. */
export interface Trail {
  attempts: Attempt[];
  /** Whom the request was last sent to. */
  candidate: Candidate | null;
  /** Endpoints that failed before the one that serves, in order. */
  fallbackFrom: string[];
  routingReason: RoutingReason | null;
  /** What of the request was changed for whom it was last sent to. */
  conversions: readonly Conversion[];
  /** Stops whatever is under way: the client has gone, or the request was refused after all. */
  brake: Brake;
}

/** Why a request went where it went: the closed list behind `x-routing-reason`. */
export const ROUTING_REASONS = [
  'fallback_error',
  'fallback_rate_limited',
  'fallback_timeout',
  'fallback_credentials',
  'fallback_parameters',
] as const;
export type RoutingReason = (typeof ROUTING_REASONS)[number];
