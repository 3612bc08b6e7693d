import type { GatewayError } from '../errors.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Usage } from './types.ts';

/** What a streamed answer of a kind that is not chat has told so far. Read by the relay. */
export interface PlainStreamState {
  /** The answer is whole: nothing more is waited for. */
  finished: boolean;
  /** What the answer broke with: an error that the provider tells of, or what cannot be read. */
  error: GatewayError | null;
  /** Usage as far as known. */
  usage: Usage | null;
  upstreamId: string | null;
  upstreamModel: string | null;
}

/** Turns one upstream answer into what the client is sent while it comes: a file, or events. One per answer. */
export interface PlainStream {
  readonly state: PlainStreamState;
  /** The media type of what the client is sent. */
  readonly contentType: string;
  /** What goes to the client, empty for nothing yet. The last event is kept back for `last`. Never throws. */
  push(bytes: Uint8Array): Uint8Array;
  /** What is left when the upstream has ended: after it the state is finished, or has an error. Never throws. */
  end(): Uint8Array;
  /** The last words of a whole answer. @param account what its last event says beside the provider's own members. */
  last(account: JsonObject): Uint8Array;
  /** The last words of an answer that broke; null where its format has none, and the connection is broken instead. */
  failure(error: JsonObject): Uint8Array | null;
  /** What may be sent while there is nothing to say; null where the format has no such thing. */
  readonly ping: string | null;
}
