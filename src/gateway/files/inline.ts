import { GatewayError } from '../../errors.ts';
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts';
import { mapConcurrently } from '../../lib/map-concurrently.ts';
import { sniffMediaType } from '../../lib/media-type.ts';
import { changeParts, type FilePlaces, type ParamOf } from './places.ts';
import type { FindFile, LoadedFile, NamedFile } from './types.ts';

/** Files that are read at the same time. */
const TOGETHER = 4;

/** How an id of ours stands in JSON: a time in base 32 begins with 0 for a thousand years to come. */
const ID_IN_JSON = '"file-0';

export interface InlineOptions {
  find: FindFile;
  /** What the request may become, bytes. */
  maxBytes: number;
}

/** Whether a body may name a file of ours: a search of bytes, so that bodies are not parsed for it. */
export function mayNameFiles(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(ID_IN_JSON);
}

/**
 * A request's body in which files that it names by our ids stand themselves. Without such ids it is the same body,
 * which is told without a promise.
 * @throws GatewayError `not_found` with the place as its parameter, `request_too_large`, `invalid_value`,
 *   `storage_unavailable`.
 */
export function inlineFiles(
  bytes: Uint8Array,
  places: FilePlaces,
  options: InlineOptions,
): Uint8Array | Promise<Uint8Array> {
  if (!mayNameFiles(bytes)) return bytes;
  const body = parseJson(new TextDecoder().decode(bytes));
  // What is no JSON is refused where requests are read.
  if (!isObject(body)) return bytes;
  const inlined = inlineFilesOf(body, bytes.byteLength, places, options);
  if (!(inlined instanceof Promise)) return bytes;
  return inlined.then((late) => new TextEncoder().encode(JSON.stringify(late)));
}

/**
 * The same for a body that is parsed.
 * @param size of the body as it came, bytes.
 * @param paramOf what errors call a place behind an item; absent: as it is.
 */
export function inlineFilesOf(
  body: JsonObject,
  size: number,
  places: FilePlaces,
  options: InlineOptions,
  paramOf: ParamOf = (index, path) => `${places.member}[${index}]${path}`,
): JsonObject | Promise<JsonObject> {
  const items = body[places.member];
  if (!Array.isArray(items)) return body;
  const uses: FileUse[] = [];
  changeParts(items, paramOf, (part, paramAt) => {
    const named = places.find(part);
    if (named) uses.push({ id: named.id, param: paramAt(named.path) });
    return part;
  });
  if (uses.length === 0) return body;
  return loadFiles(uses, size, options).then((files) => ({
    ...body,
    [places.member]: changeParts(items, paramOf, (part, paramAt) => {
      const named = places.find(part);
      const file = named ? files.get(named.id) : undefined;
      return named && file ? named.fill(file, paramAt(named.path)) : part;
    }),
  }));
}

/** Where a request names a file. */
export interface FileUse {
  id: string;
  param: string;
}

/**
 * The files that a request names, each read once, by their ids.
 * @param size of the request as it came, bytes.
 * @throws GatewayError `not_found`, `request_too_large`, `storage_unavailable`.
 */
export async function loadFiles(
  uses: readonly FileUse[],
  size: number,
  { find, maxBytes }: InlineOptions,
): Promise<Map<string, LoadedFile>> {
  const first = new Map(uses.toReversed().map(({ id, param }) => [id, param]));
  const found = new Map(
    await mapConcurrently(
      [...first].toReversed(),
      TOGETHER,
      async ([id, param]): Promise<[string, NamedFile]> => [id, await find(id, param)],
    ),
  );
  let total = size;
  for (const { id, param } of uses) {
    total += Math.ceil((found.get(id)?.bytes ?? 0) / 3) * 4;
    if (total > maxBytes) {
      throw new GatewayError('request_too_large', {
        param,
        message: `With the files that it names the request is over the limit of ${Math.floor(maxBytes / 1024 / 1024)} MB; in base64 a file is a third larger than it is.`,
      });
    }
  }
  return new Map(
    await mapConcurrently([...found], TOGETHER, async ([id, file]): Promise<[string, LoadedFile]> => {
      const bytes = await file.read();
      const mediaType = sniffMediaType(bytes) ?? file.contentType;
      return [id, { filename: file.filename, mediaType, bytes }];
    }),
  );
}
