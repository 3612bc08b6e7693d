import { asObject, asString, type Json, type JsonObject, parseJson } from '../../lib/json.ts';
import { invalidRequest, unknownModel } from './error.ts';
import { hashOf } from './hash.ts';
import { countTokens } from './tokens.ts';
import { wordsOf } from './words.ts';

const MODEL = 'demo-embed';
const USUAL_DIMENSIONS = 256;
const MOST_DIMENSIONS = 2048;
const MOST_INPUTS = 2048;

/** POST /v1/embeddings: unit vectors, the sum of one direction for each word. */
export async function embed(body: string): Promise<Response> {
  const asked = asObject(parseJson(body)) ?? {};
  const model = asString(asked.model) ?? '';
  if (model !== MODEL) throw unknownModel(model);
  const inputs = inputsOf(asked.input);
  const dimensions = typeof asked.dimensions === 'number' ? asked.dimensions : USUAL_DIMENSIONS;
  if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > MOST_DIMENSIONS) {
    throw invalidRequest(`Invalid 'dimensions': from 1 to ${MOST_DIMENSIONS}.`, 'dimensions');
  }
  const isText = asked.encoding_format !== 'base64';
  const data = inputs.map((words, index): JsonObject => {
    const vector = vectorOf(words, dimensions);
    const embedding = isText
      ? Array.from(vector)
      : Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
    return { object: 'embedding', index, embedding };
  });
  const tokens = inputs.reduce(
    (sum, words) => sum + words.reduce((all, word) => all + countTokens(word), 0),
    0,
  );
  return Response.json({
    object: 'list',
    data,
    model: MODEL,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
}

/** The words of each input; tokens are words of their own. */
function inputsOf(input: Json | undefined): string[][] {
  const list = Array.isArray(input) && typeof input[0] !== 'number' ? input : [input];
  if (list.length === 0 || list.length > MOST_INPUTS) {
    throw invalidRequest(`Invalid 'input': from 1 to ${MOST_INPUTS} inputs.`, 'input');
  }
  return list.map((one) => {
    if (typeof one === 'string' && one !== '') {
      const words = wordsOf(one);
      return words.length > 0 ? words : [one];
    }
    if (Array.isArray(one) && one.length > 0) return one.map(String);
    throw invalidRequest("Invalid 'input': text or tokens, and not empty.", 'input', 'invalid_type');
  });
}

function vectorOf(words: readonly string[], dimensions: number): Float32Array<ArrayBuffer> {
  const sum = new Float32Array(dimensions);
  for (const word of words) {
    let state = hashOf(word);
    for (let at = 0; at < dimensions; at++) {
      // https://en.wikipedia.org/wiki/Xorshift
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      sum[at] = (sum[at] ?? 0) + state / 2 ** 31;
    }
  }
  const length = Math.hypot(...sum) || 1;
  return sum.map((value) => value / length);
}
