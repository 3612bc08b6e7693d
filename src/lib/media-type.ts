/** What most clients say of a file when they do not know. */
export const UNKNOWN_TYPE = 'application/octet-stream';

/** The first bytes of formats that models take. */
const STARTS: readonly { type: string; starts: string; at?: number }[] = [
  { type: 'application/pdf', starts: '%PDF-' },
  { type: 'image/png', starts: '\x89PNG' },
  { type: 'image/jpeg', starts: '\xff\xd8\xff' },
  { type: 'image/gif', starts: 'GIF8' },
  // RIFF, four bytes of length, WEBP.
  { type: 'image/webp', starts: 'WEBP', at: 8 },
];

/** By the ending of a file's name: https://www.iana.org/assignments/media-types */
const ENDINGS: Readonly<Record<string, string>> = {
  pdf: 'application/pdf',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  txt: 'text/plain',
  log: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  html: 'text/html',
  htm: 'text/html',
  xml: 'application/xml',
  json: 'application/json',
  jsonl: 'application/jsonl',
  yaml: 'application/yaml',
  yml: 'application/yaml',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
};

/**
 * The media type of a file, without parameters: the one that was declared, where that says anything, else the
 * one its name speaks of.
 */
export function mediaTypeOf(declared: string | null, filename: string): string {
  const type = declared?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (/^[\w!#$&^.+-]{1,60}\/[\w!#$&^.+-]{1,60}$/.test(type) && type !== UNKNOWN_TYPE) return type;
  const ending = filename.slice(filename.lastIndexOf('.') + 1).toLowerCase();
  return Object.hasOwn(ENDINGS, ending) ? (ENDINGS[ending] ?? UNKNOWN_TYPE) : UNKNOWN_TYPE;
}

/** The media type that the bytes themselves show; null for all but PDFs and common pictures. */
export function sniffMediaType(bytes: Uint8Array): string | null {
  const head = String.fromCharCode(...bytes.subarray(0, 16));
  return STARTS.find(({ starts, at = 0 }) => head.startsWith(starts, at))?.type ?? null;
}
