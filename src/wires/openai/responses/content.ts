import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import type { MemberNames, Origins } from '../../param-names.ts';
import type { Dropped } from './dropped.ts';
import { invalid, missing, unsupported, wrongType } from './refuse.ts';

/** What members of parts are called here. */
const PART: MemberNames = {
  type: 'type',
  text: 'text',
  image_url: 'image_url',
  'image_url.detail': 'detail',
  'file.file_id': 'file_id',
  'file.filename': 'filename',
  input_audio: 'input_audio',
  'input_audio.data': 'input_audio.data',
  'input_audio.format': 'input_audio.format',
};

/** A file is given in one of three ways. */
function namesOf(part: Json): MemberNames {
  const file = ['file_data', 'file_url', 'file_id'].find(
    (name) => asString(asObject(part)?.[name]) !== undefined,
  );
  return file === undefined ? PART : { ...PART, file };
}

/**
 * Content of a message or of a tool's output as chat completions have it: text, or a list of parts. Members that
 * are not known here travel (`cache_control`, `prompt_cache_breakpoint`).
 * @param at the place in the request, e.g. `input[0].content`.
 * @param origins takes note of the parts.
 * @throws GatewayError `unsupported_parameter` for content that cannot be sent, naming the part.
 */
export function contentOf(
  content: Json | undefined,
  at: string,
  dropped: Dropped,
  origins: Origins,
): string | JsonObject[] {
  if (content === undefined || content === null) throw missing(at);
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw wrongType(at, 'a string or an array');
  const parts = content.map((part, index) => {
    const place = `${at}[${index}]`;
    return origins.note(partOf(part, place, dropped), place, namesOf(part));
  });
  return plainText(parts) ?? parts;
}

/** The text of a single part that says nothing but its text: many hosts take no list there. */
function plainText(parts: readonly JsonObject[]): string | undefined {
  const [only] = parts;
  if (parts.length !== 1 || only?.type !== 'text' || Object.keys(only).length !== 2) return undefined;
  return asString(only.text);
}

function partOf(part: Json, at: string, dropped: Dropped): JsonObject {
  if (!isObject(part)) throw wrongType(at, 'an object');
  switch (part.type) {
    case 'input_text':
      return textPart(part, at);
    case 'input_image':
      return imagePart(part, at);
    case 'input_file':
      return filePart(part, at, dropped);
    case 'input_audio':
      return part;
    case undefined:
      throw missing(`${at}.type`);
    default:
      throw unsupported(at, `Content of type "${asString(part.type)}" cannot be sent to a chat model.`);
  }
}

function textPart({ type: _, text, ...rest }: JsonObject, at: string): JsonObject {
  if (typeof text !== 'string') throw wrongType(`${at}.text`, 'a string');
  return { type: 'text', text, ...rest };
}

function imagePart(
  { type: _, image_url: url, file_id: id, detail, ...rest }: JsonObject,
  at: string,
): JsonObject {
  if (typeof url !== 'string' || url === '') {
    if (typeof id !== 'string') throw missing(`${at}.image_url`);
    throw unsupported(
      `${at}.file_id`,
      'Images are sent to a chat model with their content or by URL, as `image_url`.',
    );
  }
  const image: JsonObject = { url };
  if (detail !== undefined && detail !== null) image.detail = detail;
  return { type: 'image_url', image_url: image, ...rest };
}

function filePart(part: JsonObject, at: string, dropped: Dropped): JsonObject {
  const { type: _, file_id: id, file_data: data, file_url: url, filename, detail, ...rest } = part;
  const file: JsonObject = {};
  if (typeof data === 'string') file.file_data = data;
  // Chat completions know no address of a file; the wires take one where the data stands.
  else if (typeof url === 'string') file.file_data = url;
  else if (typeof id === 'string') file.file_id = id;
  else throw invalid(at, 'A file needs `file_data`, `file_url` or `file_id`.');
  if (typeof filename === 'string') file.filename = filename;
  if (detail !== undefined && detail !== null && detail !== 'auto') dropped.add('input.content.detail');
  return { type: 'file', file, ...rest };
}

/** What a message of the assistant says. */
export interface Said {
  texts: JsonObject[];
  /** Null where nothing was refused. */
  refusal: string | null;
}

/**
 * The content of an earlier answer. Annotations and log probabilities are about it, not of it.
 * @throws GatewayError `unsupported_parameter` for parts that an answer of a chat model cannot have.
 */
export function saidOf(content: Json | undefined, at: string, origins: Origins): Said {
  if (typeof content === 'string') return { texts: [{ type: 'text', text: content }], refusal: null };
  if (!Array.isArray(content)) throw content == null ? missing(at) : wrongType(at, 'a string or an array');
  const said: Said = { texts: [], refusal: null };
  for (const [index, part] of asArray(content).entries()) {
    const place = `${at}[${index}]`;
    if (!isObject(part)) throw wrongType(place, 'an object');
    if (part.type === 'refusal') {
      said.refusal = (said.refusal ?? '') + (asString(part.refusal) ?? '');
    } else if (part.type === 'output_text' || part.type === 'input_text') {
      const { annotations: _, logprobs: __, ...rest } = part;
      said.texts.push(origins.note(textPart(rest, place), place, PART));
    } else {
      throw unsupported(
        place,
        `Content of type "${asString(part.type)}" cannot stand in an answer of a chat model.`,
      );
    }
  }
  return said;
}
