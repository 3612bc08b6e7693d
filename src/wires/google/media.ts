import { GatewayError } from '../../errors.ts';
import type { JsonObject } from '../../lib/json.ts';

/**
 * Types by file name: what the API reads from a URL or inline
 * (https://ai.google.dev/gemini-api/docs/file-input-methods, /image-understanding, /audio, /video-understanding).
 */
const BY_EXTENSION: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  bmp: 'image/bmp',
  heic: 'image/heic',
  heif: 'image/heif',
  wav: 'audio/wav',
  mp3: 'audio/mp3',
  aiff: 'audio/aiff',
  aac: 'audio/aac',
  ogg: 'audio/ogg',
  flac: 'audio/flac',
  m4a: 'audio/m4a',
  mp4: 'video/mp4',
  mpeg: 'video/mpeg',
  mpg: 'video/mpg',
  mov: 'video/quicktime',
  avi: 'video/avi',
  flv: 'video/x-flv',
  webm: 'video/webm',
  wmv: 'video/wmv',
  '3gp': 'video/3gpp',
  '3gpp': 'video/3gpp',
  pdf: 'application/pdf',
  json: 'application/json',
  txt: 'text/plain',
  md: 'text/markdown',
  html: 'text/html',
  htm: 'text/html',
  css: 'text/css',
  csv: 'text/csv',
  xml: 'text/xml',
  rtf: 'text/rtf',
  js: 'text/javascript',
};

/** The media type that a file name or the path of a URL tells, or undefined. */
export function typeOfName(name: string): string | undefined {
  const path = name.split(/[?#]/, 1)[0] ?? '';
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(BY_EXTENSION, extension) ? BY_EXTENSION[extension] : undefined;
}

/** A file by address; its type only where the address tells it, as the API can find it out itself. */
export function fileData(fileUri: string, mimeType: string | undefined = typeOfName(fileUri)): JsonObject {
  return { fileData: mimeType === undefined ? { fileUri } : { mimeType, fileUri } };
}

/** Bytes as base64. */
export function inlineData(mimeType: string, data: string): JsonObject {
  return { inlineData: { mimeType, data } };
}

/** Whether the API can fetch it: the web, or Cloud Storage that was registered with it. */
export function isAddress(url: string): boolean {
  return /^(https?|gs):\/\//i.test(url);
}

/**
 * The part for a data URL or an address.
 * @param param names the place in the request, for errors.
 * @throws GatewayError `invalid_value` for anything else, and for a data URL without a media type.
 */
export function mediaPart(url: string, param: string): JsonObject {
  if (isAddress(url)) return fileData(url);
  if (!/^data:/i.test(url)) {
    throw new GatewayError('invalid_value', {
      param,
      message: 'Media is given as a data URL or an http(s) URL.',
    });
  }
  return dataUrlPart(url, param);
}

/** RFC 2397. The data can be megabytes long, so it is cut out without a pattern over it. */
function dataUrlPart(url: string, param: string): JsonObject {
  const comma = url.indexOf(',');
  const parameters = url.slice(5, Math.max(5, comma)).split(';');
  const mimeType = parameters[0]?.trim().toLowerCase();
  if (comma < 0 || !mimeType) {
    throw new GatewayError('invalid_value', { param, message: 'The data URL has no media type or no data.' });
  }
  const data = url.slice(comma + 1);
  if (parameters.at(-1)?.trim().toLowerCase() === 'base64') return inlineData(mimeType, data);
  try {
    return inlineData(mimeType, toBase64(decodeURIComponent(data)));
  } catch (cause) {
    throw new GatewayError('invalid_value', { param, message: 'The data URL is not valid.', cause });
  }
}

function toBase64(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Several pieces of base64 as one. */
export function joinBase64(pieces: readonly string[]): string {
  return pieces.length === 1 ? (pieces[0] ?? '') : btoa(pieces.map((piece) => atob(piece)).join(''));
}
