import { GatewayError } from '../../errors.ts';
import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { Dropped } from './dropped.ts';

/** Blocks of the Messages API that a caller may put among OpenAI's parts; sent as they are. */
const NATIVE_BLOCKS: ReadonlySet<string> = new Set([
  'image',
  'document',
  'search_result',
  'tool_reference',
  'container_upload',
]);

const TEXT_TYPES =
  /^(?:text\/.+|application\/(?:json|xml|yaml|x-yaml|x-ndjson|javascript|toml)|application\/[\w.-]+\+(?:json|xml))$/;
const TEXT_NAMES = /\.(?:txt|md|csv|tsv|json|jsonl|xml|ya?ml|html?|log|toml)$/i;

/** The content of a message as blocks. Empty texts are left out, as the API refuses them. */
export function contentBlocks(content: Json | undefined, at: string, dropped: Dropped): JsonObject[] {
  if (content === undefined || content === null) return [];
  if (typeof content === 'string') return textBlocks(content, undefined);
  return asArray(content).flatMap((part, index) => partBlocks(part, `${at}[${index}]`, dropped));
}

/** A text block, or nothing when there is only white space in it. */
export function textBlocks(text: string, cacheControl: Json | undefined): JsonObject[] {
  if (text.trim() === '') return [];
  return [withCache({ type: 'text', text }, cacheControl)];
}

/** The block with the caller's `cache_control`, when there is one. */
export function withCache(block: JsonObject, cacheControl: Json | undefined): JsonObject {
  if (isObject(cacheControl)) block.cache_control = cacheControl;
  return block;
}

function partBlocks(part: Json, at: string, dropped: Dropped): JsonObject[] {
  if (typeof part === 'string') return textBlocks(part, undefined);
  if (!isObject(part)) throw invalid(at, 'A content part must be an object.');
  const type = asString(part.type) ?? '';
  switch (type) {
    case 'text':
      return textBlocks(asString(part.text) ?? '', part.cache_control);
    case 'refusal':
      return textBlocks(asString(part.refusal) ?? '', part.cache_control);
    case 'image_url':
      return [withCache(imageBlock(part, at, dropped), part.cache_control)];
    case 'file':
      return [withCache(fileBlock(part, at), part.cache_control)];
    default:
      if (NATIVE_BLOCKS.has(type)) return [{ ...part }];
      throw unsupported(at, `Content of type "${type}" cannot be sent to this model.`);
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
  if (!url.startsWith('data:')) return { type: 'image', source: { type: 'url', url } };
  const data = parseDataUrl(url);
  if (!data?.base64) throw invalid(`${at}.image_url.url`, 'The data URL of an image must be base64.');
  return { type: 'image', source: { type: 'base64', media_type: data.mediaType, data: data.data } };
}

/** https://platform.claude.com/docs/en/build-with-claude/pdf-support */
function fileBlock(part: JsonObject, at: string): JsonObject {
  const file = asObject(part.file);
  const fileData = asString(file?.file_data);
  const name = asString(file?.filename);
  if (!fileData) {
    throw unsupported(`${at}.file`, 'Files are sent to this model with their content, as `file_data`.');
  }
  const block: JsonObject = { type: 'document', source: documentSource(fileData, name, `${at}.file`) };
  if (name) block.title = name;
  return block;
}

function documentSource(fileData: string, name: string | undefined, at: string): JsonObject {
  if (/^https?:\/\//i.test(fileData)) return { type: 'url', url: fileData };
  const data = fileData.startsWith('data:') ? parseDataUrl(fileData) : bareFile(fileData, name);
  if (data?.mediaType === 'application/pdf' && data.base64) {
    return { type: 'base64', media_type: 'application/pdf', data: data.data };
  }
  if (data && TEXT_TYPES.test(data.mediaType)) {
    const text = data.base64 ? decodeText(data.data) : safeDecodeUri(data.data);
    if (text === null) throw invalid(`${at}.file_data`, 'The file is not valid base64 of UTF-8 text.');
    return { type: 'text', media_type: 'text/plain', data: text };
  }
  throw unsupported(at, 'Only PDF and text files can be sent to this model.');
}

interface FileData {
  mediaType: string;
  base64: boolean;
  data: string;
}

/** Base64 without a data URL around it: told by the PDF signature or the file's name. */
function bareFile(data: string, name: string | undefined): FileData | null {
  if (data.startsWith('JVBERi') || name?.toLowerCase().endsWith('.pdf')) {
    return { mediaType: 'application/pdf', base64: true, data };
  }
  return name && TEXT_NAMES.test(name) ? { mediaType: 'text/plain', base64: true, data } : null;
}

/** RFC 2397. The data can be megabytes long, so it is cut out without a pattern over it. */
function parseDataUrl(url: string): FileData | null {
  const comma = url.indexOf(',');
  if (comma < 0) return null;
  const parameters = url.slice(5, comma).split(';');
  const base64 = parameters.at(-1)?.trim().toLowerCase() === 'base64';
  const mediaType = parameters[0]?.trim().toLowerCase() || 'text/plain';
  return { mediaType, base64, data: url.slice(comma + 1) };
}

function decodeText(base64: string): string | null {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return null;
  }
}

function safeDecodeUri(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Content that cannot be said on this wire is an error: leaving it out would change the question. */
export function unsupported(param: string, message: string): GatewayError {
  return new GatewayError('unsupported_parameter', { param, message });
}

export function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_value', { param, message });
}
