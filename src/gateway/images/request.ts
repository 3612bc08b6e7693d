import { GatewayError } from '../../errors.ts';
import { isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { FormPart } from '../../lib/multipart/types.ts';
import type { PlainRequest } from '../../wires/types.ts';
import type { ReadHeader } from '../requests/control.ts';
import { type FormShape, filesOf, readFormRequest } from '../requests/form-request.ts';
import { readPlainRequest } from '../requests/request.ts';
import type { Call, Control } from '../types.ts';

/** How the client wants its pictures; null leaves it to what the provider gives. */
export type ImageFormat = 'url' | 'b64_json' | null;

/** More are never asked for at once (https://platform.openai.com/docs/api-reference/images/create). */
const MOST_IMAGES = 10;

/** More are never given to be edited (https://platform.openai.com/docs/api-reference/images/createEdit). */
const MOST_GIVEN = 16;

/** More pictures on the way to one are never sent. */
const MOST_PARTIAL = 3;

/** Of a request that brings pictures. */
export const IMAGE_FORM: FormShape = {
  files: ['image'],
  optionalFiles: ['mask', 'markup'],
  lists: ['image'],
  numbers: ['n', 'output_compression', 'partial_images', 'frame_count', 'frame_duration_ms'],
  booleans: ['stream'],
};

/** A request for pictures on its way. */
export interface ImageCall extends Call {
  request: PlainRequest;
}

interface Read {
  request: PlainRequest;
  control: Control;
}

/**
 * Reads a request for pictures (https://platform.openai.com/docs/api-reference/images/create).
 * @throws GatewayError `invalid_json`, `missing_parameter`, `invalid_type`, `invalid_value` or
 *   `unsupported_parameter`, naming the parameter.
 */
export function readImageRequest(bytes: Uint8Array, readHeader?: ReadHeader): Read {
  const read = readPlainRequest('image', bytes, readHeader, true);
  checkPrompt(read.request.body().prompt);
  return checked(read);
}

/**
 * Reads a request to edit pictures that came as a form (https://platform.openai.com/docs/api-reference/images/createEdit).
 * @throws GatewayError as `readFormRequest`.
 */
export function readImageEditForm(parts: readonly FormPart[], readHeader?: ReadHeader): Read {
  const { request, control } = readFormRequest('image', parts, IMAGE_FORM, readHeader);
  if (filesOf(parts, 'image').length > MOST_GIVEN) throw tooMany('image');
  checkPrompt(request.body().prompt);
  return checked({ request: { ...request, task: 'edit' }, control });
}

/**
 * The same as JSON, with the pictures by their addresses, or in data URLs.
 * @throws GatewayError as `readImageRequest`.
 */
export function readImageEdit(bytes: Uint8Array, readHeader?: ReadHeader): Read {
  const { request, control } = readPlainRequest('image', bytes, readHeader, true);
  const { images, mask, prompt } = request.body();
  if (images === undefined || images === null) {
    throw new GatewayError('missing_parameter', { param: 'images', message: 'images is required.' });
  }
  if (!Array.isArray(images)) throw wrongType('images', 'a list');
  if (images.length === 0) {
    throw new GatewayError('invalid_value', { param: 'images', message: 'images must not be empty.' });
  }
  if (images.length > MOST_GIVEN) throw tooMany('images');
  for (const [index, image] of images.entries()) checkReference(image, `images[${index}]`);
  if (mask !== undefined && mask !== null) checkReference(mask, 'mask');
  checkPrompt(prompt);
  return checked({ request: { ...request, task: 'edit' }, control });
}

/**
 * Reads a request for variations of a picture (https://platform.openai.com/docs/api-reference/images/createVariation).
 * @throws GatewayError as `readFormRequest`.
 */
export function readImageVariation(parts: readonly FormPart[], readHeader?: ReadHeader): Read {
  const { request, control } = readFormRequest('image', parts, IMAGE_FORM, readHeader);
  if (filesOf(parts, 'image').length > 1) {
    throw new GatewayError('invalid_value', { param: 'image', message: 'image must be one picture.' });
  }
  if (request.stream) throw unsupported('stream', 'stream is not supported here: variations come whole.');
  return checked({ request: { ...request, task: 'variation' }, control });
}

/** How the client of a request for pictures wants them. */
export function formatOf(request: PlainRequest): ImageFormat {
  const { response_format: format } = request.body();
  if (request.stream) return 'b64_json';
  return format === 'url' || format === 'b64_json' ? format : null;
}

/** Checks what all requests for pictures have. */
function checked(read: Read): Read {
  const { request, control } = read;
  const { response_format: format, partial_images: partial } = request.body();
  if (format !== undefined && format !== null && format !== 'url' && format !== 'b64_json') {
    throw new GatewayError('invalid_value', {
      param: 'response_format',
      message: 'response_format must be one of "url", "b64_json".',
    });
  }
  if (control.answers > MOST_IMAGES) {
    throw new GatewayError('invalid_value', { param: 'n', message: `n must be at most ${MOST_IMAGES}.` });
  }
  if (partial !== undefined && partial !== null) checkPartial(partial, request.stream);
  if (!request.stream) return read;
  if (control.answers > 1) throw unsupported('n', 'n must be 1 with stream: the events are of one picture.');
  if (format === 'url') {
    throw unsupported(
      'response_format',
      'response_format must be "b64_json" with stream: events have no links.',
    );
  }
  return read;
}

function checkPrompt(prompt: Json | undefined): void {
  if (prompt === undefined || prompt === null) {
    throw new GatewayError('missing_parameter', { param: 'prompt', message: 'prompt is required.' });
  }
  if (typeof prompt !== 'string') throw wrongType('prompt', 'a string');
  if (prompt === '') {
    throw new GatewayError('invalid_value', { param: 'prompt', message: 'prompt must not be empty.' });
  }
}

function checkPartial(partial: Json, stream: boolean): void {
  if (typeof partial !== 'number' || !Number.isInteger(partial))
    throw wrongType('partial_images', 'an integer');
  if (partial < 0 || partial > MOST_PARTIAL) {
    const message = `partial_images must be from 0 to ${MOST_PARTIAL}.`;
    throw new GatewayError('invalid_value', { param: 'partial_images', message });
  }
  if (partial > 0 && !stream) throw unsupported('partial_images', 'partial_images needs "stream": true.');
}

function checkReference(reference: Json, param: string): void {
  if (!isObject(reference)) throw wrongType(param, 'an object with an image_url');
  const { image_url: url, file_id: file }: JsonObject = reference;
  if (file !== undefined && file !== null) {
    throw unsupported(
      `${param}.file_id`,
      `${param}.file_id is no id of a file of this gateway: give the picture as a data URL, or upload it to /v1/files.`,
    );
  }
  if (typeof url !== 'string') throw wrongType(`${param}.image_url`, 'a URL or a data URL');
}

function tooMany(param: string): GatewayError {
  const message = `${param} must be at most ${MOST_GIVEN} pictures.`;
  return new GatewayError('invalid_value', { param, message });
}

function wrongType(param: string, what: string): GatewayError {
  return new GatewayError('invalid_type', { param, message: `${param} must be ${what}.` });
}

function unsupported(param: string, message: string): GatewayError {
  return new GatewayError('unsupported_parameter', { param, message });
}
