import { GatewayError } from '../../errors.ts';
import { isObject, type Json } from '../../lib/json.ts';
import type { PlainRequest } from '../../wires/types.ts';
import type { Control } from '../types.ts';
import type { ReadHeader } from './control.ts';
import { readPlainRequest } from './request.ts';

/** Whom a request asks that names no model: https://platform.openai.com/docs/api-reference/moderations/create. */
const USUAL_MODEL = 'omni-moderation-latest';

/**
 * Reads a request for a moderation (https://platform.openai.com/docs/api-reference/moderations/create).
 * @throws GatewayError `invalid_json`, `missing_parameter`, `invalid_type`, `invalid_value` or
 *   `unsupported_parameter`, naming the parameter.
 */
export function readModerationRequest(
  bytes: Uint8Array,
  readHeader?: ReadHeader,
): { request: PlainRequest; control: Control } {
  const read = readPlainRequest('moderation', bytes, readHeader, false, USUAL_MODEL);
  checkInput(read.request.body().input);
  return read;
}

/** A text, a list of texts, or a list of parts: texts and pictures that belong together. */
function checkInput(input: Json | undefined): void {
  if (input === undefined || input === null) {
    throw new GatewayError('missing_parameter', { param: 'input', message: 'input is required.' });
  }
  if (typeof input === 'string') return;
  if (!Array.isArray(input)) throw wrong('input', 'must be text, a list of texts, or a list of parts');
  const [first] = input;
  if (first === undefined) {
    throw new GatewayError('invalid_value', { param: 'input', message: 'input must not be empty.' });
  }
  for (const [index, item] of input.entries()) {
    const param = `input[${index}]`;
    if (typeof item !== typeof first) throw wrong(param, 'must be of the same type as input[0]');
    if (typeof item === 'string') continue;
    if (!isObject(item)) throw wrong(param, 'must be text or a part');
    checkPart(item, param);
  }
}

/** Parts of other types are the host's to judge. */
function checkPart(
  { type, text, image_url: image }: { [name: string]: Json | undefined },
  param: string,
): void {
  if (typeof type !== 'string') throw wrong(`${param}.type`, 'must be "text" or "image_url"');
  if (type === 'text' && typeof text !== 'string') throw wrong(`${param}.text`, 'must be text');
  if (type !== 'image_url') return;
  if (!isObject(image)) throw wrong(`${param}.image_url`, 'must be an object with a url');
  if (typeof image.url !== 'string') throw wrong(`${param}.image_url.url`, 'must be a URL');
}

function wrong(param: string, what: string): GatewayError {
  return new GatewayError('invalid_type', { param, message: `${param} ${what}.` });
}
