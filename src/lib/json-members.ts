import type { Json, JsonObject } from './json.ts';

/** One top-level member of a JSON object, as byte ranges of its text. */
export interface JsonMember {
  name: string;
  /** First byte of the name's opening quote. */
  start: number;
  valueStart: number;
  /** One past the last byte of the value. */
  end: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * The top-level members of a JSON object in UTF-8, in order, without parsing their values: strings are
 * jumped over with the native search, so a body of megabytes costs about what it costs to read it.
 * Answers undefined for what is not one whole object. Only the structure is checked: the values may
 * still be no JSON.
 */
export function scanMembers(bytes: Uint8Array): JsonMember[] | undefined {
  let at = skipSpace(bytes, 0);
  if (bytes[at] !== OPEN_BRACE) return undefined;
  at = skipSpace(bytes, at + 1);
  const members: JsonMember[] = [];
  if (bytes[at] === CLOSE_BRACE) return isEnd(bytes, at + 1) ? members : undefined;
  for (;;) {
    const start = at;
    if (bytes[at] !== QUOTE) return undefined;
    at = skipString(bytes, at);
    if (at < 0) return undefined;
    const name = readName(bytes, start, at);
    if (name === undefined) return undefined;
    at = skipSpace(bytes, at);
    if (bytes[at] !== COLON) return undefined;
    const valueStart = skipSpace(bytes, at + 1);
    const end = skipValue(bytes, valueStart);
    if (end <= valueStart) return undefined;
    members.push({ name, start, valueStart, end });
    at = skipSpace(bytes, end);
    if (bytes[at] === CLOSE_BRACE) return isEnd(bytes, at + 1) ? members : undefined;
    if (bytes[at] !== COMMA) return undefined;
    at = skipSpace(bytes, at + 1);
  }
}

/** The text of a member's value. */
export function memberText(bytes: Uint8Array, member: JsonMember): string {
  return decoder.decode(bytes.subarray(member.valueStart, member.end));
}

/** What to change among the top-level members of an object. */
export interface MemberPatch {
  /** Members to set; a member that is there is replaced, wherever and however often it stands. */
  set?: JsonObject;
  remove?: readonly string[];
}

/**
 * The object's bytes with members set and removed; every other byte stays as it was. Answers the same
 * array when there is nothing to change.
 */
export function patchMembers(
  bytes: Uint8Array,
  members: readonly JsonMember[],
  patch: MemberPatch,
): Uint8Array {
  const set = Object.entries(patch.set ?? {}).filter(
    (entry): entry is [string, Json] => entry[1] !== undefined,
  );
  const gone = new Set([...(patch.remove ?? []), ...set.map(([name]) => name)]);
  const kept = members.filter((member) => !gone.has(member.name));
  if (set.length === 0 && kept.length === members.length) return bytes;

  const added = set.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',');
  const head = encoder.encode(`{${added}`);
  // Neighbours that stay are copied as one run, with what stands between them.
  const runs: [from: number, to: number][] = [];
  let previous: JsonMember | undefined;
  for (const member of members) {
    if (gone.has(member.name)) {
      previous = undefined;
      continue;
    }
    const last = runs.at(-1);
    if (previous && last) last[1] = member.end;
    else runs.push([member.start, member.end]);
    previous = member;
  }
  const first = members[0];
  const final = members.at(-1);
  const tail = bytes.subarray(final ? final.end : bytes.lastIndexOf(CLOSE_BRACE));
  const lead = first && set.length === 0 ? bytes.subarray(0, first.start) : head;
  const commas = Math.max(0, runs.length - 1) + (set.length > 0 && runs.length > 0 ? 1 : 0);
  const size = runs.reduce((sum, [from, to]) => sum + to - from, lead.byteLength + tail.byteLength + commas);

  const out = new Uint8Array(size);
  out.set(lead, 0);
  let at = lead.byteLength;
  runs.forEach(([from, to], index) => {
    if (index > 0 || set.length > 0) out[at++] = COMMA;
    out.set(bytes.subarray(from, to), at);
    at += to - from;
  });
  out.set(tail, at);
  return out;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  for (
    let byte = bytes[at];
    byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
    byte = bytes[at]
  )
    at++;
  return at;
}

function isEnd(bytes: Uint8Array, from: number): boolean {
  return skipSpace(bytes, from) === bytes.byteLength;
}

/** One past the closing quote of the string that opens at `from`; -1 when it never closes. */
function skipString(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  for (;;) {
    at = bytes.indexOf(QUOTE, at);
    if (at < 0) return -1;
    let slashes = 0;
    while (bytes[at - 1 - slashes] === BACKSLASH) slashes++;
    at++;
    // The opening quote stops the count: no backslash of this string stands before it.
    if (slashes % 2 === 0) return at;
  }
}

function readName(bytes: Uint8Array, start: number, end: number): string | undefined {
  const text = decoder.decode(bytes.subarray(start, end));
  if (!text.includes('\\')) return text.slice(1, -1);
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}

/** One past the value that starts at `from`; -1 when it is cut off. */
function skipValue(bytes: Uint8Array, from: number): number {
  const first = bytes[from];
  if (first === QUOTE) return skipString(bytes, from);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return skipNested(bytes, from);
  let at = from;
  // Numbers and words: letters, digits, signs and dots.
  for (
    let byte = bytes[at] ?? 0;
    byte > 0x2a && byte !== COMMA && byte < 0x7b && byte !== CLOSE_BRACKET;
    byte = bytes[at] ?? 0
  ) {
    at++;
  }
  return at;
}

/** Counts depth only: which bracket closes which is for the parser to check. */
function skipNested(bytes: Uint8Array, from: number): number {
  let depth = 0;
  let at = from;
  const length = bytes.byteLength;
  while (at < length) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = skipString(bytes, at);
      if (at < 0) return -1;
      continue;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth--;
      if (depth === 0) return at + 1;
    }
    at++;
  }
  return -1;
}
