import { GatewayError } from '../../errors.ts';
import type { SseEvent } from '../../lib/sse.ts';
import type { StreamDecoder, StreamFramer } from '../../wires/types.ts';
import type { Cutoff } from './cutoff.ts';
import { TolerantDecoder } from './tolerant-decoder.ts';

/** After its last event a connection gets this long to end by itself, so that it can be used again. */
const DRAIN_MS = 1_000;

/** An upstream stream whose first text is there: from here the answer is a 200. */
export interface OpenStream {
  reader: ReadableStreamDefaultReader<Uint8Array>;
  framer: StreamFramer;
  decoder: TolerantDecoder;
  cutoff: Cutoff;
  /** SSE text that the first reads gave. */
  firstText: string;
}

/**
 * Reads until there is something for the client, so that a failure before that can still go to
 * another endpoint.
 * @throws GatewayError of the upstream's error event, of unreadable data, `upstream_incomplete` when
 *   the stream ends before it says anything, or the cutoff's reason.
 */
export async function openStream(
  response: Response,
  framer: StreamFramer,
  wireDecoder: StreamDecoder,
  cutoff: Cutoff,
): Promise<OpenStream> {
  const decoder = new TolerantDecoder(wireDecoder);
  if (!response.body)
    throw new GatewayError('upstream_incomplete', { message: 'The provider sent an empty answer.' });
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  let text = '';
  while (text === '') {
    const { value, done } = await readOrExplain(reader, cutoff);
    for (const event of done ? framer.end() : framer.push(value))
      text += decoder.push(event.data, event.event);
    if (text === '' && (done || decoder.state.done)) {
      const empty = new GatewayError('upstream_incomplete', {
        message: 'The provider sent an empty answer.',
      });
      throw decoder.setAside ?? empty;
    }
  }
  return { reader, framer, decoder, cutoff, firstText: text };
}

async function readOrExplain(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  cutoff: Cutoff,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  try {
    return await reader.read();
  } catch (cause) {
    throw cutoff.explainRead(cause);
  }
}

/** The text of as many events as can be decoded, and the error of the one that cannot. */
export function decodeEvents(
  decoder: StreamDecoder,
  events: SseEvent[],
): { text: string; error: GatewayError | null } {
  let text = '';
  for (const event of events) {
    try {
      text += decoder.push(event.data, event.event);
    } catch (cause) {
      return {
        text,
        error: cause instanceof GatewayError ? cause : new GatewayError('internal_error', { cause }),
      };
    }
    if (decoder.state.done) break;
  }
  return { text, error: null };
}

/** Lets the connection of a stream end by itself; one that goes on is cut. Never rejects. */
export async function drain({ reader, cutoff }: Pick<OpenStream, 'reader' | 'cutoff'>): Promise<void> {
  if (cutoff.reason) return;
  const timer = setTimeout(() => cutoff.cut(new GatewayError('upstream_timeout')), DRAIN_MS);
  try {
    while (!(await reader.read()).done);
  } catch {
    // It ended, if not politely.
  }
  clearTimeout(timer);
}
