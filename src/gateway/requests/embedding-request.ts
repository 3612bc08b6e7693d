import { GatewayError } from '../../errors.ts';
import { isObject, type Json } from '../../lib/json.ts';
import type { PlainRequest } from '../../wires/types.ts';
import type { Control } from '../types.ts';
import type { ReadHeader } from './control.ts';
import { readPlainRequest } from './request.ts';

/**
 * Reads a request for embeddings (https://platform.openai.com/docs/api-reference/embeddings/create).
 * @throws GatewayError `invalid_json`, `missing_parameter`, `invalid_type`, `invalid_value` or
 *   `unsupported_parameter`, naming the parameter.
 */
export function readEmbeddingRequest(
  bytes: Uint8Array,
  readHeader?: ReadHeader,
): { request: PlainRequest; control: Control } {
  const read = readPlainRequest('embedding', bytes, readHeader);
  const { input, encoding_format: format, dimensions } = read.request.body();
  checkInput(input);
  if (format !== undefined && format !== null && format !== 'float' && format !== 'base64') {
    throw new GatewayError('invalid_value', {
      param: 'encoding_format',
      message: 'encoding_format must be one of "float", "base64".',
    });
  }
  if (dimensions !== undefined && dimensions !== null) {
    if (typeof dimensions !== 'number' || !Number.isInteger(dimensions)) {
      throw new GatewayError('invalid_type', {
        param: 'dimensions',
        message: 'dimensions must be an integer.',
      });
    }
    if (dimensions < 1) {
      throw new GatewayError('invalid_value', {
        param: 'dimensions',
        message: 'dimensions must be at least 1.',
      });
    }
  }
  return read;
}

/** A text, tokens, or a list of either: all of one kind, none of them empty. */
function checkInput(input: Json | undefined): void {
  if (input === undefined || input === null) {
    throw new GatewayError('missing_parameter', { param: 'input', message: 'input is required.' });
  }
  if (typeof input === 'string') {
    checkFilled(input, 'input');
    return;
  }
  if (!Array.isArray(input)) {
    const what = isObject(input) ? 'an object' : `a ${typeof input}`;
    throw wrong('input', `must be text, tokens, or a list of either, not ${what}`);
  }
  checkFilled(input, 'input');
  const [first] = input;
  if (typeof first === 'number') {
    checkTokens(input, 'input');
    return;
  }
  for (const [index, item] of input.entries()) {
    const param = `input[${index}]`;
    if (typeof item !== typeof first) throw wrong(param, `must be of the same type as input[0]`);
    if (typeof item === 'string') checkFilled(item, param);
    else if (Array.isArray(item)) {
      checkFilled(item, param);
      checkTokens(item, param);
    } else throw wrong(param, 'must be text or tokens');
  }
}

function checkTokens(tokens: readonly Json[], param: string): void {
  const at = tokens.findIndex((token) => typeof token !== 'number' || !Number.isInteger(token) || token < 0);
  if (at >= 0) throw wrong(`${param}[${at}]`, 'must be a token: an integer that is not negative');
}

function checkFilled(value: string | readonly Json[], param: string): void {
  if (value.length > 0) return;
  throw new GatewayError('invalid_value', { param, message: `${param} must not be empty.` });
}

function wrong(param: string, what: string): GatewayError {
  return new GatewayError('invalid_type', { param, message: `${param} ${what}.` });
}
