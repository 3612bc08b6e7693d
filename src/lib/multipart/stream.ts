import { MultipartError, readDisposition } from './disposition.ts';

/** What a form brings, in its order: fields whole, files as their beginning and then their bytes. */
export type FormEvent =
  | { kind: 'field'; name: string; value: string }
  /** @property type as it was sent; null where it was not. */
  | { kind: 'file'; name: string; filename: string; type: string | null }
  | { kind: 'bytes'; bytes: Uint8Array };

/** The largest field that is no file, and the largest headers of a part, bytes. */
const FIELD_BYTES = 64 * 1024;
const HEADER_BYTES = 16 * 1024;

const PARTS = 100;

const LINE_END = '\r\n';
const HEADERS_END = '\r\n\r\n';
const EMPTY = Buffer.alloc(0);

type Place = 'preamble' | 'headers' | 'file' | 'field' | 'end';

/**
 * Reads multipart/form-data as it comes (RFC 7578), in pieces of any size. What it keeps is less than a boundary,
 * the headers of a part, or a field.
 */
export class MultipartStream {
  readonly #delimiter: Buffer;
  readonly #emit: (event: FormEvent) => void;
  #place: Place = 'preamble';
  /** What cannot be told without what follows. The first boundary has no line in front of it. */
  #rest: Buffer = Buffer.from(LINE_END);
  #parts = 0;
  #field = { name: '', pieces: [] as Buffer[], size: 0 };

  /** @param emit gets what there is; bytes are views of what was written. */
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
    if (this.#place === 'preamble') {
      throw new MultipartError('the boundary that its content type names is not in it');
    }
    if (this.#place !== 'end') throw new MultipartError('it ends before its last boundary');
  }

  /** @returns what is left to be read; null where that cannot be told without more. */
  #step(data: Buffer): Buffer | null {
    if (this.#place === 'end') return EMPTY;
    if (this.#place === 'headers') return this.#readHeaders(data);
    const at = data.indexOf(this.#delimiter);
    if (at > 0 || at < 0) {
      const safe = at > 0 ? at : this.#withoutBeginning(data);
      this.#take(data.subarray(0, safe));
      return safe === 0 ? null : data.subarray(safe);
    }
    return this.#readDelimiter(data);
  }

  /** How much stands in front of what may be the beginning of a delimiter, whose one CR is its first byte. */
  #withoutBeginning(data: Buffer): number {
    const at = data.lastIndexOf('\r');
    if (at < 0 || data.byteLength - at >= this.#delimiter.byteLength) return data.byteLength;
    return this.#delimiter.subarray(0, data.byteLength - at).equals(data.subarray(at)) ? at : data.byteLength;
  }

  /** Data that begin as the delimiter does; a longer line is content. */
  #readDelimiter(data: Buffer): Buffer | null {
    const behind = this.#delimiter.byteLength;
    let end = behind;
    while (data[end] === 0x20 || data[end] === 0x09) end++;
    const next = data.toString('latin1', end, end + 2);
    const closes = end === behind && next === '--';
    if (!closes && next !== LINE_END) {
      const open = next === '' || next === '\r' || (end === behind && next === '-');
      if (open && end - behind < HEADER_BYTES) return null;
      this.#take(data.subarray(0, behind));
      return data.subarray(behind);
    }
    if (this.#place === 'field') {
      const value = new TextDecoder().decode(Buffer.concat(this.#field.pieces));
      this.#emit({ kind: 'field', name: this.#field.name, value });
    }
    this.#place = closes ? 'end' : 'headers';
    if (!closes && ++this.#parts > PARTS) throw new MultipartError(`it has more than ${PARTS} parts`);
    // The end of this line is kept: a part without headers has nothing else in front of its empty line.
    return data.subarray(end);
  }

  #readHeaders(data: Buffer): Buffer | null {
    const at = data.indexOf(HEADERS_END);
    if (at > HEADER_BYTES || (at < 0 && data.byteLength > HEADER_BYTES)) {
      throw new MultipartError('the headers of a part are too long');
    }
    // The delimiter of a part without content may share the end of the empty line in front of it.
    const empty = data.subarray(at + LINE_END.length);
    const head = empty.subarray(0, this.#delimiter.byteLength);
    const isWhole = head.byteLength === this.#delimiter.byteLength;
    if (at < 0 || (!isWhole && this.#delimiter.subarray(0, head.byteLength).equals(head))) return null;
    const headers = readHeaders(data.toString('utf8', LINE_END.length, Math.max(at, LINE_END.length)));
    const { name, filename } = readDisposition(headers.get('content-disposition') ?? '');
    if (filename === null) {
      this.#field = { name, pieces: [], size: 0 };
      this.#place = 'field';
    } else {
      this.#emit({ kind: 'file', name, filename, type: headers.get('content-type') ?? null });
      this.#place = 'file';
    }
    return head.equals(this.#delimiter) ? empty : empty.subarray(LINE_END.length);
  }

  #take(bytes: Buffer): void {
    if (bytes.byteLength === 0) return;
    if (this.#place === 'file') this.#emit({ kind: 'bytes', bytes });
    if (this.#place !== 'field') return;
    this.#field.size += bytes.byteLength;
    if (this.#field.size > FIELD_BYTES) {
      throw new MultipartError(`a field is larger than ${FIELD_BYTES / 1024} KB`);
    }
    this.#field.pieces.push(bytes);
  }
}

/** Headers by their names in lower case. */
function readHeaders(text: string): Map<string, string> {
  return new Map(
    text.split(LINE_END).map((line) => {
      const colon = Math.max(0, line.indexOf(':'));
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}
