/** How the next model is told what was sent: as the beginning of its own answer, or quoted with an instruction. */
export type ContinueHow = 'prefill' | 'instruct';

/** The text a client has, as the next model is told of it. */
export interface SentText {
  /** What the model is given. */
  given: string;
  /** The end of the text that it is not given: it is expected at the beginning of what the model says. */
  kept: string;
}

/** Half a character: its other half was still to come. */
const HALF_CHARACTER = /[\uD800-\uDBFF]$/;

/**
 * Splits a text where the next model is to go on. A prefill must not end in white space: Anthropic refuses
 * it, and tokens begin with their space. Half a character, and a text of nothing but white space, cannot be
 * told at all. `given + kept` is the text.
 */
export function splitSent(text: string, how: ContinueHow): SentText {
  let given = text.replace(HALF_CHARACTER, '');
  if (how === 'prefill' || given.trimEnd() === '') given = given.trimEnd();
  return { given, kept: text.slice(given.length) };
}
