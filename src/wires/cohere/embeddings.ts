import { asArray, asNumber, asObject, asString, type JsonObject, parseJson } from '../../lib/json.ts';
import {
  divided,
  type EmbeddedPart,
  inputUsage,
  isVector,
  joinEmbedded,
  READ,
  textsOf,
} from '../embeddings.ts';
import { unreadable } from '../openai/error.ts';
import { kindPath } from '../path.ts';
import type {
  AnswerMeta,
  Codec,
  DecodedAnswer,
  EncodedRequest,
  PlainRequest,
  Target,
  Usage,
} from '../types.ts';
import { tokensIn } from '../usage.ts';

/** https://docs.cohere.com/reference/embed */
export const embeddings: Codec = { encode, decode };

/** Members of the API's own. */
const NATIVE = new Set(['input_type', 'truncate', 'max_tokens']);

/** The API demands to know what vectors are for; OpenAI's has no word for it. */
const USUAL_INPUT_TYPE = 'search_document';

function encode(request: PlainRequest, { upstreamModel, quirks }: Target): EncodedRequest[] {
  const body = request.body();
  const more: JsonObject = { input_type: USUAL_INPUT_TYPE };
  const dimensions = asNumber(body.dimensions);
  if (dimensions !== undefined) more.output_dimension = dimensions;
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (READ.has(name) || value === null || value === undefined) continue;
    if (NATIVE.has(name)) more[name] = value;
    else dropped.push(name);
  }
  return divided(textsOf(body), quirks.embedding).map((texts) => ({
    path: kindPath(quirks.embedding?.path, upstreamModel, '/embed'),
    body: JSON.stringify({ model: upstreamModel, texts, ...more, embedding_types: ['float'] }),
    dropped,
  }));
}

function decode(bodies: readonly string[], target: Target, meta: AnswerMeta<PlainRequest>): DecodedAnswer {
  return joinEmbedded(bodies, target, meta, readPart);
}

function readPart(text: string, size: number): EmbeddedPart {
  const body = asObject(parseJson(text));
  const vectors = asArray(asObject(body?.embeddings)?.float).map((vector) => {
    if (!isVector(vector)) throw unreadable(text);
    return vector;
  });
  if (!body || vectors.length !== size) throw unreadable(text);
  return { id: asString(body.id) ?? null, vectors, usage: readUsage(asObject(body.meta)) };
}

function readUsage(meta: JsonObject | undefined): Usage | null {
  const raw = asObject(meta?.billed_units);
  const tokens = tokensIn(raw, 'input_tokens');
  return raw && tokens !== undefined ? inputUsage(tokens, raw) : null;
}
