import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../../lib/json.ts';

/**
 * Log probabilities of one choice in the shape of completions: parallel arrays, and where in the text each token
 * begins. That is counted over all pieces of a stream.
 */
export class Logprobs {
  /** Characters (code points) that have begun so far. */
  #characters = 0;

  /** @param given `logprobs` of a choice of a chat completion or chunk. */
  take(given: Json | undefined): JsonObject | null {
    const logprobs = asObject(given);
    if (!logprobs) return null;
    // A refusal stands behind the content, as its text does.
    const tokens = [...asArray(logprobs.content), ...asArray(logprobs.refusal)].filter(isObject);
    return {
      tokens: tokens.map(textOf),
      token_logprobs: tokens.map(logprobOf),
      top_logprobs: tokens.map(alternatives),
      text_offset: tokens.map((token) => this.#place(token)),
    };
  }

  /** A token may be a part of a character: it begins where that character does. */
  #place(token: JsonObject): number {
    const bytes = Array.isArray(token.bytes) ? token.bytes : new TextEncoder().encode(textOf(token));
    const before = this.#characters;
    for (const byte of bytes) if (!goesOn(byte)) this.#characters++;
    return goesOn(bytes[0]) ? Math.max(0, before - 1) : before;
  }
}

/** Whether a byte of UTF-8 belongs to a character that another began. */
function goesOn(byte: Json | undefined): boolean {
  return typeof byte === 'number' && (byte & 0xc0) === 0x80;
}

function textOf(token: JsonObject): string {
  return asString(token.token) ?? '';
}

function logprobOf(token: JsonObject): number | null {
  return asNumber(token.logprob) ?? null;
}

/** The token that was taken and the likeliest; of those that are written alike, the first. */
function alternatives(token: JsonObject): JsonObject {
  const found = new Map<string, number | null>();
  for (const one of [token, ...asArray(token.top_logprobs).filter(isObject)]) {
    if (!found.has(textOf(one))) found.set(textOf(one), logprobOf(one));
  }
  // Own members whatever their names are, `__proto__` too.
  return Object.fromEntries(found);
}
