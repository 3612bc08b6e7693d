import type { GatewayError } from '../errors.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import type { JsonMember } from '../lib/json-members.ts';
import type { SseEvent } from '../lib/sse.ts';

/** The wire formats the gateway speaks to providers. The hub format is OpenAI Chat Completions. */
export type WireId = 'openai' | 'anthropic' | 'google' | 'bedrock';

/**
 * Token counts of one answer, one meaning for every wire. `inputTokens` holds all input, `outputTokens`
 * all output; the others are parts of these two, never additions to them.
 */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  /** Part of the input that was read from the provider's prompt cache. */
  cachedInputTokens: number;
  /** Part of the input that was written to the provider's prompt cache (5-minute or default lifetime). */
  cacheWriteTokens: number;
  /** Part of the input that was written to the prompt cache with a lifetime of an hour. */
  cacheWriteLongTokens: number;
  /** Part of the output that was reasoning. */
  reasoningTokens: number;
  inputAudioTokens: number;
  outputAudioTokens: number;
  inputImageTokens: number;
  outputImageTokens: number;
  /** What the provider says this answer cost, in USD, where it says so. */
  upstreamCostUsd: number | null;
  /** True when the counts were estimated because the answer was cut before the provider counted. */
  estimated: boolean;
  /** The provider's own usage object, as received. */
  raw: Json;
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call';

/**
 * Deviations of one provider from its wire, as data. Each is documented with its source where a
 * provider declares it (providers/catalog.ts).
 */
export interface Quirks {
  /** Top-level request fields that the host knows by another name. */
  rename?: Record<string, string> | undefined;
  /** Top-level request fields that the host refuses or ignores: dropped, and reported. */
  drop?: readonly string[] | undefined;
  /** Top-level fields that the host demands in every request. */
  add?: Record<string, string> | undefined;
  /**
   * Where requests go instead of the wire's own path (openai and anthropic wires), for whole answers and
   * for streams. `{model}` stands for the model, which is left out of the body then.
   */
  path?: { whole: string; stream: string } | undefined;
  /** How usage comes in streams: asked for with `stream_options` (default), always, or never. */
  streamUsage?: 'opt-in' | 'always' | 'never' | undefined;
  /** The host does not know the role `developer`. */
  developerRole?: 'system' | undefined;
  /** The host refuses ids of tool calls (google wire). */
  callIds?: 'none' | undefined;
  /** `completion_tokens` leaves reasoning out. */
  reasoningOutsideCompletion?: boolean | undefined;
  /** The host takes OpenRouter's `reasoning` object; others get `reasoning_effort` made of it. */
  reasoningObject?: boolean | undefined;
  /** How the host wants to be told that a last message of the assistant is the beginning of the answer (openai wire). */
  prefill?: PrefillQuirk | undefined;
}

export interface PrefillQuirk {
  /** `true` at this member of the message; or `continue_final_message` beside the messages, as vLLM and SGLang take it. */
  mark: 'prefix' | 'partial' | 'continue_final_message';
  /** Where such requests go, if not where all others do. */
  path?: string | undefined;
}

/** What an endpoint is known to take. Absent means unknown, which is treated as yes. */
export interface Capabilities {
  tools?: boolean;
  reasoning?: boolean;
  structuredOutput?: boolean;
  temperature?: boolean;
  attachments?: boolean;
}

/** The endpoint a request is encoded for. */
export interface Target {
  /** The model in the provider's own casing. */
  upstreamModel: string;
  /** The most output tokens the model can produce, where known. */
  maxOutputTokens: number | null;
  capabilities: Capabilities;
  quirks: Quirks;
}

/** The body of a chat completion request, OpenAI's shape; only what the gateway acts on is typed. */
export interface ChatBody extends JsonObject {
  model: string;
  messages: Json[];
  stream?: boolean | null;
}

/** A chat completion request as it came in. */
export interface ChatRequest {
  /** The body as received, valid JSON, at most 32 MB. */
  bytes: Uint8Array;
  /** The top-level members of `bytes`. */
  members: readonly JsonMember[];
  stream: boolean;
  /** The caller asked for `stream_options.include_usage`. */
  includeUsage: boolean;
  /**
   * The parsed body without the gateway's own extensions. Parsed when first called: wires that
   * pass bytes through never need it for large bodies. Must not be changed.
   */
  body(): ChatBody;
  /** Top-level members that are the gateway's own and that no upstream may see. */
  extensions: readonly string[];
  /** The body was translated from another format, so its members may be more than the caller knows of. */
  translated?: boolean;
}

/** A request as an upstream takes it. */
export interface EncodedRequest {
  /** Appended to the provider's base URL, e.g. `/chat/completions`; may carry a query. */
  path: string;
  body: Uint8Array | string;
  /** Headers that this request needs beyond the provider's own, e.g. beta flags. */
  headers?: Record<string, string>;
  /** Names of request fields (dotted for nested ones) that the upstream cannot take and that were left out. */
  dropped: readonly string[];
}

/** What an answer is labelled with, whoever produced it. */
export interface AnswerMeta {
  /** The generation id: `id` of the completion and of every chunk. */
  id: string;
  /** Unix seconds; used where the upstream gives no `created`. */
  created: number;
  /** Used where the upstream does not name its model. */
  model: string;
  /** The request, for answers that depend on it (forced tools, n, structured output). */
  request: ChatRequest;
}

/** A whole answer, decoded. */
export interface DecodedAnswer {
  /** A `chat.completion` object as JSON text, ready to send. */
  text: string;
  usage: Usage | null;
  finishReason: FinishReason | null;
  /** The provider's own word for why it stopped. */
  rawFinishReason: string | null;
  upstreamId: string | null;
  /** The model as the provider names it in the answer. */
  upstreamModel: string | null;
}

/** What a stream has told so far. Read by the relay, written by the decoder. */
export interface StreamState {
  /** Every choice seen so far has its finish reason, and there is one: the answer is complete. */
  finished: boolean;
  /** The upstream said that nothing more will come. */
  done: boolean;
  finishReason: FinishReason | null;
  rawFinishReason: string | null;
  /** Usage as far as known; may be partial until `finished`. */
  usage: Usage | null;
  /** Usage in OpenAI's shape for the last chunk, null while incomplete or unknown. */
  usageObject: JsonObject | null;
  upstreamId: string | null;
  upstreamModel: string | null;
  /** `created` of the chunks sent, Unix seconds. */
  created: number;
  /** Characters of text, reasoning and tool arguments sent: the basis of an estimate when a stream is cut. */
  outputChars: number;
  /** The text of the first choice sent so far: what another model can go on from. */
  content: string;
  /** Whether a piece of a tool call was sent: what none can go on from. */
  toolCalls: boolean;
  /** Whether reasoning, a refusal, a picture, sound or a block of the provider's own was sent. */
  otherOutput: boolean;
}

/** Turns one upstream stream into chunks of the hub format. One per stream, never shared. */
export interface StreamDecoder {
  readonly state: StreamState;
  /**
   * Takes the data of one event and answers the events to send, as SSE text of whole
   * `data: {…}\n\n` events, or '' for none. Usage and `[DONE]` are never in it: the relay sends both.
   * @throws GatewayError for an error event (its mapped code) and for data that cannot be read
   *   (`upstream_invalid_response`).
   */
  push(data: string, event: string | null): string;
}

/** Cuts the bytes of one stream into events. One per stream, never shared. */
export interface StreamFramer {
  /**
   * The events that these bytes complete.
   * @throws GatewayError `upstream_invalid_response` for bytes that are no stream of this kind.
   */
  push(bytes: Uint8Array): SseEvent[];
  /** What is left when the stream has ended. */
  end(): SseEvent[];
}

/** The codec of chat completions for one wire. Pure: no I/O, no clock, no randomness but given ids. */
export interface ChatCodec {
  /** @throws GatewayError when the request cannot be said on this wire and must not be changed silently. */
  encode(request: ChatRequest, target: Target): EncodedRequest;
  /** @throws GatewayError for a body that is an error or cannot be read. */
  decode(body: string, target: Target, meta: AnswerMeta): DecodedAnswer;
  stream(target: Target, meta: AnswerMeta): StreamDecoder;
  /** For streams that are not server-sent events. */
  framer?(): StreamFramer;
}

/** How a provider is asked to count the input of a chat completion. Pure. */
export interface TokenCounter {
  /**
   * Null where this target has no way to count.
   * @throws GatewayError as `ChatCodec.encode`.
   */
  encode(request: ChatRequest, target: Target): EncodedRequest | null;
  /** The tokens of the input; null for an answer that does not say. */
  decode(body: string): number | null;
}

/** One wire format. An endpoint kind that is absent is not supported. */
export interface Wire {
  id: WireId;
  chat?: ChatCodec;
  tokens?: TokenCounter;
  /** Maps an answer that is not 2xx, by status and the provider's type or code, never by its words. */
  readError(status: number, headers: Headers, body: string): GatewayError;
}
