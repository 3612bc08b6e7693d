import { GatewayError } from './errors.ts';

const MOST_PAIRS = 16;
/** Characters. */
const LONGEST_NAME = 64;
const LONGEST_VALUE = 512;

/**
 * Checks what clients attach to objects of OpenAI's API: 16 pairs of strings at most
 * (https://platform.openai.com/docs/api-reference/responses/create#responses-create-metadata).
 * @param given the member `metadata` of a request's body.
 * @returns null where there is none.
 * @throws GatewayError `invalid_type`, `invalid_value`, naming the pair.
 */
export function checkMetadata(given: unknown): Record<string, string> | null {
  if (given === null || given === undefined) return null;
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw refusal('invalid_type', 'metadata', 'must be an object');
  }
  const pairs = Object.entries(given);
  if (pairs.length > MOST_PAIRS) {
    throw refusal('invalid_value', 'metadata', `must have at most ${MOST_PAIRS} pairs`);
  }
  for (const [name, value] of pairs) {
    if (name.length > LONGEST_NAME) {
      throw refusal('invalid_value', 'metadata', `must have names of at most ${LONGEST_NAME} characters`);
    }
    const param = `metadata.${name}`;
    if (typeof value !== 'string') throw refusal('invalid_type', param, 'must be a string');
    if (value.length > LONGEST_VALUE) {
      throw refusal('invalid_value', param, `must be at most ${LONGEST_VALUE} characters long`);
    }
  }
  return Object.fromEntries(pairs) as Record<string, string>;
}

function refusal(code: 'invalid_type' | 'invalid_value', param: string, what: string): GatewayError {
  return new GatewayError(code, { param, message: `${param} ${what}.` });
}
