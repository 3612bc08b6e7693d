import { GatewayError } from '../../errors.ts';
import { isIdOf } from '../../lib/id.ts';
import { asArray, asObject, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { LoadedFile } from './types.ts';

/** A format of requests, as far as it names files. */
export interface FilePlaces {
  /** The member whose items hold content. */
  member: 'messages' | 'input';
  /** The file that a part of content names. */
  find(part: JsonObject): FileName | null;
}

/** @property path from the part to the id. */
interface FileName {
  id: string;
  path: string;
  /** The part with the file in its place. @throws GatewayError `invalid_value`. */
  fill(file: LoadedFile, param: string): JsonObject;
}

export const CHAT_PLACES: FilePlaces = {
  member: 'messages',
  find(part) {
    const { file_id: id, ...rest } = asObject(part.file) ?? {};
    if (part.type !== 'file' || !isOwn(id)) return null;
    return {
      id,
      path: 'file.file_id',
      fill: (file) => {
        const { file: _, ...others } = part;
        if (isPicture(file)) return { ...others, type: 'image_url', image_url: { url: dataUrl(file) } };
        return { ...part, file: { filename: file.filename, ...rest, file_data: dataUrl(file) } };
      },
    };
  },
};

export const RESPONSES_PLACES: FilePlaces = {
  member: 'input',
  find(part) {
    const { file_id: id, ...rest } = part;
    if (!isOwn(id)) return null;
    const asPicture = (file: LoadedFile): JsonObject => ({
      ...rest,
      type: 'input_image',
      image_url: dataUrl(file),
    });
    if (part.type === 'input_image') {
      return { id, path: 'file_id', fill: (file, param) => asPicture(checkPicture(file, param)) };
    }
    if (part.type !== 'input_file') return null;
    const fill = (file: LoadedFile): JsonObject =>
      isPicture(file) ? asPicture(file) : { filename: file.filename, ...rest, file_data: dataUrl(file) };
    return { id, path: 'file_id', fill };
  },
};

export const MESSAGES_PLACES: FilePlaces = {
  member: 'messages',
  find(part) {
    const source = asObject(part.source);
    const id = source?.file_id;
    if (source?.type !== 'file' || !isOwn(id)) return null;
    const path = 'source.file_id';
    if (part.type === 'image') {
      return {
        id,
        path,
        fill: (file, param) => ({ ...part, source: base64Source(checkPicture(file, param)) }),
      };
    }
    if (part.type !== 'document') return null;
    return {
      id,
      path,
      fill: (file, param) => {
        if (isPicture(file))
          throw wrongKind(param, file, 'a picture: name it in a block of the type "image"');
        return {
          title: file.filename,
          ...part,
          source: isText(file) ? textSource(file) : base64Source(file),
        };
      },
    };
  },
};

/** What errors call a path behind an item of a request. */
export type ParamOf = (index: number, path: string) => string;

/**
 * The items of a request with other parts in their content, also in that of results of tools and of
 * documents.
 * @param paramOf names a path behind an item, such as `.content[0].file_id`.
 * @param change answers another part, or the same; what it is given beside names a path behind the part.
 * @returns the very items where nothing was changed.
 */
export function changeParts(
  items: readonly Json[],
  paramOf: ParamOf,
  change: (part: JsonObject, paramAt: (path: string) => string) => JsonObject,
): Json[] {
  return items.map((item, index) => {
    if (!isObject(item)) return item;
    let changed: JsonObject = item;
    for (const member of ['content', 'output']) {
      const parts = item[member];
      if (!Array.isArray(parts)) continue;
      const paramIn: ParamOf = (place, path) => paramOf(index, `.${member}[${place}]${path}`);
      const inside = changeParts(parts, paramIn, change).map((part, place) =>
        isObject(part) ? change(part, (path) => paramIn(place, `.${path}`)) : part,
      );
      if (inside.every((part, place) => part === asArray(parts)[place])) continue;
      changed = { ...changed, [member]: inside };
    }
    // Documents of blocks: their source has the content.
    if (isObject(item.source)) {
      const paramIn: ParamOf = (_, path) => paramOf(index, `.source${path}`);
      const [source = item.source] = changeParts([item.source], paramIn, change);
      if (source !== item.source) changed = { ...changed, source };
    }
    return changed;
  });
}

/** Whether it is an id of a file of this gateway. Those of providers look otherwise. */
export function isOwn(id: Json | undefined): id is string {
  return typeof id === 'string' && isIdOf('file', id);
}

function isPicture({ mediaType }: LoadedFile): boolean {
  return mediaType.startsWith('image/');
}

function isText({ mediaType }: LoadedFile): boolean {
  return /^text\/|^application\/(.+\+)?(json|jsonl|xml|yaml)$/.test(mediaType);
}

/** @throws GatewayError `invalid_value` for what is no picture. */
export function checkPicture(
  file: LoadedFile,
  param: string,
  advice = ': name it as a file, not as an image',
): LoadedFile {
  if (isPicture(file)) return file;
  throw wrongKind(param, file, `no picture${advice}`);
}

function wrongKind(param: string, { mediaType }: LoadedFile, why: string): GatewayError {
  return new GatewayError('invalid_value', {
    param,
    message: `The file that ${param} names is ${mediaType}, ${why}.`,
  });
}

function base64Source({ mediaType, bytes }: LoadedFile): JsonObject {
  return { type: 'base64', media_type: mediaType, data: base64(bytes) };
}

function textSource({ bytes }: LoadedFile): JsonObject {
  return { type: 'text', media_type: 'text/plain', data: new TextDecoder().decode(bytes) };
}

/** A file as a data URL. */
export function dataUrl({ mediaType, bytes }: LoadedFile): string {
  return `data:${mediaType};base64,${base64(bytes)}`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
