import { GatewayError, toGatewayError } from '../../errors.ts';
import { asString, isObject, type JsonObject, parseJson } from '../../lib/json.ts';
import { type SseEvent, SseFramer } from '../../lib/sse.ts';
import type { PlainStream, PlainStreamState } from '../types.ts';
import { inBandError, unreadable } from './error.ts';

const encoder = new TextEncoder();

/** What a stream has told before its first event. */
export function newPlainState(): PlainStreamState {
  return { finished: false, error: null, usage: null, upstreamId: null, upstreamModel: null };
}

/** One event as text. @param name of the event, where the upstream gives names. */
export function eventText(event: JsonObject, name: string | null = null): string {
  return `${name === null ? '' : `event: ${name}\n`}data: ${JSON.stringify(event)}\n\n`;
}

/** The last words of a stream of events that broke, which clients of this API throw as an error. */
export function failureText(error: JsonObject): Uint8Array {
  return encoder.encode(eventText({ type: 'error', error }));
}

/** Takes the events out of the bytes of an upstream, one by one. One per stream, never shared. */
export class EventReader {
  readonly #framer = new SseFramer();
  readonly #state: PlainStreamState;
  readonly #read: (event: JsonObject, name: string | null, data: string) => void;

  /** @param read is called with each event until the state is finished or has an error; what it throws becomes that. */
  constructor(state: PlainStreamState, read: (event: JsonObject, name: string | null, data: string) => void) {
    this.#state = state;
    this.#read = read;
  }

  push(bytes: Uint8Array): void {
    this.#take(() => this.#framer.push(bytes));
  }

  end(): void {
    this.#take(() => this.#framer.end());
    if (!this.#state.finished) this.#state.error ??= new GatewayError('upstream_incomplete');
  }

  #take(events: () => SseEvent[]): void {
    const state = this.#state;
    try {
      for (const { data, event } of events()) {
        if (state.finished || state.error) return;
        // Says nothing that the last event does not say.
        if (data === '[DONE]') continue;
        const parsed = parseJson(data);
        if (!isObject(parsed)) throw unreadable(data);
        if (parsed.error !== undefined && parsed.error !== null) throw inBandError(parsed.error, data);
        if (event === 'error' || parsed.type === 'error') throw inBandError(parsed, data);
        this.#read(parsed, event, data);
      }
    } catch (thrown) {
      state.error ??= toGatewayError(thrown);
    }
  }
}

/** What becomes of an event: what is sent for it, null for nothing, and whether it is the last. */
export interface Translated {
  event: JsonObject | null;
  last?: boolean;
}

/** A stream of events that is passed on as events. */
export class EventStream implements PlainStream {
  readonly state: PlainStreamState = newPlainState();
  readonly contentType = 'text/event-stream; charset=utf-8';
  readonly ping = ': ping\n\n';
  readonly #reader: EventReader;
  #text = '';
  #last: { event: JsonObject; name: string | null } | null = null;

  /** @param translate reads an event, and notes in the state what it tells. */
  constructor(translate: (event: JsonObject, state: PlainStreamState) => Translated) {
    this.#reader = new EventReader(this.state, (received, given, data) => {
      const { event, last = false } = translate(received, this.state);
      const name = event === received ? given : given && (asString(event?.type) ?? null);
      if (event && last) {
        this.#last = { event, name };
        this.state.finished = true;
      } else if (event) {
        const isAsItCame = event === received && !data.includes('\n');
        this.#text += isAsItCame
          ? `${name === null ? '' : `event: ${name}\n`}data: ${data}\n\n`
          : eventText(event, name);
      }
    });
  }

  push(bytes: Uint8Array): Uint8Array {
    this.#reader.push(bytes);
    return this.#taken();
  }

  end(): Uint8Array {
    this.#reader.end();
    return this.#taken();
  }

  last(account: JsonObject): Uint8Array {
    const { event = {}, name = null } = this.#last ?? {};
    return encoder.encode(eventText({ ...event, ...account }, name));
  }

  failure(error: JsonObject): Uint8Array {
    return failureText(error);
  }

  #taken(): Uint8Array {
    const bytes = encoder.encode(this.#text);
    this.#text = '';
    return bytes;
  }
}
