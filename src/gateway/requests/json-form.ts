import { GatewayError } from '../../errors.ts';
import { parseBody } from '../../json-body.ts';
import { asObject, isObject, type Json } from '../../lib/json.ts';
import type { FormFile, FormPart } from '../../lib/multipart/types.ts';
import { EXTENSIONS } from '../../wires/extensions.ts';
import type { InlineOptions } from '../files/inline.ts';
import { isOwn } from '../files/places.ts';
import type { FormShape } from './form-request.ts';

const OWN = new Set<string>(EXTENSIONS);

/**
 * The form that a JSON object stands for, where no form can be sent. A file is named by its id of ours, as
 * `"file": "file-…"` or `"file": {"file_id": "file-…"}`; all else stands in the fields that SDKs would send.
 * @throws GatewayError `invalid_json`, `invalid_type`; `invalid_type` or `invalid_value` for a member that is not what it should be;
 *   `not_found`, `request_too_large`, `storage_unavailable` of files, with the place as parameter.
 */
export async function formOfJson(
  bytes: Uint8Array,
  shape: FormShape,
  files: InlineOptions,
): Promise<FormPart[]> {
  const body = parseBody(bytes);
  const fileNames = [...shape.files, ...(shape.optionalFiles ?? [])];
  const parts: FormPart[] = [];
  let size = bytes.byteLength;
  for (const [name, value] of Object.entries(body)) {
    if (value === null || value === undefined) continue;
    if (fileNames.includes(name)) {
      for (const reference of Array.isArray(value) ? value : [value]) {
        const file = await fileOf(reference, name, size, files);
        size += file.bytes.byteLength;
        parts.push(file);
      }
      continue;
    }
    if (shape.booleans?.includes(name) && typeof value !== 'boolean') throw mistyped(name, 'true or false');
    if (shape.numbers?.includes(name) && typeof value !== 'number') throw mistyped(name, 'a number');
    parts.push(...(OWN.has(name) ? [{ name, value: JSON.stringify(value) }] : fieldsOf(name, value)));
  }
  return parts;
}

async function fileOf(
  reference: Json,
  name: string,
  sizeBefore: number,
  { find, maxBytes }: InlineOptions,
): Promise<FormFile> {
  const object = asObject(reference);
  const id = object ? object.file_id : reference;
  const param = object ? `${name}.file_id` : name;
  if (typeof id !== 'string') throw mistyped(param, 'the id of a file');
  if (!isOwn(id)) {
    const message = `${param} must be the id of a file that was uploaded to /v1/files of this gateway.`;
    throw new GatewayError('invalid_value', { param, message });
  }
  const file = await find(id, param);
  if (sizeBefore + file.bytes > maxBytes) {
    const message = `With the files that it names the request is over the limit of ${Math.floor(maxBytes / 1024 / 1024)} MB.`;
    throw new GatewayError('request_too_large', { param, message });
  }
  return { name, filename: file.filename, type: file.contentType, bytes: await file.read() };
}

/** As OpenAI's SDKs write them: `a`, `a[]` once for each item, `a[b]`. */
function fieldsOf(name: string, value: Json | undefined): FormPart[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((item) => fieldsOf(`${name}[]`, item));
  if (isObject(value)) {
    return Object.entries(value).flatMap(([member, inner]) => fieldsOf(`${name}[${member}]`, inner));
  }
  return [{ name, value: String(value) }];
}

function mistyped(param: string, what: string): GatewayError {
  return new GatewayError('invalid_type', { param, message: `${param} must be ${what}.` });
}
