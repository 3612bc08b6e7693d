import { GatewayError } from '../../errors.ts';
import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { Dropped } from './dropped.ts';
import { fileData, inlineData, isAddress, mediaPart, typeOfName } from './media.ts';

/** Members that make an untyped part one of the Gemini API's own; sent as it is. */
const NATIVE_PARTS = ['text', 'inlineData', 'fileData', 'inline_data', 'file_data'] as const;

/** Address of files that were uploaded to the Gemini API (https://ai.google.dev/gemini-api/docs/files). */
const FILES = 'https://generativelanguage.googleapis.com/v1beta/';

/**
 * The content of a message as parts, one for each of OpenAI's.
 * @param at the place in the request, e.g. `messages[0].content`.
 * @throws GatewayError `unsupported_parameter` for content that cannot be sent, naming the part.
 */
export function contentParts(content: Json | undefined, at: string, dropped: Dropped): JsonObject[] {
  if (content === undefined || content === null) return [];
  if (typeof content === 'string') return [{ text: content }];
  return asArray(content).map((part, index) => encodePart(part, `${at}[${index}]`, dropped));
}

function encodePart(part: Json, at: string, dropped: Dropped): JsonObject {
  if (typeof part === 'string') return { text: part };
  if (!isObject(part)) throw invalid(at, 'A content part must be an object.');
  if (part.cache_control) dropped.add('messages.content.cache_control');
  switch (part.type) {
    case 'text':
      return { text: asString(part.text) ?? '' };
    case 'refusal':
      return { text: asString(part.refusal) ?? '' };
    case 'image_url':
      return imagePart(part, at, dropped);
    case 'video_url':
      return mediaPart(urlOf(part.video_url, `${at}.video_url`), `${at}.video_url.url`);
    case 'input_audio':
      return audioPart(part, at);
    case 'file':
      return filePart(part, at);
    case undefined:
      if (NATIVE_PARTS.some((name) => part[name] !== undefined)) return part;
      throw invalid(`${at}.type`, 'A content part needs a type.');
    default:
      throw unsupported(at, `Content of type "${part.type}" cannot be sent to this model.`);
  }
}

function urlOf(value: Json | undefined, at: string): string {
  const url = typeof value === 'string' ? value : asString(asObject(value)?.url);
  if (!url) throw invalid(`${at}.url`, 'A URL is missing.');
  return url;
}

function imagePart(part: JsonObject, at: string, dropped: Dropped): JsonObject {
  const detail = asObject(part.image_url)?.detail;
  if (detail !== undefined && detail !== null && detail !== 'auto') {
    dropped.add('messages.content.image_url.detail');
  }
  return mediaPart(urlOf(part.image_url, `${at}.image_url`), `${at}.image_url.url`);
}

/** https://ai.google.dev/gemini-api/docs/audio#supported-formats */
function audioPart(part: JsonObject, at: string): JsonObject {
  const audio = asObject(part.input_audio);
  const data = asString(audio?.data);
  const format = asString(audio?.format);
  if (!data) throw invalid(`${at}.input_audio.data`, 'Audio needs data.');
  if (/^data:/i.test(data) || isAddress(data)) return mediaPart(data, `${at}.input_audio.data`);
  if (!format) throw invalid(`${at}.input_audio.format`, 'Audio needs a format.');
  return inlineData(`audio/${format}`, data);
}

function filePart(part: JsonObject, at: string): JsonObject {
  const file = asObject(part.file);
  const data = asString(file?.file_data);
  const name = asString(file?.filename) ?? '';
  if (data) {
    if (/^data:/i.test(data) || isAddress(data)) return mediaPart(data, `${at}.file.file_data`);
    const mimeType = data.startsWith('JVBERi') ? 'application/pdf' : typeOfName(name);
    if (mimeType) return inlineData(mimeType, data);
    throw unsupported(at, 'The type of the file is not known: give `file_data` as a data URL.');
  }
  const id = asString(file?.file_id) ?? '';
  if (isAddress(id)) return fileData(id);
  if (/^files\/[\w-]+$/.test(id)) return fileData(FILES + id);
  throw unsupported(at, 'Files are sent to this model as `file_data`, or by the URI of a Gemini file.');
}

/** Content that cannot be said on this wire is an error: leaving it out would change the question. */
export function unsupported(param: string, message: string): GatewayError {
  return new GatewayError('unsupported_parameter', { param, message });
}

export function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_value', { param, message });
}
