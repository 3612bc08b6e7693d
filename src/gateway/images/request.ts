import { GatewayError } from '../../errors.ts';
import type { PlainRequest } from '../../wires/types.ts';
import type { ReadHeader } from '../control.ts';
import { readPlainRequest } from '../request.ts';
import type { Control } from '../types.ts';

/** How the client wants its pictures; null leaves it to what the provider gives. */
export type ImageFormat = 'url' | 'b64_json' | null;

/** More are never asked for at once (https://platform.openai.com/docs/api-reference/images/create). */
const MOST_IMAGES = 10;

/**
 * Reads a request for pictures (https://platform.openai.com/docs/api-reference/images/create).
 * @throws GatewayError `invalid_json`, `missing_parameter`, `invalid_type`, `invalid_value` or
 *   `unsupported_parameter`, naming the parameter.
 */
export function readImageRequest(
  bytes: Uint8Array,
  readHeader?: ReadHeader,
): { request: PlainRequest; control: Control } {
  const read = readPlainRequest('image', bytes, readHeader);
  const body = read.request.body();
  const { prompt, response_format: format } = body;
  if (prompt === undefined || prompt === null) {
    throw new GatewayError('missing_parameter', { param: 'prompt', message: 'prompt is required.' });
  }
  if (typeof prompt !== 'string') {
    throw new GatewayError('invalid_type', { param: 'prompt', message: 'prompt must be a string.' });
  }
  if (prompt === '') {
    throw new GatewayError('invalid_value', { param: 'prompt', message: 'prompt must not be empty.' });
  }
  if (format !== undefined && format !== null && format !== 'url' && format !== 'b64_json') {
    throw new GatewayError('invalid_value', {
      param: 'response_format',
      message: 'response_format must be one of "url", "b64_json".',
    });
  }
  if (read.control.answers > MOST_IMAGES) {
    throw new GatewayError('invalid_value', { param: 'n', message: `n must be at most ${MOST_IMAGES}.` });
  }
  if (body.partial_images !== undefined && body.partial_images !== null && body.partial_images !== 0) {
    throw new GatewayError('unsupported_parameter', {
      param: 'partial_images',
      message: 'partial_images is not supported: pictures come whole.',
    });
  }
  return read;
}

/** How the client of a request for pictures wants them. */
export function formatOf(request: PlainRequest): ImageFormat {
  const { response_format: format } = request.body();
  return format === 'url' || format === 'b64_json' ? format : null;
}
