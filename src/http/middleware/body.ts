import { GatewayError } from '../../errors.ts';
import { MultipartError } from '../../lib/multipart/disposition.ts';
import { boundaryOf, readMultipart } from '../../lib/multipart/read.ts';
import type { FormPart } from '../../lib/multipart/types.ts';

/** The largest request body, bytes. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** Clients hear an answer only when they have sent everything, so this much of a larger body is read and thrown away. */
const DISCARDED_BYTES = 64 * 1024 * 1024;

/**
 * The body of a JSON request as bytes, never more than the limit, whatever its length header says.
 * @throws GatewayError `unsupported_content_type`, `request_too_large`, `client_closed_request`.
 */
export async function readJsonBody(request: Request): Promise<Uint8Array> {
  const type = request.headers.get('content-type');
  if (type !== null && !/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(type.trim())) {
    throw new GatewayError('unsupported_content_type', {
      message: `The request body must be application/json, not ${JSON.stringify(type.slice(0, 100))}.`,
    });
  }
  return await readBody(request);
}

/**
 * The parts of a form, none of it larger than the limit. Files are views of the one body.
 * @throws GatewayError `unsupported_content_type`, `invalid_form`, `request_too_large`, `client_closed_request`.
 */
export async function readForm(request: Request): Promise<FormPart[]> {
  const boundary = formBoundary(request.headers.get('content-type'));
  const body = await readBody(request);
  return ofForm(() => readMultipart(body, boundary));
}

/**
 * What stands between the parts of a form.
 * @param contentType of the request.
 * @throws GatewayError `unsupported_content_type`, `invalid_form`.
 */
export function formBoundary(contentType: string | null | undefined): string {
  const type = contentType ?? '';
  const boundary = ofForm(() => boundaryOf(type));
  if (boundary !== undefined) return boundary;
  throw new GatewayError('unsupported_content_type', {
    message: `The request body must be multipart/form-data, not ${JSON.stringify(type.slice(0, 100))}.`,
  });
}

/** What reading a form answers. @throws GatewayError `invalid_form`. */
export function ofForm<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof MultipartError)) throw cause;
    throw new GatewayError('invalid_form', { message: `The form cannot be read: ${cause.message}.`, cause });
  }
}

/**
 * The body of a request as bytes, never more than the limit.
 * @throws GatewayError `request_too_large`, `client_closed_request`.
 */
export async function readBody(request: Request): Promise<Uint8Array> {
  const length = request.headers.get('content-length');
  if (length !== null && Number(length) > MAX_BODY_BYTES) {
    await discard(request.body?.getReader());
    throw new GatewayError('request_too_large');
  }
  try {
    // With a length header the runtime reads no more than it says.
    return length !== null ? new Uint8Array(await request.arrayBuffer()) : await readLimited(request);
  } catch (cause) {
    throw cause instanceof GatewayError ? cause : new GatewayError('client_closed_request', { cause });
  }
}

async function readLimited(request: Request): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = request.body?.getReader();
  while (reader) {
    const { value, done } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > MAX_BODY_BYTES) {
      await discard(reader);
      throw new GatewayError('request_too_large');
    }
    pieces.push(value);
  }
  return Buffer.concat(pieces, size);
}

/** Reads what a client goes on sending, so that it hears why it was refused; of very much only a part. */
export async function discard(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<void> {
  try {
    for (let left = DISCARDED_BYTES; reader && left > 0; ) {
      const { value, done } = await reader.read();
      if (done) return;
      left -= value.byteLength;
    }
    await reader?.cancel();
  } catch {
    // The client has gone; nobody hears the answer.
  }
}
