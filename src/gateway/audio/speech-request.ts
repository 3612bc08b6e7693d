import { GatewayError } from '../../errors.ts';
import type { PlainRequest } from '../../wires/types.ts';
import type { ReadHeader } from '../requests/control.ts';
import { readPlainRequest } from '../requests/request.ts';
import type { Control } from '../types.ts';

/**
 * Reads a request for speech (https://platform.openai.com/docs/api-reference/audio/createSpeech). Its answer is always
 * streamed; how long the input may be and what voices there are is the provider's to say.
 * @throws GatewayError `invalid_json`, `missing_parameter`, `invalid_type` or `invalid_value`, naming the parameter.
 */
export function readSpeechRequest(
  bytes: Uint8Array,
  readHeader?: ReadHeader,
): { request: PlainRequest; control: Control } {
  const { request, control } = readPlainRequest('speech', bytes, readHeader, true);
  const { input, response_format: format, stream_format: form } = request.body();
  if (input === undefined || input === null) {
    throw new GatewayError('missing_parameter', { param: 'input', message: 'input is required.' });
  }
  if (typeof input !== 'string') {
    throw new GatewayError('invalid_type', { param: 'input', message: 'input must be a string.' });
  }
  if (input === '') {
    throw new GatewayError('invalid_value', { param: 'input', message: 'input must not be empty.' });
  }
  if (format !== undefined && format !== null && typeof format !== 'string') {
    throw new GatewayError('invalid_type', {
      param: 'response_format',
      message: 'response_format must be a string.',
    });
  }
  if (form !== undefined && form !== null && form !== 'audio' && form !== 'sse') {
    throw new GatewayError('invalid_value', {
      param: 'stream_format',
      message: 'stream_format must be one of "audio", "sse".',
    });
  }
  return { request: { ...request, stream: true }, control };
}
