import type { GatewayError } from '../errors.ts';
import { isObject, type JsonObject, parseJson } from '../lib/json.ts';
import type { SurfaceStream } from '../wires/surfaces.ts';
import { bodyOf } from './archive.ts';
import { endOfAnswer, endOfFailure, lastChunk, type StreamLabels } from './chunks.ts';
import { labelsOf } from './labels.ts';
import type { Settlement } from './settle.ts';
import type { Call } from './types.ts';

/** How a streamed answer is written for the client: each method answers SSE text. */
export interface ClientFormat {
  /** @param sse whole events of chunks, as decoders answer them. */
  chunks(sse: string): string;
  end(labels: StreamLabels, usage: JsonObject | null, settlement: Settlement): string;
  failure(labels: StreamLabels, error: GatewayError): string;
  /** What shows that the connection is alive. */
  ping(): string;
}

const OWN: ClientFormat = {
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
 * @param text a `chat.completion`.
 * @returns what gives its body, once it is settled.
 */
export function wholeAnswer(call: Call, text: string): () => BodyInit {
  if (call.surface === null) return () => text;
  const completion = parseJson(text);
  const answer = call.surface.whole(isObject(completion) ? completion : {}, labelsOf(call));
  return () => bodyOf(call, answer);
}

/** Rewrites chunks as the events of another format. */
class SurfaceFormat implements ClientFormat {
  readonly #stream: SurfaceStream;

  constructor(stream: SurfaceStream) {
    this.#stream = stream;
  }

  chunks(sse: string): string {
    let text = '';
    for (const event of sse.split('\n\n')) {
      const chunk = event.startsWith('data: ') ? parseJson(event.slice(6)) : undefined;
      if (isObject(chunk)) text += this.#stream.push(chunk);
    }
    return text;
  }

  end(labels: StreamLabels, usage: JsonObject | null, settlement: Settlement): string {
    return this.#stream.end(lastChunk(labels, usage, settlement));
  }

  failure(labels: StreamLabels, error: GatewayError): string {
    return this.#stream.fail(error.envelope(labels.requestId).error);
  }

  ping(): string {
    return this.#stream.ping();
  }
}
