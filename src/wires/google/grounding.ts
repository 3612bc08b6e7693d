import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';

/**
 * The sources of a candidate as OpenAI's annotations: what Google Search found
 * (https://ai.google.dev/gemini-api/docs/google-search) and what is quoted from elsewhere
 * (`citationMetadata`). A source that backs no stretch of the text stands at its beginning.
 * @param text the content so far, which the offsets are for.
 */
export function annotations(candidate: JsonObject, text: string): JsonObject[] {
  const grounding = asObject(candidate.groundingMetadata);
  return [...grounded(grounding, text), ...quoted(asObject(candidate.citationMetadata), text)];
}

function grounded(grounding: JsonObject | undefined, text: string): JsonObject[] {
  const sources = asArray(grounding?.groundingChunks).map(source);
  const used = new Set<number>();
  const found: JsonObject[] = [];
  for (const support of asArray(grounding?.groundingSupports).filter(isObject)) {
    const [start, end] = stretch(asObject(support.segment), text);
    for (const index of asArray(support.groundingChunkIndices)) {
      const known = typeof index === 'number' ? sources[index] : undefined;
      if (!known || typeof index !== 'number') continue;
      used.add(index);
      found.push(citation(known, start, end));
    }
  }
  const unused = sources.flatMap((known, index): JsonObject[] =>
    known && !used.has(index) ? [citation(known, 0, 0)] : [],
  );
  return [...found, ...unused];
}

interface Source {
  url: string;
  title: string;
}

function source(chunk: Json): Source | null {
  const { web, maps, retrievedContext } = asObject(chunk) ?? {};
  const about = asObject(web) ?? asObject(maps) ?? asObject(retrievedContext);
  const url = asString(about?.uri);
  return url ? { url, title: asString(about?.title) ?? '' } : null;
}

function quoted(metadata: JsonObject | undefined, text: string): JsonObject[] {
  return asArray(metadata?.citationSources ?? metadata?.citations).flatMap((entry): JsonObject[] => {
    const quote = asObject(entry);
    const url = asString(quote?.uri);
    if (!url) return [];
    const [start, end] = stretch(quote, text);
    return [citation({ url, title: asString(quote?.title) ?? '' }, start, end)];
  });
}

function citation({ url, title }: Source, start: number, end: number): JsonObject {
  return { type: 'url_citation', url_citation: { start_index: start, end_index: end, url, title } };
}

/**
 * A stretch of the text in UTF-16 units. The API counts bytes of UTF-8, within one part; where the words
 * that it names are not there, they are searched.
 */
function stretch(segment: JsonObject | undefined, text: string): [start: number, end: number] {
  const start = unitsAt(text, asNumber(segment?.startIndex) ?? 0);
  const end = Math.max(start, unitsAt(text, asNumber(segment?.endIndex) ?? 0));
  const words = asString(segment?.text);
  if (!words || text.slice(start, end) === words) return [start, end];
  const found = text.indexOf(words);
  return found < 0 ? [start, end] : [found, found + words.length];
}

/** The UTF-16 offset of a UTF-8 one, not beyond the end. */
function unitsAt(text: string, bytes: number): number {
  let left = bytes;
  let units = 0;
  for (const character of text) {
    if (left <= 0) break;
    const code = character.codePointAt(0) ?? 0;
    left -= code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    units += character.length;
  }
  return units;
}
