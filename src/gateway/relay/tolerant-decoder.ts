import { type GatewayError, toGatewayError } from '../../errors.ts';
import type { StreamDecoder, StreamState } from '../../wires/types.ts';

/**
 * A decoder that passes over an event which cannot be read when the next one can: a chunk that a proxy
 * garbled is no reason to give up an answer that nobody else could complete. Two such events in a row are. An error that the provider tells
 * of is always thrown.
 */
export class TolerantDecoder implements StreamDecoder {
  readonly state: StreamState;
  readonly #decoder: StreamDecoder;
  #setAside: GatewayError | null = null;
  #skipped = 0;
  /** Asked before an event is passed over that may have held words: whether nobody could say them again. */
  maySkip: () => boolean = () => true;

  constructor(decoder: StreamDecoder) {
    this.#decoder = decoder;
    this.state = decoder.state;
  }

  /** Why the last event could not be read; null when it could. It is the failure if the stream ends here unfinished. */
  get setAside(): GatewayError | null {
    return this.#setAside;
  }

  /** Events that were passed over. */
  get skipped(): number {
    return this.#skipped;
  }

  /** @throws GatewayError as the wire's decoder does, but for a single event that cannot be read. */
  push(data: string, event: string | null): string {
    let text: string;
    try {
      text = this.#decoder.push(data, event);
    } catch (cause) {
      const error = toGatewayError(cause);
      if (error.code !== 'upstream_invalid_response' || this.#setAside) throw error;
      if (data.startsWith('{') && !this.state.finished && !this.maySkip()) throw error;
      this.#setAside = error;
      return '';
    }
    if (this.#setAside) {
      this.#setAside = null;
      this.#skipped++;
    }
    return text;
  }
}
