import type { ErrorEnvelope } from '../errors.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Progress } from './native.ts';
import type { ChatBody } from './types.ts';

/**
 * A format that clients speak to the gateway beside its own: the other direction of a wire. Requests are read
 * into chat completions, answers are written from them. Pure: no I/O, no clock, no randomness but given ids.
 */
export interface Surface {
  id: 'responses' | 'messages' | 'completions';
  /**
   * The chat completion that a request amounts to, with `model`, `stream` and the gateway's own extensions
   * taken over as they are.
   * @throws GatewayError naming the parameter as the caller wrote it; what chat completions cannot say is refused
   *   by name (`unsupported_parameter`), never left out silently.
   */
  read(body: JsonObject): SurfaceRequest;
  /**
   * What routing goes by of a request that `read` refuses and that endpoints which speak the format may know: its
   * model, limits and extensions, and roughly what it says. Null for one that nobody could serve. Absent where no
   * endpoint speaks the format.
   */
  sketch?(body: JsonObject): SurfaceRequest | null;
  /** Whether a request says what only the chat completion that it amounts to can say. */
  needsTranslation?(body: JsonObject): boolean;
  /** The body of an error answer. */
  error(error: ErrorEnvelope['error']): JsonObject;
}

/** One request of a surface. */
export interface SurfaceRequest {
  chat: ChatBody;
  /** Names of what was left out because it has no effect on the answer; said in `x-dropped-params`. */
  dropped: readonly string[];
  /** What the client calls a parameter of `chat`, in its own request. */
  paramOf(param: string): string;
  /** So many requests in one, each with a model's context to itself; absent: one. */
  prompts?: number;
  /**
   * The whole answer.
   * @param completion a `chat.completion` of the gateway, with `usage`.
   */
  whole(completion: JsonObject, labels: SurfaceLabels): JsonObject;
  /** A writer of the streamed answer. One per stream, never shared. */
  stream(labels: SurfaceLabels): SurfaceStream;
}

/** What an answer is labelled with. */
export interface SurfaceLabels {
  /** The generation id, `gen_…`. */
  id: string;
  /** Unix seconds. */
  created: number;
  /** The model as the caller asked for it. */
  model: string;
  /** Whether the answer is going to be kept for its client, where the format says so. */
  store?: boolean;
}

/** Writes one streamed answer as server-sent events; each method answers SSE text of whole events, or ''. */
export interface SurfaceStream {
  /** @param chunk a `chat.completion.chunk` of the gateway without usage. */
  push(chunk: JsonObject): string;
  /** @param chunk the last one, with `usage`, `credits_used` and who served; null usage is unknown. */
  end(chunk: JsonObject): string;
  /** The stream broke: how the format says that an answer is not whole. */
  fail(error: ErrorEnvelope['error']): string;
  /** What keeps the connection alive while there is nothing to say. */
  ping(): string;
  /** Goes on behind what another stream of this format has said, which was passed on as it came. */
  adopt?(progress: Progress): void;
}
