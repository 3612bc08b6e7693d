import { asArray, asObject, isObject, type Json, type JsonObject, parseJson } from '../../lib/json.ts';
import { type FileUse, type InlineOptions, loadFiles, mayNameFiles } from '../files/inline.ts';
import { checkPicture, dataUrl, isOwn } from '../files/places.ts';
import type { LoadedFile } from '../files/types.ts';

/**
 * The body of a request to edit pictures, with those that it names by our ids in their places. Without such ids it is
 * the same body, which is told without a promise.
 * @throws GatewayError `not_found` with the place as its parameter, `request_too_large`, `invalid_value`,
 *   `storage_unavailable`.
 */
export function inlinePictures(bytes: Uint8Array, options: InlineOptions): Uint8Array | Promise<Uint8Array> {
  if (!mayNameFiles(bytes)) return bytes;
  const body = parseJson(new TextDecoder().decode(bytes));
  // What is no JSON is refused where requests are read.
  if (!isObject(body)) return bytes;
  const uses: FileUse[] = [];
  changeReferences(body, (reference, param) => {
    if (isOwn(reference.file_id)) uses.push({ id: reference.file_id, param });
    return reference;
  });
  if (uses.length === 0) return bytes;
  return loadFiles(uses, bytes.byteLength, options).then((files) => {
    const filled = changeReferences(body, (reference, param) => {
      const file = isOwn(reference.file_id) ? files.get(reference.file_id) : undefined;
      return file ? filledWith(reference, file, param) : reference;
    });
    return new TextEncoder().encode(JSON.stringify(filled));
  });
}

/** `images` and `mask`: https://platform.openai.com/docs/api-reference/images/createEdit */
function changeReferences(
  body: JsonObject,
  change: (reference: JsonObject, param: string) => JsonObject,
): JsonObject {
  const changed: JsonObject = { ...body };
  if (Array.isArray(body.images)) {
    changed.images = asArray(body.images).map(
      (reference, index): Json =>
        isObject(reference) ? change(reference, `images[${index}].file_id`) : reference,
    );
  }
  const mask = asObject(body.mask);
  if (mask) changed.mask = change(mask, 'mask.file_id');
  return changed;
}

function filledWith({ file_id: _, ...rest }: JsonObject, file: LoadedFile, param: string): JsonObject {
  return { ...rest, image_url: dataUrl(checkPicture(file, param, '')) };
}
