import { asArray, asObject, asString, parseJson } from '../../lib/json.ts';
import { invalidRequest, unknownModel } from './error.ts';
import { countTokens } from './tokens.ts';
import { wordsOf } from './words.ts';

const MODEL = 'demo-rerank';
const DOCUMENTS_PER_SEARCH = 100;

/** POST /v1/rerank: a document is as relevant as the share of the query's words that it has. */
export async function rank(body: string): Promise<Response> {
  const asked = asObject(parseJson(body)) ?? {};
  const model = asString(asked.model) ?? '';
  if (model !== MODEL) throw unknownModel(model);
  const query = asString(asked.query);
  if (!query) throw invalidRequest("Missing required parameter: 'query'.", 'query');
  const documents = asArray(asked.documents).map((document) => asString(document));
  if (documents.length === 0) throw invalidRequest("Missing required parameter: 'documents'.", 'documents');
  const wanted = new Set(wordsOf(query));
  const results = documents.map((document, index) => {
    if (document === undefined)
      throw invalidRequest("Invalid 'documents': text.", 'documents', 'invalid_type');
    const found = new Set(wordsOf(document).filter((word) => wanted.has(word)));
    return { index, relevance_score: wanted.size === 0 ? 0 : found.size / wanted.size };
  });
  results.sort((a, b) => b.relevance_score - a.relevance_score);
  const asking = countTokens(query);
  const tokens = documents.reduce((sum, document) => sum + asking + countTokens(document ?? ''), 0);
  return Response.json({
    id: `rerank-${crypto.randomUUID()}`,
    model: MODEL,
    results: typeof asked.top_n === 'number' ? results.slice(0, asked.top_n) : results,
    usage: {
      total_tokens: tokens,
      search_units: Math.ceil(documents.length / DOCUMENTS_PER_SEARCH),
    },
  });
}
