import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
  parseJson,
} from '../../../lib/json.ts';

/** Marks `encrypted_content` of ours, and its version. */
const PREFIX = 'interline.v1.';

/** Names that hosts have for reasoning text in a message; where both stand, the first is the host's own. */
export const TEXT_NAMES = ['reasoning_content', 'reasoning'] as const;
export type TextName = (typeof TEXT_NAMES)[number];

/** What a message wants back of its reasoning in the next request. */
export interface Thought {
  /** The member of the message that takes the text of the summary; null where the details have it. */
  name: TextName | null;
  /** `reasoning_details`, as the provider's wire wrote them. */
  details: readonly JsonObject[];
}

/**
 * A thought as `encrypted_content`: base64 of JSON. It holds what chat completions show openly; what is secret in
 * it, the provider has encrypted or signed.
 */
export function sealThought(thought: Thought): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(JSON.stringify(thought))) binary += String.fromCharCode(byte);
  return PREFIX + btoa(binary);
}

/** Whether an `encrypted_content` is ours. */
export function isSealedHere(sealed: string): boolean {
  return sealed.startsWith(PREFIX);
}

/** The thought in an `encrypted_content`; null for what others made, undefined for one of ours that is damaged. */
export function openThought(sealed: string): Thought | null | undefined {
  if (!isSealedHere(sealed)) return null;
  let text: string;
  try {
    const bytes = Uint8Array.from(atob(sealed.slice(PREFIX.length)), (character) => character.charCodeAt(0));
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
  const thought = asObject(parseJson(text));
  if (!thought) return undefined;
  return {
    name: TEXT_NAMES.find((name) => name === thought.name) ?? null,
    details: asArray(thought.details).filter(isObject),
  };
}

/**
 * Details of a stream put together: neighbours of one type and `index` are pieces of one. Wires put them
 * together themselves; this keeps them short.
 */
export function joinDetails(details: readonly JsonObject[]): JsonObject[] {
  const joined: JsonObject[] = [];
  for (const detail of details) {
    const last = joined.at(-1);
    if (last && arePieces(last, detail)) addPiece(last, detail);
    else joined.push({ ...detail });
  }
  return joined;
}

function arePieces(last: JsonObject, detail: JsonObject): boolean {
  const isText = detail.type === 'reasoning.text' || detail.type === 'reasoning.summary';
  return (
    isText &&
    detail.type === last.type &&
    detail.format === last.format &&
    asNumber(detail.index) !== undefined &&
    detail.index === last.index
  );
}

function addPiece(last: JsonObject, piece: JsonObject): void {
  for (const [name, value] of Object.entries(piece)) {
    const isText = name === 'text' || name === 'summary';
    if (isText) last[name] = (asString(last[name]) ?? '') + (asString(value) ?? '');
    else if (value !== null && value !== undefined) last[name] = value;
  }
}
