import { asObject, asString, isObject, type Json, type JsonObject } from '../../../../lib/json.ts';
import { readableFile } from '../../translated.ts';
import type { Dropped } from '../dropped.ts';
import { invalid, unsupported, wrongType } from '../refuse.ts';

/** Members of parts that the API has as well. */
const SHARED = ['prompt_cache_breakpoint'] as const;

/**
 * The content of a message, or of a tool's result, as the Responses API has it: text, or a list of parts.
 * @param at the place in the request, e.g. `messages[0].content`.
 * @throws GatewayError `unsupported_parameter` for parts that cannot be sent, naming the part.
 */
export function inputContent(content: Json | undefined, at: string, dropped: Dropped): string | JsonObject[] {
  if (content === undefined || content === null) return '';
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw wrongType(at, 'a string or an array');
  return content.map((part, index) => inputPart(part, `${at}[${index}]`, dropped));
}

function inputPart(given: Json, at: string, dropped: Dropped): JsonObject {
  if (typeof given === 'string') return { type: 'input_text', text: given };
  const part = readableFile(given);
  if (!isObject(part)) throw wrongType(at, 'an object');
  const shared: JsonObject = {};
  for (const name of SHARED) if (part[name] !== undefined) shared[name] = part[name];
  switch (part.type) {
    case 'text':
      reportOthers(part, ['text'], dropped);
      return { type: 'input_text', text: asString(part.text) ?? '', ...shared };
    case 'image_url':
      reportOthers(part, ['image_url'], dropped);
      return { ...imagePart(part.image_url, at), ...shared };
    case 'file':
      reportOthers(part, ['file'], dropped);
      return { ...filePart(part.file, at), ...shared };
    default:
      throw unsupported(at, `Content of type "${asString(part.type) ?? ''}" cannot be sent to this model.`);
  }
}

function imagePart(given: Json | undefined, at: string): JsonObject {
  const image = typeof given === 'string' ? { url: given } : asObject(given);
  const url = asString(image?.url);
  if (!image || !url) throw invalid(`${at}.image_url.url`, 'An image needs a URL.');
  return { type: 'input_image', image_url: url, detail: asString(image.detail) ?? 'auto' };
}

function filePart(given: Json | undefined, at: string): JsonObject {
  const { file_data: data, file_id: id, filename } = asObject(given) ?? {};
  const named: JsonObject = typeof filename === 'string' ? { filename } : {};
  if (typeof data === 'string' && /^https?:/.test(data)) return { type: 'input_file', file_url: data };
  // Data without the name of its file is refused.
  if (typeof data === 'string')
    return { type: 'input_file', filename: 'document.pdf', ...named, file_data: data };
  if (typeof id === 'string') return { type: 'input_file', file_id: id };
  throw invalid(`${at}.file`, 'A file needs `file_data` or `file_id`.');
}

/**
 * What an earlier answer said, as parts of an output message.
 * @throws GatewayError `unsupported_parameter` for what no answer in text can hold.
 */
export function outputContent({ content, refusal }: JsonObject, at: string, dropped: Dropped): JsonObject[] {
  const parts: JsonObject[] = [];
  if (typeof content === 'string') parts.push(...saidText(content));
  else if (Array.isArray(content)) {
    for (const [index, part] of content.entries()) parts.push(...saidPart(part, `${at}[${index}]`, dropped));
  } else if (content !== undefined && content !== null) throw wrongType(at, 'a string or an array');
  if (typeof refusal === 'string' && refusal !== '') parts.push({ type: 'refusal', refusal });
  return parts;
}

function saidText(text: string): JsonObject[] {
  return text === '' ? [] : [{ type: 'output_text', text }];
}

function saidPart(part: Json, at: string, dropped: Dropped): JsonObject[] {
  if (typeof part === 'string') return saidText(part);
  if (!isObject(part)) throw wrongType(at, 'an object');
  if (part.type === 'refusal') return [{ type: 'refusal', refusal: asString(part.refusal) ?? '' }];
  if (part.type !== 'text') {
    throw unsupported(at, `Content of type "${asString(part.type) ?? ''}" cannot stand in an answer here.`);
  }
  reportOthers(part, ['text'], dropped);
  return saidText(asString(part.text) ?? '');
}

/** Reports what of a part has no place. */
function reportOthers(part: JsonObject, read: readonly string[], dropped: Dropped): void {
  for (const [name, value] of Object.entries(part)) {
    const isKnown = name === 'type' || read.includes(name) || SHARED.some((shared) => shared === name);
    if (!isKnown && value !== null && value !== undefined) dropped.add(`messages.content.${name}`);
  }
}
