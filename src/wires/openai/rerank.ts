import { asNumber, asObject, asString, type JsonObject, parseJson } from '../../lib/json.ts';
import { documentTexts, rankingUsage, readRanking, writeRanking } from '../rerank.ts';
import type {
  AnswerMeta,
  Codec,
  DecodedAnswer,
  EncodedRequest,
  PlainRequest,
  Target,
  Usage,
} from '../types.ts';
import { inBandError, unreadable } from './error.ts';
import { applyKindQuirk, draftFor, encodeDraft } from './kind-quirk.ts';
import { upstreamCost } from './usage.ts';

/**
 * What hosts beside OpenAI's API have taken over from Cohere and Jina (https://jina.ai/reranker,
 * https://docs.together.ai/reference/rerank, https://openrouter.ai/docs/api-reference/rerank): the caller's own bytes.
 */
export const rerank: Codec = { encode, decode };

function encode(request: PlainRequest, target: Target): EncodedRequest[] {
  const quirk = target.quirks.rerank ?? {};
  const draft = draftFor(request, target, quirk);
  // The documents are here already; and not every host takes objects.
  draft.take('return_documents');
  const { documents } = request.body();
  if (Array.isArray(documents) && documents.some((document) => typeof document !== 'string')) {
    draft.set('documents', JSON.stringify(documentTexts(request.body())));
  }
  applyKindQuirk(draft, quirk);
  return [encodeDraft(draft, request, target, quirk, '/rerank')];
}

function decode([text = '']: readonly string[], _: Target, meta: AnswerMeta<PlainRequest>): DecodedAnswer {
  const body = asObject(parseJson(text));
  if (!body) throw unreadable(text);
  const error = body.error ?? (body.object === 'error' ? body : undefined);
  if (error !== undefined && error !== null) throw inBandError(error, text);
  const ranking = readRanking(body.results ?? body.data, meta.request.body());
  if (!ranking) throw unreadable(text);
  const usage = readUsage(asObject(body.usage), asObject(body.meta));
  const upstreamModel = asString(body.model) || null;
  return {
    text: writeRanking(ranking, usage, upstreamModel ?? meta.model, meta),
    usage,
    finishReason: null,
    rawFinishReason: null,
    upstreamId: asString(body.id) ?? null,
    upstreamModel,
  };
}

/** `usage`, or Cohere's `meta`, which some hosts took over: https://docs.siliconflow.com/en/api-reference/rerank/create-rerank. */
function readUsage(usage: JsonObject | undefined, meta: JsonObject | undefined): Usage {
  const billed = asObject(meta?.billed_units);
  const tokens =
    asNumber(usage?.total_tokens) ??
    asNumber(usage?.prompt_tokens) ??
    asNumber(billed?.input_tokens) ??
    asNumber(asObject(meta?.tokens)?.input_tokens);
  const searches = asNumber(usage?.search_units) ?? asNumber(billed?.search_units);
  return rankingUsage(tokens, searches, usage ?? meta ?? null, usage ? upstreamCost(usage) : null);
}
