import type { GatewayError } from '../../errors.ts';
import type { JsonObject } from '../../lib/json.ts';
import { betasOf, withHeaders } from '../../wires/anthropic/surface/headers.ts';
import { countedMessages, messages } from '../../wires/anthropic/surface/index.ts';
import type { ReadHeader } from '../requests/control.ts';
import { type Asked, inFormatOf, type Spoken } from './surfaces.ts';

/** Reads requests of the Messages API. @returns a reader that throws GatewayError as `inFormatOf`. */
export function inMessagesFormat(header: ReadHeader): (bytes: Uint8Array) => Asked {
  return inFormatOf(messages, spokenIn(header));
}

/** Reads requests of this format to count their tokens. @returns a reader that throws GatewayError as above. */
export function inCountFormat(header: ReadHeader): (bytes: Uint8Array) => Asked {
  return inFormatOf(countedMessages, spokenIn(header));
}

function spokenIn(header: ReadHeader): Spoken {
  return { withHeaders: (body) => withHeaders(body, header), betas: betasOf(header) };
}

/** The body of an error answer in this format. */
export function messagesErrorBody(error: GatewayError, requestId: string | null): JsonObject {
  return messages.error(error.envelope(requestId).error);
}
