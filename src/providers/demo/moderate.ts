import { asArray, asObject, asString, type Json, type JsonObject, parseJson } from '../../lib/json.ts';
import { invalidRequest, unknownModel } from './error.ts';
import { wordsOf } from './words.ts';

const MODEL = 'demo-moderation';

/** OpenAI's categories, and the words that stand for each here. */
const CATEGORIES: Readonly<Record<string, readonly string[]>> = {
  harassment: ['idiot', 'stupid'],
  'harassment/threatening': [],
  hate: ['hate', 'vermin'],
  'hate/threatening': [],
  illicit: ['steal', 'smuggle'],
  'illicit/violent': [],
  'self-harm': [],
  'self-harm/instructions': [],
  'self-harm/intent': [],
  sexual: ['nude', 'porn'],
  'sexual/minors': [],
  violence: ['kill', 'murder', 'stab'],
  'violence/graphic': ['gore', 'blood'],
};

/** Of what is not flagged. */
const LEAST_SCORE = 0.01;

/** POST /v1/moderations: flags texts by a list of words. Pictures are never flagged, and nothing is counted. */
export async function moderate(body: string): Promise<Response> {
  const asked = asObject(parseJson(body)) ?? {};
  const model = asString(asked.model) ?? '';
  if (model !== MODEL) throw unknownModel(model);
  const results = inputsOf(asked.input).map(({ text, hasImage }) => judge(wordsOf(text), hasImage));
  return Response.json({ id: `modr-${crypto.randomUUID()}`, model: MODEL, results });
}

/** A text, texts, or parts that belong together. */
function inputsOf(input: Json | undefined): { text: string; hasImage: boolean }[] {
  if (typeof input === 'string') return [{ text: input, hasImage: false }];
  const list = asArray(input);
  if (list.length === 0) throw invalidRequest("Missing required parameter: 'input'.", 'input');
  if (list.every((one) => typeof one === 'string')) return list.map((text) => ({ text, hasImage: false }));
  const parts = list.map(asObject);
  const text = parts.map((part) => asString(part?.text) ?? '').join(' ');
  return [{ text, hasImage: parts.some((part) => part?.type === 'image_url') }];
}

function judge(words: readonly string[], hasImage: boolean): JsonObject {
  const names = Object.keys(CATEGORIES);
  const counts = new Map(
    names.map((name) => [name, words.filter((word) => CATEGORIES[name]?.includes(word)).length]),
  );
  const of = <T extends Json>(write: (count: number) => T): JsonObject =>
    Object.fromEntries(names.map((name) => [name, write(counts.get(name) ?? 0)]));
  return {
    flagged: [...counts.values()].some((count) => count > 0),
    categories: of((count) => count > 0),
    category_scores: of((count) => (count > 0 ? 1 - 0.5 ** (count + 1) : LEAST_SCORE)),
    category_applied_input_types: of(() => (hasImage ? ['text', 'image'] : ['text'])),
  };
}
