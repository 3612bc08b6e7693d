import type { Config, Env } from '../env.ts';
import type { GatewayError } from '../errors.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Draw } from '../objects/workspace/types.ts';
import type { Credential } from '../providers/credentials.ts';
import type { Provider } from '../providers/types.ts';
import type { Registry } from '../registry/snapshot.ts';
import type { Endpoint, Model } from '../registry/types.ts';
import type { EndpointHealth, HealthView, Observation } from '../routing/health/types.ts';
import type { FallbackTrigger, Policy } from '../routing/policy/types.ts';
import type { RoutingReason } from '../routing/reasons.ts';
import type { Preferences } from '../routing/types.ts';
import type { Attempt, Conversion, StructuredOutput } from '../telemetry/receipt.ts';
import type { Principal } from '../tenancy/types.ts';
import type { SurfaceRequest } from '../wires/surfaces.ts';
import type { ChatRequest, Target, Wire, WireRequest } from '../wires/types.ts';
import type { Brake } from './relay/cutoff.ts';

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
  /** What the request itself declares; the rest comes from its workflow, key and workspace. */
  policy: Policy;
  /** A stored policy that it names. */
  policyName: string | null;
  workflow: string | null;
  /** What keeps a conversation on its model, where the caller names it. */
  sessionId: string | null;
  preferences: Preferences;
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
  request: WireRequest;
  /** The format that the client speaks, where it is not our own. */
  surface: SurfaceRequest | null;
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
  health: CallHealth;
  /** The batch that it is a line of. */
  batch?: BatchRun | undefined;
  /** An attempt before this one was billed, and its answer lost: this one costs nothing. */
  waived?: boolean | undefined;
  /** Where clients get the answer from somebody who keeps it, and is the one client of this call. */
  keeper?: Keeper | undefined;
  /** Keeps the finished answer, where the client wants to ask for it again. */
  archive?: Archive | undefined;
  waitUntil(promise: Promise<unknown>): void;
}

/** What is different for a line of a batch. */
export interface BatchRun {
  id: string;
  /** Settles when what it costs is in the ledger; its answer is kept only then. */
  settled?: Promise<void> | undefined;
  /** What it failed with, once it has been settled; null where it did not. */
  failure?: GatewayError | null;
}

/** A chat completion on its way. */
export interface ChatCall extends Call {
  request: ChatRequest;
}

/** Who reads an answer for its clients, and remembers it. */
export interface Keeper {
  /**
   * Asked before what an answer costs is settled: `told` to its end, or `left` by its client. A keeper that says yes
   * has remembered it; one that says no has lost the answer, or has not left it, and then it costs nothing.
   */
  mayBill(ending: 'told' | 'left'): Promise<boolean>;
  /**
   * Hears that it ended as no whole answer, before its clients do.
   * @param billed whether it costs something all the same.
   */
  ended(billed: boolean): Promise<void>;
}

/** Keeps finished answers of formats that can ask for them again. */
export interface Archive {
  /** The client itself wants it kept, and not just does not mind. */
  readonly asked: boolean;
  /** Clients know of the answer before it is finished: what becomes of it is kept in any case. */
  readonly background: boolean;
  /**
   * @param answer as its client gets it.
   * @returns whether it is kept. Never rejects.
   */
  keep(answer: JsonObject): Promise<boolean>;
}

/** Health as one request reads it and adds to it. Memory alone. */
export interface CallHealth extends HealthView {
  circuit(endpointId: string): EndpointHealth['circuit'];
  /** Takes the one call that a half-open circuit lets through; false when somebody else has it. */
  claimProbe(endpointId: string): boolean;
  /** That call taught nothing of the endpoint. */
  releaseProbe(endpointId: string): void;
  observe(observation: Observation): void;
  /** @param since Unix milliseconds; null: it has woken, or given up. */
  waking(endpointId: string, since: number | null): void;
}

/** An endpoint that may serve the request, with a credential for it. Several of one endpoint follow each other. */
export interface Candidate {
  model: Model;
  endpoint: Endpoint;
  provider: Provider;
  credential: Credential;
  /** Has a codec for the request's kind. */
  wire: Wire;
  target: Target;
  /** The failures that lead to it, where only some do. */
  on: readonly FallbackTrigger[] | null;
  /** The output limit to ask it for, where that is lower than the caller's: what a cost limit affords. */
  maxOutputTokens: number | null;
}

/** Who may serve one request, in the order in which they are tried, and within which limits. */
export interface Plan {
  candidates: readonly Candidate[];
  /** The policy in force. */
  policy: Policy;
  /** Why the first stands first; null where the caller simply named it. */
  reason: RoutingReason | null;
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
  /** Why a stream that broke was not continued. */
  notContinued: string | null;
  /** What was found of an answer that was to be JSON; of a stream that runs, what is known beforehand. */
  structured: StructuredOutput | null;
  /** What of the request was lowered: `max_tokens=412`. */
  adjusted: readonly string[];
  /** Stops whatever is under way: the client has gone, or the request was refused after all. */
  brake: Brake;
}
