import { GatewayError } from '../../errors.ts';
import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { Dropped } from './dropped.ts';

/** Formats by media type (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ImageBlock.html). */
const IMAGES: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
};

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html */
const DOCUMENTS: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/csv': 'csv',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'text/html': 'html',
  'text/plain': 'txt',
  'text/markdown': 'md',
};

/** Numbers the documents of one request: the API wants a name of each, and none twice. */
export class DocumentNames {
  #given = 0;

  /** A name that says nothing, as the API's page advises: a model may take a name for an instruction. */
  next(): string {
    return `document-${++this.#given}`;
  }
}

/** What the blocks of one request share. */
export interface ContentContext {
  names: DocumentNames;
  dropped: Dropped;
}

/** The content of a message as blocks. Empty texts are left out, as the API refuses them. */
export function contentBlocks(content: Json | undefined, at: string, context: ContentContext): JsonObject[] {
  if (content === undefined || content === null) return [];
  if (typeof content === 'string') return textBlocks(content);
  return asArray(content).flatMap((part, index) => partBlocks(part, `${at}[${index}]`, context));
}

/** A text block, or nothing when there is only white space in it. */
export function textBlocks(text: string): JsonObject[] {
  return text.trim() === '' ? [] : [{ text }];
}

/** The block behind which the prompt is cached, where the caller's `cache_control` asks for one. */
export function cachePoint(cacheControl: Json | undefined): JsonObject[] {
  if (!isObject(cacheControl)) return [];
  const ttl = asString(cacheControl.ttl);
  return [{ cachePoint: { type: 'default', ...(ttl === undefined ? {} : { ttl }) } }];
}

function partBlocks(part: Json, at: string, context: ContentContext): JsonObject[] {
  if (typeof part === 'string') return textBlocks(part);
  if (!isObject(part)) throw invalid(at, 'A content part must be an object.');
  const cached = cachePoint(part.cache_control);
  switch (part.type) {
    case 'text':
      return [...textBlocks(asString(part.text) ?? ''), ...cached];
    case 'refusal':
      return textBlocks(asString(part.refusal) ?? '');
    case 'image_url':
      return [imageBlock(part, at, context.dropped), ...cached];
    case 'file':
      return [documentBlock(part, at, context.names), ...cached];
    default:
      throw unsupported(
        at,
        `Content of type "${asString(part.type) ?? ''}" cannot be sent to this provider.`,
      );
  }
}

function imageBlock(part: JsonObject, at: string, dropped: Dropped): JsonObject {
  const image = typeof part.image_url === 'string' ? { url: part.image_url } : asObject(part.image_url);
  const url = asString(image?.url);
  if (!url) throw invalid(`${at}.image_url.url`, 'An image needs a URL.');
  const detail = image?.detail;
  if (detail !== undefined && detail !== null && detail !== 'auto') {
    dropped.add('messages.content.image_url.detail');
  }
  const data = parseDataUrl(url);
  if (!data) {
    throw unsupported(`${at}.image_url.url`, 'Images are sent to this provider as base64 data URLs.');
  }
  const format = IMAGES[data.mediaType];
  if (!format)
    throw unsupported(`${at}.image_url.url`, 'Images for this provider are PNG, JPEG, GIF or WebP.');
  return { image: { format, source: { bytes: data.base64 } } };
}

function documentBlock(part: JsonObject, at: string, names: DocumentNames): JsonObject {
  const data = parseDataUrl(asString(asObject(part.file)?.file_data) ?? '');
  if (!data) {
    throw unsupported(`${at}.file`, 'Files are sent to this provider with their content, as a data URL.');
  }
  const format = DOCUMENTS[data.mediaType];
  if (!format) throw unsupported(`${at}.file`, `Files of ${data.mediaType} cannot be sent to this provider.`);
  return { document: { format, name: names.next(), source: { bytes: data.base64 } } };
}

/** RFC 2397, base64 only. The data can be megabytes long, so it is cut out without a pattern over it. */
function parseDataUrl(url: string): { mediaType: string; base64: string } | null {
  const comma = url.indexOf(',');
  if (!url.startsWith('data:') || comma < 0) return null;
  const parameters = url.slice(5, comma).split(';');
  if (parameters.at(-1)?.trim().toLowerCase() !== 'base64') return null;
  return { mediaType: parameters[0]?.trim().toLowerCase() || 'text/plain', base64: url.slice(comma + 1) };
}

/** Content that cannot be said on this wire is an error: leaving it out would change the question. */
export function unsupported(param: string, message: string): GatewayError {
  return new GatewayError('unsupported_parameter', { param, message });
}

/** What is not OpenAI's shape. */
export function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_value', { param, message });
}
