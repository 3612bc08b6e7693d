import type { JsonObject } from './json.ts';
import { scanMembers } from './json-members.ts';

/** A value within the bytes of a JSON text. */
interface Range {
  start: number;
  /** One past its last byte. */
  end: number;
}

/**
 * A JSON object's text with one value replaced where it stands; every other character stays as it was.
 * @param path names of members, from the outside in.
 * @param value as JSON text.
 * @returns undefined where there is no such member.
 */
export function replaceValue(text: string, path: readonly string[], value: string): string | undefined {
  const bytes = encoder.encode(text);
  const range = find(bytes, path);
  if (!range) return undefined;
  return decoder.decode(bytes.subarray(0, range.start)) + value + decoder.decode(bytes.subarray(range.end));
}

/**
 * A JSON object's text with members added at the end of the object that a path leads to.
 * @returns undefined where it leads to none.
 */
export function addMembers(text: string, path: readonly string[], members: JsonObject): string | undefined {
  const bytes = encoder.encode(text);
  const range = find(bytes, path);
  const held = range && scanMembers(bytes.subarray(range.start, range.end));
  if (!range || !held) return undefined;
  const added = JSON.stringify(members).slice(1, -1);
  if (added === '') return text;
  const at = held.length === 0 ? range.start + 1 : range.start + (held.at(-1)?.end ?? 0);
  const comma = held.length === 0 ? '' : ',';
  return decoder.decode(bytes.subarray(0, at)) + comma + added + decoder.decode(bytes.subarray(at));
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** Of a name that stands twice the last counts, as in JSON.parse. */
function find(bytes: Uint8Array, path: readonly string[]): Range | undefined {
  let range: Range = { start: 0, end: bytes.byteLength };
  for (const name of path) {
    const member = scanMembers(bytes.subarray(range.start, range.end))?.findLast((one) => one.name === name);
    if (!member) return undefined;
    range = { start: range.start + member.valueStart, end: range.start + member.end };
  }
  return range;
}
