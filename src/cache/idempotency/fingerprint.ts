import { createHash } from 'node:crypto';

/** Request headers that change an answer. */
export const ANSWER_HEADERS = [
  'x-policy',
  'x-workflow',
  'x-session-id',
  'x-midstream',
  'x-max-wake-ms',
  'x-repair',
  'anthropic-version',
  'anthropic-beta',
  'openai-beta',
  'x-claude-code-session-id',
] as const;

/** What of a request decides whether it is the same. */
export interface Fingerprinted {
  method: string;
  url: string;
  headers: Headers;
  body: Uint8Array;
}

/**
 * SHA-256, hex, over method, path, query, body, and the headers that change the answer. The boundary of a multipart
 * body, which clients make anew for each attempt, does not count.
 */
export function fingerprintOf({ method, url, headers, body }: Fingerprinted): string {
  const { pathname, search } = new URL(url);
  const type = headers.get('content-type') ?? '';
  const boundary = /^multipart\/.*;\s*boundary="?([^";]+)"?/i.exec(type)?.[1];
  const content = boundary ? without(body, new TextEncoder().encode(boundary)) : body;
  const head = [
    method,
    pathname + search,
    type.split(';')[0]?.trim().toLowerCase() ?? '',
    ...ANSWER_HEADERS.map((name) => headers.get(name)),
    sha256(content),
  ];
  return sha256(JSON.stringify(head));
}

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The bytes without any occurrence of some others. */
function without(bytes: Uint8Array, needle: Uint8Array): Uint8Array {
  const kept = new Uint8Array(bytes.byteLength);
  let size = 0;
  let from = 0;
  for (let at = find(bytes, needle, 0); ; at = find(bytes, needle, from)) {
    const to = at < 0 ? bytes.byteLength : at;
    kept.set(bytes.subarray(from, to), size);
    size += to - from;
    if (at < 0) return kept.subarray(0, size);
    from = at + needle.byteLength;
  }
}

function find(bytes: Uint8Array, needle: Uint8Array, from: number): number {
  const first = needle[0];
  if (first === undefined) return -1;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (needle.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}
