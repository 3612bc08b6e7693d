import { GatewayError } from '../errors.ts';
import { isObject, type JsonObject, parseJson } from '../lib/json.ts';
import type { Surface, SurfaceRequest } from '../wires/surfaces.ts';
import type { Archive } from './types.ts';

/** A request as a chat completion. */
export interface Asked {
  /** The body of a chat completion request. */
  bytes: Uint8Array;
  /** The format of the client, where it is not our own. */
  surface: SurfaceRequest | null;
  /** Makes what keeps the answer of a generation; absent where it is not to be kept. */
  archiveFor?: (generationId: string) => Archive;
}

/** Takes the body of a chat completion as it is. */
export function inOwnFormat(bytes: Uint8Array): Asked {
  return { bytes, surface: null };
}

/**
 * Reads bodies of another format.
 * @returns a reader that throws GatewayError `invalid_json`, `invalid_type`, and as `Surface.read`.
 */
export function inFormatOf(surface: Surface): (bytes: Uint8Array) => Asked {
  return (bytes) => {
    const request = surface.read(parseBody(bytes));
    return { bytes: new TextEncoder().encode(JSON.stringify(request.chat)), surface: request };
  };
}

/** The object that a request's body is. @throws GatewayError `invalid_json`, `invalid_type`. */
export function parseBody(bytes: Uint8Array): JsonObject {
  const body = parseJson(new TextDecoder().decode(bytes));
  if (body === undefined) throw new GatewayError('invalid_json');
  if (isObject(body)) return body;
  throw new GatewayError('invalid_type', { message: 'The request body must be a JSON object.' });
}
