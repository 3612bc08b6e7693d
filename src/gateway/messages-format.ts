import type { GatewayError } from '../errors.ts';
import type { JsonObject } from '../lib/json.ts';
import { withHeaders } from '../wires/anthropic/surface/headers.ts';
import { messages, readCountRequest } from '../wires/anthropic/surface/index.ts';
import type { ReadHeader } from './control.ts';
import { type Asked, inFormatOf, parseBody } from './surfaces.ts';

/** Reads requests of the Messages API. @returns a reader that throws GatewayError as `inFormatOf`. */
export function inMessagesFormat(header: ReadHeader): (bytes: Uint8Array) => Asked {
  return inFormatOf({ ...messages, read: (body) => messages.read(withHeaders(body, header)) });
}

/** The chat completion, as bytes, whose tokens a request of this format wants counted. @throws GatewayError as above. */
export function readMessagesToCount(bytes: Uint8Array, header: ReadHeader): Uint8Array {
  const chat = readCountRequest(withHeaders(parseBody(bytes), header));
  return new TextEncoder().encode(JSON.stringify(chat));
}

/** The body of an error answer in this format. */
export function messagesErrorBody(error: GatewayError, requestId: string | null): JsonObject {
  return messages.error(error.envelope(requestId).error);
}
