import { GatewayError } from '../errors.ts';
import { MultipartError } from '../lib/multipart/disposition.ts';
import { boundaryOf } from '../lib/multipart/read.ts';
import { type FormEvent, MultipartStream } from '../lib/multipart/stream.ts';

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
  const boundary = readable(() => boundaryOf(contentType ?? ''));
  if (boundary === undefined) {
    throw new GatewayError('unsupported_content_type', {
      message: `The request body must be multipart/form-data, not ${JSON.stringify((contentType ?? '').slice(0, 100))}.`,
    });
  }
  const form = new MultipartStream(boundary, (event) => events.push(event));
  for (;;) {
    const bytes = await readPiece(body);
    readable(() => (bytes === null ? form.end() : form.write(bytes)));
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

/** What reading answers. @throws GatewayError `invalid_form`. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof MultipartError)) throw cause;
    throw new GatewayError('invalid_form', { message: `The form cannot be read: ${cause.message}.`, cause });
  }
}
