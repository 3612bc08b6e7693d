import { asArray, asObject, asString, isObject, type JsonObject } from '../../../lib/json.ts';

/**
 * Citations that a delta or message carries: Anthropic's own as they came, addresses of other providers' searches
 * as results of a search whose index nobody knows.
 */
export function citationsOf(said: JsonObject): JsonObject[] {
  const own = asArray(asObject(asObject(said.provider_data)?.anthropic)?.citations).filter(isObject);
  const found = own.map(({ start_index: _, end_index: __, ...citation }) => citation);
  for (const annotation of asArray(said.annotations)) {
    const cited = asObject(asObject(annotation)?.url_citation);
    const url = asString(cited?.url);
    if (!cited || url === undefined) continue;
    found.push({
      type: 'web_search_result_location',
      cited_text: asString(cited.content) ?? '',
      encrypted_index: '',
      title: asString(cited.title) ?? null,
      url,
    });
  }
  return found;
}
