import { type FormPart, isFile } from './types.ts';

/**
 * A form as `multipart/form-data`, names and file names in UTF-8 and escaped as browsers do
 * (https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data).
 * The same parts give the same bytes: the boundary is the first of a row that no part contains.
 * @returns the body in pieces, one behind the other: files are not copied.
 */
export function writeMultipart(parts: readonly FormPart[]): { body: Uint8Array[]; contentType: string } {
  const boundary = freeBoundary(parts);
  const pieces: Uint8Array[] = [];
  for (const part of parts) {
    const name = `form-data; name="${escaped(part.name)}"`;
    const head = isFile(part)
      ? `${name}; filename="${escaped(part.filename)}"\r\nContent-Type: ${part.type ?? 'application/octet-stream'}`
      : name;
    pieces.push(Buffer.from(`--${boundary}\r\nContent-Disposition: ${head}\r\n\r\n`));
    pieces.push(isFile(part) ? part.bytes : Buffer.from(part.value), Buffer.from('\r\n'));
  }
  pieces.push(Buffer.from(`--${boundary}--\r\n`));
  return { body: pieces, contentType: `multipart/form-data; boundary=${boundary}` };
}

function freeBoundary(parts: readonly FormPart[]): string {
  for (let number = 0; ; number++) {
    const boundary = `interline-form-boundary-${number}`;
    if (!parts.some((part) => contains(part, boundary))) return boundary;
  }
}

function contains(part: FormPart, boundary: string): boolean {
  if (!isFile(part)) return part.value.includes(boundary);
  const { buffer, byteOffset, byteLength } = part.bytes;
  return Buffer.from(buffer, byteOffset, byteLength).includes(boundary);
}

function escaped(text: string): string {
  return text.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
