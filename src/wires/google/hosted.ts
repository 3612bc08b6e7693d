import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import { type Hosted, type HostedTool, limitOf, unitOf } from '../hosted.ts';
import type { ChatBody } from '../types.ts';
import { nativeFields } from './native.ts';

/** Tools whose calls answers tell. */
const COUNTED: ReadonlySet<string> = new Set(['google_search', 'google_maps']);

/** What a chat completion asks of its host in the API's own words (https://ai.google.dev/gemini-api/docs/tools). */
export function hostedInChat(body: ChatBody): Hosted {
  const tools: HostedTool[] = [];
  const objects: string[] = [];
  for (const [index, entry] of asArray(body.tools).entries()) {
    const tool = asObject(entry);
    if (!tool || tool.type !== undefined || isObject(tool.function)) continue;
    const param = `tools[${index}]`;
    for (const [name, settings] of Object.entries(tool)) {
      const unit = hostedUnit(name);
      if (unit === null) continue;
      tools.push({ param, unit, counted: COUNTED.has(unit), most: limitOf() });
      if (namesStore(settings)) objects.push(`${param}.${name}`);
    }
  }
  if (nativeFields(body).request.cachedContent !== undefined) objects.push('cached_content');
  objects.push(...filesIn(body.messages));
  return { tools, objects };
}

/** Null for functions, and what the client runs. */
function hostedUnit(name: string): string | null {
  const unit = unitOf(name);
  if (unit === 'function_declarations' || unit === 'computer_use') return null;
  return unit === 'google_search_retrieval' ? 'google_search' : unit;
}

/** Stores and corpora, engines and indexes are named by their resources' names. */
function namesStore(settings: Json | undefined): boolean {
  const text = JSON.stringify(settings ?? null);
  return /(stores|corpora|projects|engine|ragcorpus)/i.test(text);
}

/** Addresses that the account reads with its own rights: files of the API, and Cloud Storage. */
const OF_THE_ACCOUNT = /^(gs:\/\/|files\/|https?:\/\/generativelanguage\.googleapis\.com\/)/i;

function filesIn(messages: readonly Json[]): string[] {
  const found: string[] = [];
  for (const [index, message] of messages.entries()) {
    for (const [place, part] of asArray(asObject(message)?.content).entries()) {
      const at = addressIn(part);
      if (at !== null) found.push(`messages[${index}].content[${place}].${at}`);
    }
  }
  return found;
}

/** The member of a part that is such an address. */
function addressIn(part: Json): string | null {
  if (!isObject(part)) return null;
  for (const [name, value] of Object.entries(part)) {
    const isOne = (text: Json | undefined): boolean =>
      OF_THE_ACCOUNT.test(asString(text)?.slice(0, 200) ?? '');
    if (name === 'text') continue;
    if (isOne(value)) return name;
    const inside = Object.entries(asObject(value) ?? {}).find(([, text]) => isOne(text));
    if (inside) return `${name}.${inside[0]}`;
  }
  return null;
}

/**
 * What candidates told of their searches: each query is one
 * (https://ai.google.dev/gemini-api/docs/google-search#pricing), places are looked up once for an answer.
 */
export class Searches {
  readonly #queries = new Set<string>();
  #searched = false;
  #maps = false;

  read(candidate: JsonObject): void {
    const grounding = asObject(candidate.groundingMetadata);
    if (!grounding) return;
    for (const query of asArray(grounding.webSearchQueries)) {
      if (typeof query === 'string' && query !== '') this.#queries.add(query);
    }
    for (const chunk of asArray(grounding.groundingChunks)) {
      if (asObject(asObject(chunk)?.web)) this.#searched = true;
      if (asObject(asObject(chunk)?.maps)) this.#maps = true;
    }
  }

  get calls(): Record<string, number> | undefined {
    const searches = Math.max(this.#queries.size, this.#searched ? 1 : 0);
    if (searches === 0 && !this.#maps) return undefined;
    return {
      ...(searches > 0 ? { google_search: searches } : {}),
      ...(this.#maps ? { google_maps: 1 } : {}),
    };
  }
}
