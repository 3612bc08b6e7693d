import { asNumber, asObject, asString, type JsonObject, parseJson } from '../../lib/json.ts';
import { unreadable } from '../openai/error.ts';
import { kindPath } from '../path.ts';
import { documentTexts, rankingUsage, readRanking, writeRanking } from '../rerank.ts';
import type { AnswerMeta, Codec, DecodedAnswer, EncodedRequest, PlainRequest, Target } from '../types.ts';

/** https://docs.cohere.com/reference/rerank */
export const rerank: Codec = { encode, decode };

/** Members that are said elsewhere, or mean nothing to the host. */
const READ = new Set(['model', 'query', 'documents', 'return_documents', 'stream']);

/** Members of the API's own. */
const NATIVE = new Set(['top_n', 'max_tokens_per_doc', 'priority']);

function encode(request: PlainRequest, { upstreamModel, quirks }: Target): EncodedRequest[] {
  const body = request.body();
  const more: JsonObject = {};
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (READ.has(name) || value === null || value === undefined) continue;
    if (NATIVE.has(name)) more[name] = value;
    else dropped.push(name);
  }
  return [
    {
      path: kindPath(quirks.rerank?.path, upstreamModel, '/rerank'),
      body: JSON.stringify({
        model: upstreamModel,
        query: body.query,
        documents: documentTexts(body),
        ...more,
      }),
      dropped,
    },
  ];
}

function decode([text = '']: readonly string[], _: Target, meta: AnswerMeta<PlainRequest>): DecodedAnswer {
  const body = asObject(parseJson(text));
  const ranking = readRanking(body?.results, meta.request.body());
  if (!body || !ranking) throw unreadable(text);
  const raw = asObject(body.meta);
  const billed = asObject(raw?.billed_units);
  const usage = rankingUsage(asNumber(billed?.input_tokens), asNumber(billed?.search_units), raw ?? null);
  return {
    text: writeRanking(ranking, usage, meta.model, meta),
    usage,
    finishReason: null,
    rawFinishReason: null,
    upstreamId: asString(body.id) ?? null,
    upstreamModel: null,
  };
}
