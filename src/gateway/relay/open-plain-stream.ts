import { GatewayError } from '../../errors.ts';
import type { PlainStream } from '../../wires/types.ts';
import type { Cutoff } from './cutoff.ts';

/** An upstream answer whose first bytes are there: from here the answer is a 200. */
export interface OpenPlainStream {
  reader: ReadableStreamDefaultReader<Uint8Array>;
  stream: PlainStream;
  cutoff: Cutoff;
  /** What the first reads gave for the client. */
  first: Uint8Array;
}

/**
 * Reads until there is something for the client, so that a failure before that can still go to another endpoint.
 * @throws GatewayError of the upstream's error event, of what cannot be read, `upstream_incomplete` when the answer ends
 *   before it says anything, or the cutoff's reason.
 */
export async function openPlainStream(
  response: Response,
  stream: PlainStream,
  cutoff: Cutoff,
): Promise<OpenPlainStream> {
  const { state } = stream;
  if (!response.body) throw empty();
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      const first = done ? stream.end() : stream.push(value);
      if (state.error) throw state.error;
      if (first.byteLength > 0 || state.finished) return { reader, stream, cutoff, first };
      if (done) throw empty();
    }
  } catch (cause) {
    throw cutoff.explainRead(cause);
  }
}

function empty(): GatewayError {
  return new GatewayError('upstream_incomplete', { message: 'The provider sent an empty answer.' });
}
