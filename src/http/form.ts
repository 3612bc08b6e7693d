import { GatewayError } from '../errors.ts';
import { type FormEvent, MultipartStream } from '../lib/multipart/stream.ts';
import { formBoundary, ofForm } from './middleware/body.ts';

/**
 * Reads a form while it comes: no more of it than is asked for, and nothing of its files is kept.
 * @param contentType of the request.
 * @throws GatewayError `unsupported_content_type`, `invalid_form`, `client_closed_request`.
 */
export async function* streamForm(
  contentType: string | undefined,
  body: ReadableStreamDefaultReader<Uint8Array> | undefined,
): AsyncGenerator<FormEvent> {
  const events: FormEvent[] = [];
  const boundary = formBoundary(contentType);
  const form = new MultipartStream(boundary, (event) => events.push(event));
  for (;;) {
    const bytes = await readPiece(body);
    ofForm(() => (bytes === null ? form.end() : form.write(bytes)));
    yield* events.splice(0);
    if (bytes === null) return;
  }
}

async function readPiece(
  body: ReadableStreamDefaultReader<Uint8Array> | undefined,
): Promise<Uint8Array | null> {
  try {
    const read = await body?.read();
    return read === undefined || read.done ? null : read.value;
  } catch (cause) {
    throw new GatewayError('client_closed_request', { cause });
  }
}
