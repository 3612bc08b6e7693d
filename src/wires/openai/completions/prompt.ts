import type { Json } from '../../../lib/json.ts';
import { invalid, missing, unsupported, wrongType } from '../responses/refuse.ts';

/**
 * The text of a prompt: a string, or an array of one.
 * @throws GatewayError `missing_parameter`, `invalid_type`, `invalid_value`; `unsupported_parameter` for tokens and for
 *   several prompts, as a chat completion answers one text.
 */
export function readPrompt(given: Json | undefined): string {
  if (given === undefined || given === null) throw missing('prompt');
  if (typeof given === 'string') return given;
  if (!Array.isArray(given)) throw wrongType('prompt', 'a string, or an array of one string');
  for (const [index, entry] of given.entries()) {
    if (isTokens(entry)) {
      throw unsupported('prompt', 'A prompt is text here: tokens are numbers that only one model knows.');
    }
    if (typeof entry !== 'string') throw wrongType(`prompt[${index}]`, 'a string');
  }
  const [only] = given;
  if (typeof only !== 'string') throw invalid('prompt', 'prompt must not be empty.');
  if (given.length === 1) return only;
  const message = `One request answers one prompt, and here are ${given.length}: send a request for each.`;
  throw unsupported('prompt', message);
}

function isTokens(entry: Json): boolean {
  return typeof entry === 'number' || (Array.isArray(entry) && entry.every((one) => typeof one === 'number'));
}

/** A prompt as text, or as the tokens of a model. */
export type Prompt = string | readonly number[];

/** The prompts of a request, as hosts of the API read them; null for what is none. */
export function promptsOf(given: Json | undefined): readonly Prompt[] | null {
  if (typeof given === 'string') return [given];
  if (!Array.isArray(given) || given.length === 0) return null;
  if (given.every(isToken)) return [given];
  if (given.every((entry) => typeof entry === 'string')) return given;
  return given.every(isTokenList) ? given : null;
}

function isToken(entry: Json): entry is number {
  return typeof entry === 'number' && Number.isInteger(entry) && entry >= 0;
}

function isTokenList(entry: Json): entry is number[] {
  return Array.isArray(entry) && entry.length > 0 && entry.every(isToken);
}
