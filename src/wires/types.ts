import type { GatewayError } from '../errors.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import type { JsonMember } from '../lib/json-members.ts';
import type { FormPart } from '../lib/multipart/types.ts';
import type { SseEvent } from '../lib/sse.ts';
import type { Hosted } from './hosted.ts';
import type { NativeCodec, NativeFormat, NativeRequest } from './native.ts';
import type { PlainStream } from './plain-stream.ts';
import type { Quirks } from './quirks.ts';
import type { Usage } from './usage.ts';

export type { NativeCodec, NativeDecoder, NativeFormat, NativeRequest, SentSoFar } from './native.ts';
export type { PlainStream, PlainStreamState } from './plain-stream.ts';
export type {
  CompletionsQuirk,
  EmbeddingQuirk,
  ImageQuirk,
  KindQuirk,
  ModerationQuirk,
  PrefillQuirk,
  Quirks,
  ResponsesQuirk,
  SpeechQuirk,
  TranscriptionQuirk,
} from './quirks.ts';

export type { Usage } from './usage.ts';

/** The wire formats the gateway speaks to providers. The hub format is OpenAI Chat Completions. */
export type WireId = 'openai' | 'anthropic' | 'google' | 'bedrock' | 'cohere';

/** What a model is for. Each kind has an endpoint of its own, and wires a codec for it. */
export type ModelKind = 'chat' | 'embedding' | 'image' | 'speech' | 'transcription' | 'moderation' | 'rerank';

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call';

/** What an endpoint is known to take. Absent means unknown, which is treated as yes. */
export interface Capabilities {
  tools?: boolean;
  reasoning?: boolean;
  structuredOutput?: boolean;
  temperature?: boolean;
  attachments?: boolean;
  /** The one API that it answers at; absent: that of chat, and whatever else its provider is known for. */
  api?: ServedApi;
}

/** APIs by which hosts serve models that answer at no other. */
export type ServedApi = 'responses' | 'completions';

/** The endpoint a request is encoded for. */
export interface Target {
  /** The model in the provider's own casing. */
  upstreamModel: string;
  /** Whose account serves it: reasoning that it seals, no other can open. Absent: not known. */
  account?: string;
  /** The most output tokens the model can produce, where known. */
  maxOutputTokens: number | null;
  capabilities: Capabilities;
  quirks: Quirks;
}

/** The body of any request, OpenAI's shape; only what the gateway acts on is typed. */
export interface RequestBody extends JsonObject {
  model: string;
}

/** The body of a chat completion request. */
export interface ChatBody extends RequestBody {
  messages: Json[];
  stream?: boolean | null;
}

/** A request as it came in. */
export interface Received<Kind extends ModelKind, Body extends RequestBody> {
  kind: Kind;
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
  body(): Body;
  /** Top-level members that are the gateway's own and that no upstream may see. */
  extensions: readonly string[];
  /** What was taken out of it for whom it is sent to, by the names that the caller knows. */
  withheld?: readonly string[];
  /** The body was translated from another format, so its members may be more than the caller knows of. */
  translated?: boolean;
  /** What the client calls a parameter of the body; absent where the body is the client's own. */
  paramOf?: (param: string) => string;
  /** The request that this one was translated from, for endpoints that speak its format. */
  native?: NativeRequest;
  /**
   * Why it cannot be translated: only endpoints that speak its format can be sent it, and `bytes` are no more than
   * what is needed to find them.
   */
  untranslatable?: GatewayError;
  /** So many requests in one, each with a model's context to itself; absent: one. */
  prompts?: number;
  /** The parts of a request that came as a form, without the extensions; `bytes` are its fields as JSON then. */
  form?: readonly FormPart[];
  /** What is asked of a model that can do more than one thing; absent: what its kind is named after. */
  task?: 'translation' | 'edit' | 'variation';
}

/** A chat completion request. */
export type ChatRequest = Received<'chat', ChatBody>;

/** The kinds that are not chat. Their answers come whole, or as they are made, and are never continued by another. */
export type PlainKind = Exclude<ModelKind, 'chat'>;

/** A request of one of these kinds. */
export type PlainRequest = Received<PlainKind, RequestBody>;

export type WireRequest = ChatRequest | PlainRequest;

/** A request as an upstream takes it. */
export interface EncodedRequest {
  /** Appended to the provider's base URL, e.g. `/chat/completions`; may carry a query. */
  path: string;
  body: Uint8Array | string;
  /** The media type of the body where it is not JSON. */
  contentType?: string;
  /** Headers that this request needs beyond the provider's own, e.g. beta flags. */
  headers?: Record<string, string>;
  /** Names of request fields (dotted for nested ones) that the upstream cannot take and that were left out. */
  dropped: readonly string[];
}

/** A form as an upstream takes it: pieces, sent one behind the other, so that no file is copied into one body. */
export interface EncodedForm extends Omit<EncodedRequest, 'body'> {
  body: readonly Uint8Array[];
}

/** What an answer is labelled with, whoever produced it. */
export interface AnswerMeta<Request extends WireRequest = ChatRequest> {
  /** The generation id: `id` of the completion and of every chunk. */
  id: string;
  /** Unix seconds; used where the upstream gives no `created`. */
  created: number;
  /** Used where the upstream does not name its model. */
  model: string;
  /** The request, for answers that depend on it (forced tools, n, structured output). */
  request: Request;
}

/** A picture as a host gave it: itself, or where it is. */
export interface MadeImage {
  /** Base64 without a prefix. */
  base64: string | null;
  url: string | null;
  /** What else the host says of it, in OpenAI's words. */
  more: JsonObject;
}

/** A whole answer, decoded. */
export interface DecodedAnswer {
  /** Pictures, which the gateway writes as the client wants them: `text` has everything but them. */
  images?: readonly MadeImage[];
  /** The object that answers this kind of request (`chat.completion`, `list` …) as JSON text, ready to send. */
  text: string;
  /** The media type of `text` where it is not JSON. */
  contentType?: string;
  usage: Usage | null;
  finishReason: FinishReason | null;
  /** The provider's own word for why it stopped. */
  rawFinishReason: string | null;
  upstreamId: string | null;
  /** The model as the provider names it in the answer. */
  upstreamModel: string | null;
  /** The arguments of its tool calls, of an answer that is no chat completion. */
  calls?: readonly string[];
  /** Its text, of an answer that is no chat completion; absent where it says none, as a refusal. */
  said?: string;
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
  /** Whether reasoning, a refusal, a picture, sound, a block of the provider's own or another choice was sent. */
  otherOutput: boolean;
  /** Calls so far of tools that run at the provider, by unit, where no usage has told them yet. */
  hostedCalls?: Readonly<Record<string, number>> | undefined;
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
  /** Whether an endpoint answers chat completions at all; absent: each does. */
  answers?(endpoint: Pick<Target, 'capabilities'>): boolean;
  /** @throws GatewayError when the request cannot be said on this wire and must not be changed silently. */
  encode(request: ChatRequest, target: Target): EncodedRequest;
  /** @throws GatewayError for a body that is an error or cannot be read. */
  decode(body: string, target: Target, meta: AnswerMeta): DecodedAnswer;
  stream(target: Target, meta: AnswerMeta): StreamDecoder;
  /** Whether `encode` says the response format so that a host can hold its model to it; absent: never. */
  constrains?(request: ChatRequest, target: Target): boolean;
  /** Parameters that this wire has no words for to a model, whatever the model can; absent: none is known. */
  unsayable?(upstreamModel: string): readonly string[];
  /** For streams that are not server-sent events. */
  framer?(): StreamFramer;
}

/** The codec of a kind that is not chat. Pure, as that of chat. */
export interface Codec {
  /**
   * One request to the upstream, or several where its limits divide it: all of them are answered, or none.
   * @throws GatewayError when the request cannot be said on this wire and must not be changed silently.
   */
  encode(request: PlainRequest, target: Target): (EncodedRequest | EncodedForm)[];
  /**
   * @param bodies the answers to what `encode` made, in its order.
   * @throws GatewayError for a body that is an error or cannot be read.
   */
  decode(bodies: readonly string[], target: Target, meta: AnswerMeta<PlainRequest>): DecodedAnswer;
  /**
   * The answer to a request with `stream`, which is one request to the upstream. Absent: answers come whole.
   * @param contentType of the upstream's answer.
   * @throws GatewayError for an answer that is no stream.
   */
  stream?(target: Target, meta: AnswerMeta<PlainRequest>, contentType: string | null): PlainStream;
  /** Whether this target streams; where it does not, its whole answer is sent as a stream. Absent: as `stream` says. */
  streams?(target: Target): boolean;
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

/** One wire format. A kind that is absent is not supported. */
export interface Wire extends Partial<Record<PlainKind, Codec>> {
  id: WireId;
  chat?: ChatCodec;
  /** The formats of clients that some hosts of this wire speak themselves. */
  native?: Partial<Record<NativeFormat, NativeCodec>>;
  tokens?: TokenCounter;
  /** What a chat completion asks of the host beside tokens; absent: nothing can be asked. */
  hosted?(request: ChatRequest, target?: Target): Hosted;
  /** Maps an answer that is not 2xx, by status and the provider's type or code, never by its words. */
  readError(status: number, headers: Headers, body: string): GatewayError;
}
