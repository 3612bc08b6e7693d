import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import type { MemberNames, Origins } from '../../param-names.ts';
import { invalid, unsupported } from '../content.ts';
import type { Dropped } from '../dropped.ts';
import { missing, wrongType } from './refuse.ts';

/** Blocks that chat completions have no part for; among parts they are sent on to whoever knows them. */
const SENT_ON: ReadonlySet<string> = new Set(['search_result', 'tool_reference', 'container_upload']);

/** The content of a message or tool result: text as such, or the objects of its blocks. */
export function readContent(content: Json | undefined, at: string): string | JsonObject[] {
  if (typeof content === 'string') return content;
  if (content === undefined || content === null) throw missing(at);
  if (!Array.isArray(content)) throw wrongType(at, 'a string or an array of content blocks');
  return content.map((block, index) => {
    if (!isObject(block)) throw wrongType(`${at}[${index}]`, 'an object');
    return block;
  });
}

/** Content of parts as chat completions write it: one plain text is a string. */
export function contentOf(parts: readonly JsonObject[]): Json {
  const [only] = parts;
  const plain = parts.length === 1 && only?.type === 'text' && only.cache_control === undefined;
  return plain ? (only.text ?? '') : [...parts];
}

/** What members of parts are called here. */
const BLOCK: MemberNames = {
  type: 'type',
  text: 'text',
  image_url: 'source',
  file: 'source',
  'file.filename': 'title',
  cache_control: 'cache_control',
};

/**
 * A content block as a part of a chat message.
 * @param origins takes note of the part.
 * @throws GatewayError `unsupported_parameter` for blocks of the provider's own tools, and unknown ones.
 */
export function partOf(block: JsonObject, at: string, dropped: Dropped, origins: Origins): JsonObject {
  const type = asString(block.type) ?? '';
  switch (type) {
    case 'text':
      return textPart(block, at, dropped, origins);
    case 'image':
      return origins.note(imagePart(block, at), at, BLOCK);
    case 'document':
      return origins.note(documentPart(block, at), at, BLOCK);
    default:
      if (SENT_ON.has(type)) return origins.note(block, at);
      throw unsupported(at, `Content of type "${type}" cannot be sent through this gateway.`);
  }
}

export function textPart(block: JsonObject, at: string, dropped: Dropped, origins: Origins): JsonObject {
  if (block.type !== 'text') throw unsupported(at, 'Only text can stand here.');
  if (typeof block.text !== 'string') throw wrongType(`${at}.text`, 'a string');
  if (asArray(block.citations).length > 0) dropped.add('messages.content.citations');
  return origins.note(marked({ type: 'text', text: block.text }, block), at, BLOCK);
}

/** The part with the block's `cache_control`, where it has one. */
export function marked(part: JsonObject, block: JsonObject): JsonObject {
  if (isObject(block.cache_control)) part.cache_control = block.cache_control;
  return part;
}

/** https://platform.claude.com/docs/en/build-with-claude/vision */
function imagePart(block: JsonObject, at: string): JsonObject {
  const url = sourceUrl(block, at);
  // Files of Anthropic's own store, and what is to be done to an image, no other provider knows.
  if (url === null || isGiven(block.transformations)) return block;
  return marked({ type: 'image_url', image_url: { url } }, block);
}

/** https://platform.claude.com/docs/en/build-with-claude/pdf-support */
function documentPart(block: JsonObject, at: string): JsonObject {
  const own = asObject(block.citations)?.enabled === true || isGiven(block.context);
  const data = own ? null : documentData(block, at);
  if (data === null) return block;
  const file: JsonObject = { file_data: data };
  if (typeof block.title === 'string') file.filename = block.title;
  return marked({ type: 'file', file }, block);
}

function documentData(block: JsonObject, at: string): string | null {
  const source = asObject(block.source);
  if (source?.type !== 'text') return sourceUrl(block, at);
  if (typeof source.data !== 'string') throw wrongType(`${at}.source.data`, 'a string');
  return `data:text/plain;base64,${base64(source.data)}`;
}

function base64(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The address of a source, or its data as an address; null for sources of other kinds. */
function sourceUrl(block: JsonObject, at: string): string | null {
  const source = asObject(block.source);
  if (!source) throw missing(`${at}.source`);
  switch (source.type) {
    case 'url':
      if (!asString(source.url)) throw invalid(`${at}.source.url`, 'A source of type "url" needs its URL.');
      return asString(source.url) ?? '';
    case 'base64':
      if (typeof source.media_type !== 'string' || typeof source.data !== 'string') {
        throw invalid(`${at}.source`, 'A source of type "base64" needs its media_type and its data.');
      }
      return `data:${source.media_type};base64,${source.data}`;
    default:
      return null;
  }
}

function isGiven(value: Json | undefined): boolean {
  return value !== undefined && value !== null;
}
