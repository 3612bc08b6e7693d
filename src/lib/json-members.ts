import type { JsonObject } from './json.ts';

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
  /** The same, with values as JSON text that is taken over as it is written. */
  setText?: Readonly<Record<string, string>>;
  remove?: readonly string[];
}

/**
 * The object's bytes with members set and removed; every other byte stays as it was. What is set stands
 * in front. Of a name that stands twice the last stays, as it does for JSON.parse: another reader might take
 * the first. Answers the same array when there is nothing to change, which is also when a member has
 * its value already, in the same spelling.
 */
export function patchMembers(
  bytes: Uint8Array,
  members: readonly JsonMember[],
  patch: MemberPatch,
): Uint8Array {
  const texts = new Map(Object.entries(patch.setText ?? {}));
  for (const [name, value] of Object.entries(patch.set ?? {})) {
    if (value !== undefined) texts.set(name, JSON.stringify(value));
  }
  const removed = new Set((patch.remove ?? []).filter((name) => !texts.has(name)));
  for (const [name, text] of texts) if (isSet(bytes, members, name, text)) texts.delete(name);
  const last = new Map(members.map((member) => [member.name, member]));
  const repeats = last.size < members.length;
  const goes = (member: JsonMember): boolean =>
    removed.has(member.name) || texts.has(member.name) || (repeats && last.get(member.name) !== member);
  if (texts.size === 0 && !members.some(goes)) return bytes;

  const head = texts.size > 0 ? encoder.encode(`{${spell(texts)}`) : bytes.subarray(0, members[0]?.start);
  const tail = bytes.subarray(members.at(-1)?.end ?? bytes.lastIndexOf(CLOSE_BRACE));
  const runs = runsOf(members, goes);
  const commas = runs.length - (texts.size > 0 ? 0 : 1);
  const size = runs.reduce((sum, [from, to]) => sum + to - from, head.byteLength + tail.byteLength);

  const out = new Uint8Array(size + Math.max(0, commas));
  out.set(head, 0);
  let at = head.byteLength;
  for (const [index, [from, to]] of runs.entries()) {
    if (index > 0 || texts.size > 0) out[at++] = COMMA;
    out.set(bytes.subarray(from, to), at);
    at += to - from;
  }
  out.set(tail, at);
  return out;
}

/** The member stands there once, with this very text as its value. */
function isSet(bytes: Uint8Array, members: readonly JsonMember[], name: string, text: string): boolean {
  const found = members.filter((member) => member.name === name);
  const [member] = found;
  // Lengths first: a member may be megabytes. UTF-8 takes at most three bytes for a unit of a string.
  if (!member || found.length > 1 || member.end - member.valueStart > text.length * 3) return false;
  return memberText(bytes, member) === text;
}

function spell(texts: ReadonlyMap<string, string>): string {
  let out = '';
  for (const [name, text] of texts) out += `${out === '' ? '' : ','}${JSON.stringify(name)}:${text}`;
  return out;
}

/** Neighbours that stay as one range, with what stands between them: few copies. */
function runsOf(
  members: readonly JsonMember[],
  goes: (member: JsonMember) => boolean,
): [from: number, to: number][] {
  const runs: [from: number, to: number][] = [];
  let open: [from: number, to: number] | undefined;
  for (const member of members) {
    if (goes(member)) {
      open = undefined;
    } else if (open) {
      open[1] = member.end;
    } else {
      open = [member.start, member.end];
      runs.push(open);
    }
  }
  return runs;
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

/** So many bytes of a string are looked at one by one before the native search takes over: a call costs more. */
const STEP = 32;

/** One past the closing quote of the string that opens at `from`; -1 when it never closes. */
function skipString(bytes: Uint8Array, from: number): number {
  const length = bytes.byteLength;
  let at = from + 1;
  for (;;) {
    for (const until = Math.min(at + STEP, length); at < until; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) return at + 1;
      if (byte === BACKSLASH) at++;
    }
    // Here `at` is behind a whole character or escape, so backslashes before it do not count.
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0) return -1;
    let slashes = 0;
    while (quote - slashes > at && bytes[quote - slashes - 1] === BACKSLASH) slashes++;
    at = quote + 1;
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

/** Deeper nesting than any request has is refused: the parsers behind this one would run out of stack. */
const MAX_DEPTH = 1000;

/** One past the object or array that starts at `from`; -1 when its brackets do not match or lie too deep. */
function skipNested(bytes: Uint8Array, from: number): number {
  const closers: number[] = [];
  const length = bytes.byteLength;
  let at = from;
  while (at < length) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = skipString(bytes, at);
      if (at < 0) return -1;
      continue;
    }
    if (closers.length > MAX_DEPTH) return -1;
    if (byte === OPEN_BRACE) closers.push(CLOSE_BRACE);
    else if (byte === OPEN_BRACKET) closers.push(CLOSE_BRACKET);
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (closers.pop() !== byte) return -1;
      if (closers.length === 0) return at + 1;
    }
    at++;
  }
  return -1;
}
