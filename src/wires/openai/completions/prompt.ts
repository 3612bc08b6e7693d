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
