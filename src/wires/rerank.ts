import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../lib/json.ts';
import { inputUsage, uncountedInput } from './embeddings.ts';
import type { AnswerMeta, PlainRequest, RequestBody, Usage } from './types.ts';

/** A document by its place in the request, and how relevant it is: the higher, the more. */
export interface Ranked {
  index: number;
  score: number;
}

/** The documents of a request as texts: each is one, or an object with a `text`. */
export function documentTexts({ documents }: RequestBody): string[] {
  return asArray(documents).map((document) => asString(document) ?? asString(asObject(document)?.text) ?? '');
}

/**
 * The results of a host, the most relevant first, those of one score in the order of the request. Null where they are
 * not what was asked for: one for each document, or for as many as `top_n` says, and none twice. What a host sends
 * beyond `top_n` is left out.
 */
export function readRanking(results: Json | undefined, body: RequestBody): Ranked[] | null {
  const count = asArray(body.documents).length;
  const wanted = Math.min(asNumber(body.top_n) ?? count, count);
  const ranking: Ranked[] = [];
  const seen = new Set<number>();
  for (const result of asArray(results)) {
    const { index, relevance_score: relevance, score: other } = asObject(result) ?? {};
    const score = asNumber(relevance) ?? asNumber(other);
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= count) return null;
    if (score === undefined || seen.has(index)) return null;
    seen.add(index);
    ranking.push({ index, score });
  }
  if (ranking.length < wanted) return null;
  return ranking.sort((a, b) => b.score - a.score || a.index - b.index).slice(0, wanted);
}

/** The answer, as https://docs.cohere.com/reference/rerank and Jina's clients read it, with the usage that is known. */
export function writeRanking(
  ranking: readonly Ranked[],
  usage: Usage,
  model: string,
  { id, request }: AnswerMeta<PlainRequest>,
): string {
  const { documents, return_documents: withDocuments } = request.body();
  const given = asArray(documents);
  const results = ranking.map(({ index, score }): JsonObject => {
    const document = given[index] ?? null;
    return {
      index,
      relevance_score: score,
      ...(withDocuments === true && {
        document: typeof document === 'string' ? { text: document } : document,
      }),
    };
  });
  const { inputTokens, uncounted, searches } = usage;
  const counts: JsonObject = {
    ...(!uncounted && { prompt_tokens: inputTokens, total_tokens: inputTokens }),
    ...(searches !== undefined && { search_units: searches }),
  };
  const known = Object.keys(counts).length > 0 && { usage: counts };
  return JSON.stringify({ id, object: 'rerank', model, results, ...known });
}

/** What a host counted. @param searches as it bills them; what is no positive whole number was not counted. */
export function rankingUsage(
  tokens: number | undefined,
  searches: number | undefined,
  raw: Json,
  upstreamCostUsd: number | null = null,
): Usage {
  const isCounted = tokens !== undefined && Number.isInteger(tokens) && tokens >= 0;
  const usage = isCounted ? inputUsage(tokens, raw, upstreamCostUsd) : uncountedInput(raw, upstreamCostUsd);
  const isBilled = searches !== undefined && Number.isInteger(searches) && searches > 0;
  return isBilled ? { ...usage, searches } : usage;
}
