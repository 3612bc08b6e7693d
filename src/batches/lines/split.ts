/** A line of the input as it stands in the file. */
export interface RawLine {
  /** Counted from 1. */
  line: number;
  /** Where it begins, bytes. */
  start: number;
  /** How long it is, without its end. */
  length: number;
  /** Null where it is longer than wanted. */
  bytes: Uint8Array | null;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

/**
 * Cuts bytes into lines as they come, holding one line in memory. Lines of nothing but space are left out, and counted.
 * @param longest a longer line is not held, bytes.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  longest: number,
): AsyncGenerator<RawLine> {
  let line = 1;
  let start = 0;
  let length = 0;
  let held: Uint8Array[] = [];
  const take = (piece: Uint8Array): void => {
    length += piece.byteLength;
    if (length > longest) held = [];
    else if (piece.byteLength > 0) held.push(piece);
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, end));
      const found = whole({ line, start, length, bytes: length > longest ? null : joined(held, length) });
      if (found) yield found;
      line++;
      start += length + 1;
      length = 0;
      held = [];
      from = end + 1;
    }
    // The chunk's memory may be used again.
    take(chunk.slice(from));
  }
  const last = whole({ line, start, length, bytes: length > longest ? null : joined(held, length) });
  if (last) yield last;
}

/** Without a byte order mark in front and the first half of a Windows line's end; null for an empty line. */
function whole({ line, start, length, bytes }: RawLine): RawLine | null {
  if (bytes === null) return { line, start, length, bytes };
  const marked = start === 0 && BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte);
  const from = marked ? BYTE_ORDER_MARK.length : 0;
  const to = bytes.at(-1) === RETURN ? bytes.byteLength - 1 : bytes.byteLength;
  const rest = bytes.subarray(from, to);
  if (rest.every((byte) => byte === 0x20 || byte === 0x09 || byte === RETURN)) return null;
  return { line, start: start + from, length: rest.byteLength, bytes: rest };
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const [only, ...others] = pieces;
  if (only && others.length === 0) return only;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  return bytes;
}
