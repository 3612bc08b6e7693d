import { parsePartDisposition } from './content-disposition.ts';

/** What a form brings, in its order: fields whole, files as their beginning and then their bytes. */
export type FormEvent =
  | { kind: 'field'; name: string; value: string }
  /** @property contentType as it was sent; null where it was not. */
  | { kind: 'file'; name: string; filename: string; contentType: string | null }
  | { kind: 'bytes'; bytes: Uint8Array };

/** A form that cannot be read; the message says why. */
export class MultipartError extends Error {}

/** The largest field that is no file, and the largest headers of a part, bytes. */
const FIELD_BYTES = 64 * 1024;
const HEADER_BYTES = 16 * 1024;

const PARTS = 100;

const LINE_END = '\r\n';
const HEADERS_END = '\r\n\r\n';
const EMPTY = Buffer.alloc(0);

/** `none`: in front of the first boundary. `boundary`: directly behind one. */
type Place = 'none' | 'boundary' | 'headers' | 'file' | 'field' | 'end';

/**
 * The boundary that a content-type names: https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1
 * @returns null where it names none of 1 to 70 characters.
 */
export function boundaryOf(contentType: string): string | null {
  const match = /;\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))\s*(?:;|$)/i.exec(contentType);
  return match?.[1] ?? match?.[2] ?? null;
}

/**
 * Reads multipart/form-data as it comes (https://www.rfc-editor.org/rfc/rfc7578), in pieces of any size. What
 * it keeps is less than a boundary, the headers of a part or a field.
 */
export class MultipartParser {
  readonly #delimiter: Buffer;
  readonly #emit: (event: FormEvent) => void;
  #place: Place = 'none';
  /** What cannot be told yet without what follows. The first boundary has no line in front of it. */
  #rest: Buffer = Buffer.from(LINE_END);
  #parts = 0;
  #field = { name: '', pieces: [] as Buffer[], size: 0 };

  /** @param emit gets what there is, whose bytes are views of what was written. */
  constructor(boundary: string, emit: (event: FormEvent) => void) {
    this.#delimiter = Buffer.from(`${LINE_END}--${boundary}`);
    this.#emit = emit;
  }

  /** @throws MultipartError */
  write(bytes: Uint8Array): void {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let data = this.#rest.byteLength === 0 ? piece : Buffer.concat([this.#rest, piece]);
    this.#rest = EMPTY;
    while (data.byteLength > 0) {
      const left = this.#step(data);
      if (left === null) {
        this.#rest = data;
        return;
      }
      data = left;
    }
  }

  /** @throws MultipartError for a form that is cut short. */
  end(): void {
    if (this.#place !== 'end') {
      throw new MultipartError('It ends before its closing boundary, or has none of its boundaries.');
    }
  }

  /** @returns what is left to be read; null where that cannot be told without more. */
  #step(data: Buffer): Buffer | null {
    if (this.#place === 'end') return EMPTY;
    if (this.#place === 'boundary') return this.#leaveBoundary(data);
    if (this.#place === 'headers') return this.#readHeaders(data);
    const at = data.indexOf(this.#delimiter);
    if (at >= 0) {
      this.#take(data.subarray(0, at));
      this.#closePart();
      this.#place = 'boundary';
      return data.subarray(at + this.#delimiter.byteLength);
    }
    const safe = this.#withoutBeginning(data);
    this.#take(data.subarray(0, safe));
    return safe === 0 ? null : data.subarray(safe);
  }

  /** How much stands in front of what may be the beginning of a delimiter, whose one CR is its first byte. */
  #withoutBeginning(data: Buffer): number {
    const at = data.lastIndexOf('\r');
    if (at < 0 || data.byteLength - at >= this.#delimiter.byteLength) return data.byteLength;
    return this.#delimiter.subarray(0, data.byteLength - at).equals(data.subarray(at)) ? at : data.byteLength;
  }

  #leaveBoundary(data: Buffer): Buffer | null {
    if (data.byteLength < 2) return null;
    if (data.subarray(0, 2).equals(Buffer.from('--'))) {
      this.#place = 'end';
      return EMPTY;
    }
    const at = data.indexOf(LINE_END);
    if (at < 0 && data.byteLength <= HEADER_BYTES) return null;
    if (at < 0 || data.subarray(0, at).some((byte) => byte !== 0x20 && byte !== 0x09)) {
      throw new MultipartError('Something follows a boundary on its line.');
    }
    if (++this.#parts > PARTS) throw new MultipartError(`It has more than ${PARTS} parts.`);
    this.#place = 'headers';
    // The end of this line is kept: a part without headers has nothing else in front of its empty line.
    return data.subarray(at);
  }

  #readHeaders(data: Buffer): Buffer | null {
    const at = data.indexOf(HEADERS_END);
    if (at > HEADER_BYTES || (at < 0 && data.byteLength > HEADER_BYTES)) {
      throw new MultipartError(`The headers of a part are larger than ${HEADER_BYTES / 1024} KB.`);
    }
    if (at < 0) return null;
    const headers = readHeaders(data.subarray(LINE_END.length, Math.max(at, LINE_END.length)).toString());
    const disposition = parsePartDisposition(headers.get('content-disposition') ?? '');
    if (!disposition) throw new MultipartError('A part has no content-disposition that can be read.');
    const { name, filename } = disposition;
    if (filename === null) {
      this.#field = { name, pieces: [], size: 0 };
      this.#place = 'field';
    } else {
      this.#emit({ kind: 'file', name, filename, contentType: headers.get('content-type') ?? null });
      this.#place = 'file';
    }
    return data.subarray(at + HEADERS_END.length);
  }

  #take(bytes: Buffer): void {
    if (bytes.byteLength === 0) return;
    if (this.#place === 'file') this.#emit({ kind: 'bytes', bytes });
    if (this.#place !== 'field') return;
    this.#field.size += bytes.byteLength;
    if (this.#field.size > FIELD_BYTES) {
      throw new MultipartError(`A field is larger than ${FIELD_BYTES / 1024} KB.`);
    }
    this.#field.pieces.push(bytes);
  }

  #closePart(): void {
    if (this.#place !== 'field') return;
    this.#emit({
      kind: 'field',
      name: this.#field.name,
      value: Buffer.concat(this.#field.pieces).toString(),
    });
  }
}

/** Headers by their names in lower case; of a name that stands twice the first counts. */
function readHeaders(text: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of text === '' ? [] : text.split(LINE_END)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (colon <= 0 || !/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) {
      throw new MultipartError('The headers of a part cannot be read.');
    }
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}
