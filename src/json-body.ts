import { GatewayError } from './errors.ts';
import { isObject, type JsonObject, parseJson } from './lib/json.ts';

/** The object that a request's body is. @throws GatewayError `invalid_json`, `invalid_type`. */
export function parseBody(bytes: Uint8Array): JsonObject {
  if (bytes.byteLength === 0) {
    throw new GatewayError('invalid_json', { message: 'The request body is empty.' });
  }
  const body = parseJson(new TextDecoder().decode(bytes));
  if (body === undefined) throw new GatewayError('invalid_json');
  if (!isObject(body)) throw notAnObject();
  return body;
}

/** The refusal of a body that is JSON, and no object. */
export function notAnObject(): GatewayError {
  return new GatewayError('invalid_type', { message: 'The request body must be a JSON object.' });
}
