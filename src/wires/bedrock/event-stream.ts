import { crc32 } from '../../lib/crc32.ts';
import type { SseEvent } from '../../lib/sse.ts';
import type { StreamFramer } from '../types.ts';
import { unreadable } from './error.ts';

/** Two lengths and their checksum before the headers, a checksum behind the payload. */
const PRELUDE = 12;
const OVERHEAD = 16;

/** The longest message: 16 MB of payload and 128 KB of headers, as the encoding allows. */
const MAX_MESSAGE = 16 * 1024 * 1024 + 128 * 1024 + OVERHEAD;

/** Bytes that the value of a header takes, by its type; of byte arrays and texts the length stands first. */
const VALUE_SIZES: readonly (number | 'counted')[] = [0, 0, 1, 2, 4, 8, 'counted', 'counted', 8, 16];
const TEXT = 7;

/** Marks an event that is an exception: no event type of the service begins with it. */
export const FAULT = '!';

/**
 * Cuts AWS's event stream (`application/vnd.amazon.eventstream`,
 * https://docs.aws.amazon.com/lexv2/latest/dg/event-stream-encoding.html) into events: `data` is the
 * payload, `event` the event's type, or `!` and the exception's. Messages may be split anywhere.
 */
export class EventStreamFramer implements StreamFramer {
  readonly #decoder = new TextDecoder();
  /** What has come of a message that is not complete, in the pieces in which it came. */
  #pieces: Uint8Array[] = [];
  #waiting = 0;
  /** Nothing can be read before so many bytes wait: a message is put together once, however it was split. */
  #needed = PRELUDE;

  /** @throws GatewayError `upstream_invalid_response` when a checksum or a length is wrong. */
  push(bytes: Uint8Array): SseEvent[] {
    this.#pieces.push(bytes);
    this.#waiting += bytes.length;
    if (this.#waiting < this.#needed) return [];
    const all = this.#pieces.length === 1 ? bytes : joined(this.#pieces, this.#waiting);
    const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
    const events: SseEvent[] = [];
    let at = 0;
    this.#needed = PRELUDE;
    while (all.length - at >= PRELUDE) {
      const length = view.getUint32(at);
      const headers = view.getUint32(at + 4);
      if (crc32(all.subarray(at, at + 8)) !== view.getUint32(at + 8)) throw broken('prelude checksum');
      if (length > MAX_MESSAGE || length < OVERHEAD + headers) throw broken('lengths');
      if (all.length - at < length) {
        this.#needed = length;
        break;
      }
      const end = at + length - 4;
      if (crc32(all.subarray(at, end)) !== view.getUint32(end)) throw broken('message checksum');
      const payload = at + PRELUDE + headers;
      events.push(
        this.#event(this.#headers(all.subarray(at + PRELUDE, payload)), all.subarray(payload, end)),
      );
      at += length;
    }
    this.#waiting = all.length - at;
    this.#pieces = this.#waiting === 0 ? [] : [all.slice(at)];
    return events;
  }

  /** A message that was cut is no event: the answer is seen to be incomplete without it. */
  end(): SseEvent[] {
    return [];
  }

  #event(headers: ReadonlyMap<string, string>, payload: Uint8Array): SseEvent {
    const data = this.#decoder.decode(payload);
    switch (headers.get(':message-type')) {
      case 'exception':
        return { data, event: FAULT + (headers.get(':exception-type') ?? '') };
      case 'error':
        return {
          data: JSON.stringify({ message: headers.get(':error-message') ?? '' }),
          event: FAULT + (headers.get(':error-code') ?? ''),
        };
      default:
        return { data, event: headers.get(':event-type') ?? null };
    }
  }

  /** The headers whose values are texts. */
  #headers(bytes: Uint8Array): Map<string, string> {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const texts = new Map<string, string>();
    let at = 0;
    try {
      while (at < bytes.length) {
        const nameEnd = at + 1 + view.getUint8(at);
        const name = this.#decoder.decode(bytes.subarray(at + 1, nameEnd));
        const type = view.getUint8(nameEnd);
        const size = VALUE_SIZES[type];
        if (size === undefined) throw broken('header type');
        const start = nameEnd + (size === 'counted' ? 3 : 1);
        at = start + (size === 'counted' ? view.getUint16(nameEnd + 1) : size);
        if (at > bytes.length) throw broken('header length');
        if (type === TEXT) texts.set(name, this.#decoder.decode(bytes.subarray(start, at)));
      }
    } catch (cause) {
      if (cause instanceof RangeError) throw broken('header length');
      throw cause;
    }
    return texts;
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function broken(what: string) {
  return unreadable(`event stream: wrong ${what}`);
}
