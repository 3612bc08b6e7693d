import { GatewayError } from '../errors.ts';
import { boundaryOf, type FormEvent, MultipartError, MultipartParser } from '../lib/multipart.ts';

/**
 * Reads multipart/form-data while it comes: no more is read than is asked for, and nothing of files is kept.
 * @param contentType of the request.
 * @throws GatewayError `unsupported_content_type`, `invalid_multipart`, `client_closed_request`.
 */
export async function* readForm(
  contentType: string | null,
  body: ReadableStreamDefaultReader<Uint8Array> | undefined,
): AsyncGenerator<FormEvent> {
  const events: FormEvent[] = [];
  const parser = new MultipartParser(checkedBoundary(contentType), (event) => events.push(event));
  for (;;) {
    const bytes = await readPiece(body);
    try {
      if (bytes === null) parser.end();
      else parser.write(bytes);
    } catch (cause) {
      throw cause instanceof MultipartError ? invalid(cause.message, cause) : cause;
    }
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

function checkedBoundary(contentType: string | null): string {
  if (contentType === null || !/^\s*multipart\/form-data\s*(;|$)/i.test(contentType)) {
    throw new GatewayError('unsupported_content_type', {
      message: `The request body must be multipart/form-data, not ${JSON.stringify(contentType?.slice(0, 100) ?? null)}.`,
    });
  }
  const boundary = boundaryOf(contentType);
  if (boundary === null) throw invalid('Its content-type names no boundary of 1 to 70 characters.');
  return boundary;
}

function invalid(why: string, cause?: unknown): GatewayError {
  return new GatewayError('invalid_multipart', {
    message: `The request body is not valid multipart/form-data. ${why}`,
    cause,
  });
}
