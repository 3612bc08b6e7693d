import type { Json, JsonObject } from '../lib/json.ts';
import { type JsonMember, patchMembers, scanMembers } from '../lib/json-members.ts';
import type { Hosted } from './hosted.ts';
import type { AnswerMeta, DecodedAnswer, EncodedRequest, StreamDecoder, Target } from './types.ts';

/** Formats of clients that some endpoints speak themselves: requests and answers of theirs need no translation. */
export type NativeFormat = 'messages' | 'responses' | 'completions';

/** A request in its client's own words. */
export interface NativeRequest {
  format: NativeFormat;
  /** The body as received, or with what it refers to put in its place. */
  bytes: Uint8Array;
  /** The top-level members of `bytes`. */
  members: readonly JsonMember[];
  /** The parsed body. Must not be changed. */
  body: JsonObject;
  stream: boolean;
  /** Top-level members that are the gateway's own and that no upstream may see. */
  extensions: readonly string[];
  /** Beta features that the client asks for in a header. */
  betas: readonly string[];
  /** Members of the answer that tell what the gateway does in the host's place, where that says something else. */
  echo?: Readonly<JsonObject>;
  /** The output limit to send, where it is lower than the caller's. */
  maxOutputTokens?: number;
}

/** The codec of a format for endpoints that speak it. Pure, as that of chat. */
export interface NativeCodec {
  speaks(target: Target, request: NativeRequest): boolean;
  /** What a request asks of the host beside tokens. */
  hosted(request: NativeRequest): Hosted;
  /** The caller's own bytes, with only the members changed that must be. */
  encode(request: NativeRequest, target: Target): EncodedRequest;
  /**
   * The answer as it came, with the id of the generation.
   * @throws GatewayError for a body that is an error or cannot be read.
   */
  decode(body: string, target: Target, meta: AnswerMeta): DecodedAnswer;
  stream(target: Target, meta: AnswerMeta): NativeDecoder;
  /** The request without what hosts have sealed of earlier reasoning; null where it has none. Absent: none ever has. */
  withoutSealed?(request: NativeRequest): Unsealed | null;
  /**
   * The request that goes on where another's answer broke off, and whose answer is passed on right behind it. Null
   * where that cannot be said. Absent: only a translation goes on with this format.
   */
  goingOn?(request: NativeRequest, sent: SentSoFar): NativeRequest | null;
}

/** A request that something was taken out of. */
export interface Unsealed {
  request: NativeRequest;
  /** The names of what is gone, as `x-dropped-params` has them. */
  dropped: readonly string[];
}

/** The same request with other top-level members; `undefined` takes one out. */
export function changeNative(
  request: NativeRequest,
  changes: Readonly<Record<string, Json | undefined>>,
): NativeRequest {
  const body: JsonObject = { ...request.body };
  const set: JsonObject = {};
  const remove: string[] = [];
  for (const [name, value] of Object.entries(changes)) {
    delete body[name];
    if (value === undefined) remove.push(name);
    else set[name] = value;
  }
  const bytes = patchMembers(request.bytes, request.members, { set, remove });
  return { ...request, bytes, members: scanMembers(bytes) ?? [], body: { ...body, ...set } };
}

/** What a client has of an answer. */
export interface SentSoFar {
  text: string;
  outputTokens: number;
  /** `created` of its chunks, Unix seconds. */
  created: number;
}

/**
 * Reads a stream that is in the client's format already. What `push` answers are its events as they came. Nothing is
 * answered before the model has said something: until then another endpoint can answer in its place. The last words
 * of a whole answer are held back for `end`.
 */
export interface NativeDecoder extends StreamDecoder {
  /** The arguments of its tool calls so far. */
  readonly calls: readonly string[];
  /** How far it has got, for the writer that goes on behind it. */
  readonly progress: Progress;
  /**
   * The last words of a whole answer.
   * @param chunk the gateway's last chunk, with `credits_used` and who served.
   */
  end(chunk: JsonObject): string;
}

/** How far a stream has got that was passed on as it came. */
export type Progress = MessagesProgress | ResponsesProgress | CompletionsProgress;

export interface MessagesProgress {
  format: 'messages';
  /** The index of the block that is open, else of the next. */
  index: number;
  open: 'text' | 'other' | null;
}

export interface CompletionsProgress {
  format: 'completions';
  /** Indexes of the choices that have begun. */
  begun: readonly number[];
}

export interface ResponsesProgress {
  format: 'responses';
  /** The response without its output, as it was told. */
  shell: JsonObject;
  /** `sequence_number` of the next event. */
  sequence: number;
  /** The items of its output, in order. */
  items: readonly PassedItem[];
}

/** An item of a response as it was told so far. */
export interface PassedItem {
  item: JsonObject;
  done: boolean;
  /** Parts of a message's content that have begun, and whether the last of them is open. */
  parts: readonly JsonObject[];
  partOpen: boolean;
}

/** What the last chunk of the gateway says of an answer beside its usage. */
const SAID_LAST = [
  'credits_used',
  'credits_unknown',
  'model_used',
  'provider_used',
  'fallback_from',
  'structured_output',
] as const;

/** What formats other than our own add to the end of a streamed answer. @param chunk the gateway's last. */
export function saidLast(chunk: JsonObject): JsonObject {
  const said: JsonObject = {};
  for (const name of SAID_LAST) if (chunk[name] !== undefined) said[name] = chunk[name];
  return said;
}

/** An event as SSE text. */
export function eventText(data: string, event: string | null): string {
  const name = event === null ? '' : `event: ${event}\n`;
  return `${name}data: ${data.includes('\n') ? data.replaceAll('\n', '\ndata: ') : data}\n\n`;
}
