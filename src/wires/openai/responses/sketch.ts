import { asArray, asNumber, asString, isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import type { ChatBody } from '../../types.ts';
import { ELSEWHERE } from './fields.ts';

/** What no host is asked for: state that it would keep, and words of chat completions that this format lacks. */
const NOBODYS = [
  'conversation',
  'prompt',
  'n',
  'modalities',
  'audio',
  'web_search_options',
  ...Object.keys(ELSEWHERE),
];

/** Members of the request whose words are not the gateway's own. */
const OF_THE_FORMAT: ReadonlySet<string> = new Set([
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'text',
  'reasoning',
  'include',
  'max_output_tokens',
  'stream_options',
]);

/**
 * What routing goes by of a request that no chat completion can say: who is asked, how much it says, and what it shows.
 * Null for one that a host which stores nothing could not serve either.
 */
export function sketchResponse(body: JsonObject): ChatBody | null {
  const { input, instructions, max_output_tokens: limit } = body;
  if (body.background === true || NOBODYS.some((name) => body[name] != null)) return null;
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : asArray(input);
  if (items.length === 0 || items.some(isReference)) return null;
  if (limit != null && !(Number.isInteger(limit) && (asNumber(limit) ?? 0) >= 1)) return null;
  const chat: JsonObject = {};
  for (const [name, value] of Object.entries(body)) {
    if (!OF_THE_FORMAT.has(name)) chat[name] = value;
  }
  if (limit != null) chat.max_completion_tokens = limit;
  const said: Json[] = instructions == null ? [] : [{ role: 'system', content: instructions }];
  chat.messages = [...said, ...items.map(roughItem)];
  if (asArray(body.tools).length > 0) chat.tools = body.tools;
  return chat as ChatBody;
}

function isReference(item: Json): boolean {
  return (
    isObject(item) && (item.type ?? (item.role === undefined ? 'item_reference' : '')) === 'item_reference'
  );
}

function roughItem(item: Json): Json {
  if (!isObject(item) || !Array.isArray(item.content)) return item;
  return { ...item, content: item.content.map(roughPart) };
}

/** Pictures are told by their type; all else is but counted. */
function roughPart(part: Json): Json {
  if (!isObject(part) || part.type !== 'input_image') return part;
  return { type: 'image_url', image_url: { url: asString(part.image_url) ?? '' } };
}
