import { MultipartError, readDisposition } from './disposition.ts';
import type { FormPart } from './types.ts';

/** More parts than any form has. */
const MOST_PARTS = 1000;

/** What stands in front of a part's content, bytes. */
const MOST_HEADER_BYTES = 16 * 1024;

/**
 * The boundary that a media type names.
 * @returns undefined for another type than `multipart/form-data`.
 * @throws MultipartError where the type names no boundary, or one that RFC 2046 §5.1.1 does not allow.
 */
export function boundaryOf(mediaType: string): string | undefined {
  if (!/^\s*multipart\/form-data\s*(;|$)/i.test(mediaType)) return undefined;
  const [, quoted, plain] = /;\s*boundary\s*=\s*(?:"([^"]*)"|([^\s;"]+))/i.exec(mediaType) ?? [];
  const boundary = quoted ?? plain ?? '';
  if (boundary === '') throw new MultipartError('its content type names no boundary');
  if (boundary.length > 70 || !/^[\x20-\x7e]*[\x21-\x7e]$/.test(boundary)) {
    throw new MultipartError('its content type names a boundary that is none: up to 70 visible characters');
  }
  return boundary;
}

/**
 * Reads a whole `multipart/form-data` body (RFC 7578). Contents are not copied: files are views of `bytes`.
 * @throws MultipartError for anything but a form that is there from its first boundary to its last.
 */
export function readMultipart(bytes: Uint8Array, boundary: string): FormPart[] {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  if (body.length === 0) throw new MultipartError('it is empty');
  let at = firstPart(body, delimiter.subarray(2));
  const parts: FormPart[] = [];
  for (;;) {
    if (isAt(body, at, '--')) return parts;
    at = lineEnd(body, at);
    if (parts.length === MOST_PARTS) throw new MultipartError(`it has more than ${MOST_PARTS} parts`);
    const headersEnd = body.indexOf('\r\n\r\n', at - 2);
    if (headersEnd < 0) throw truncated();
    if (headersEnd - at > MOST_HEADER_BYTES) throw new MultipartError('the headers of a part are too long');
    const start = headersEnd + 4;
    // The delimiter of a part without content may share the end of the empty line in front of it.
    const end = nextDelimiter(body, delimiter, start - 2);
    const headers = body.toString('utf8', at, Math.max(at, headersEnd));
    parts.push(partOf(headers, body, start, Math.max(start, end)));
    at = end + delimiter.length;
  }
}

/** Where the text behind the first delimiter begins. What stands before it means nothing. */
function firstPart(body: Buffer, delimiter: Buffer): number {
  for (let at = body.indexOf(delimiter); at >= 0; at = body.indexOf(delimiter, at + 1)) {
    const opens = at === 0 || isAt(body, at - 2, '\r\n');
    if (opens && isDelimiterEnd(body, at + delimiter.length)) return at + delimiter.length;
  }
  throw new MultipartError('the boundary that its content type names is not in it');
}

/** Where the next delimiter begins, with the line end that belongs to it. */
function nextDelimiter(body: Buffer, delimiter: Buffer, from: number): number {
  for (let at = body.indexOf(delimiter, from); at >= 0; at = body.indexOf(delimiter, at + 1)) {
    if (isDelimiterEnd(body, at + delimiter.length)) return at;
  }
  throw truncated();
}

/** A longer line that only begins as the delimiter does is content. */
function isDelimiterEnd(body: Buffer, at: number): boolean {
  if (isAt(body, at, '--')) return true;
  let end = at;
  while (body[end] === 0x20 || body[end] === 0x09) end++;
  return isAt(body, end, '\r\n') || end >= body.length;
}

function lineEnd(body: Buffer, from: number): number {
  const end = body.indexOf('\r\n', from);
  if (end < 0) throw truncated();
  return end + 2;
}

function isAt(body: Buffer, at: number, text: string): boolean {
  return at >= 0 && body.toString('latin1', at, at + text.length) === text;
}

function truncated(): MultipartError {
  return new MultipartError('it ends before its last boundary');
}

function partOf(headers: string, body: Buffer, start: number, end: number): FormPart {
  let disposition = '';
  let type: string | null = null;
  for (const line of headers.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
    if (name === 'content-disposition') disposition = line.slice(colon + 1).trim();
    else if (name === 'content-type') type = line.slice(colon + 1).trim();
  }
  const { name, filename } = readDisposition(disposition);
  const bytes = new Uint8Array(body.buffer, body.byteOffset + start, end - start);
  if (filename !== null) return { name, filename, type, bytes };
  return { name, value: new TextDecoder().decode(bytes) };
}
