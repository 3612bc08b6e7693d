import type { GatewayError } from '../../errors.ts';
import { asObject, isObject, type JsonObject, parseJson } from '../../lib/json.ts';
import type { SurfaceStream } from '../../wires/surfaces.ts';
import type { NativeDecoder } from '../../wires/types.ts';
import type { ServedStream, ServedWhole } from '../attempt/served.ts';
import { bodyOf } from '../settling/archive.ts';
import type { Settlement } from '../settling/settle.ts';
import type { Call } from '../types.ts';
import { endOfAnswer, endOfFailure, lastChunk, type StreamLabels } from './chunks.ts';
import { labelsOf } from './labels.ts';

/** How a streamed answer is written for the client: each method but `begin` answers SSE text. */
export interface ClientFormat {
  /** From now on this stream is written, behind what others have said before it. */
  begin(served: ServedStream): void;
  /** @param sse whole events, as the stream's decoder answers them. */
  chunks(sse: string): string;
  end(labels: StreamLabels, usage: JsonObject | null, settlement: Settlement): string;
  failure(labels: StreamLabels, error: GatewayError): string;
  /** What shows that the connection is alive. */
  ping(): string;
}

const OWN: ClientFormat = {
  begin: () => {},
  chunks: (sse) => sse,
  end: endOfAnswer,
  failure: endOfFailure,
  ping: () => ': ping\n\n',
};

/** The format that the client of a call speaks. */
export function clientFormat(call: Call): ClientFormat {
  return call.surface === null ? OWN : new SurfaceFormat(call.surface.stream(labelsOf(call)));
}

/**
 * Writes a whole answer as the client of a call reads it.
 * @returns what gives its body, once it is settled.
 */
export function wholeAnswer(call: Call, { answer: { text }, native }: ServedWhole): () => BodyInit {
  if (call.surface === null || (native && !call.archive)) return () => text;
  const parsed = asObject(parseJson(text)) ?? {};
  const answer = native ? parsed : call.surface.whole(parsed, labelsOf(call));
  return () => bodyOf(call, answer);
}

/** Rewrites chunks as the events of another format; passes on events that are in that format already. */
class SurfaceFormat implements ClientFormat {
  readonly #stream: SurfaceStream;
  /** The decoder of the stream that is written, where that is in the client's format. */
  #native: NativeDecoder | null = null;

  constructor(stream: SurfaceStream) {
    this.#stream = stream;
  }

  begin({ native }: ServedStream): void {
    this.#adopt();
    this.#native = native ?? null;
  }

  chunks(sse: string): string {
    if (this.#native) return sse;
    let text = '';
    for (const event of sse.split('\n\n')) {
      const chunk = event.startsWith('data: ') ? parseJson(event.slice(6)) : undefined;
      if (isObject(chunk)) text += this.#stream.push(chunk);
    }
    return text;
  }

  end(labels: StreamLabels, usage: JsonObject | null, settlement: Settlement): string {
    const chunk = lastChunk(labels, usage, settlement);
    return this.#native ? this.#native.end(chunk) : this.#stream.end(chunk);
  }

  failure(labels: StreamLabels, error: GatewayError): string {
    this.#adopt();
    return this.#stream.fail(error.envelope(labels.requestId).error);
  }

  ping(): string {
    return this.#stream.ping();
  }

  /** Goes on behind a stream that was passed on. */
  #adopt(): void {
    if (this.#native) this.#stream.adopt?.(this.#native.progress);
    this.#native = null;
  }
}
