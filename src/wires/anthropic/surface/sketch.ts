import { asArray, asNumber, asString, isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import { EXTENSIONS } from '../../extensions.ts';
import type { ChatBody } from '../../types.ts';

/**
 * What routing goes by of a request that no chat completion can say: who is asked, how much it says, and what it shows.
 * Null for one that no host of the API could serve.
 * @param counting `max_tokens` may be absent: nothing is generated.
 */
export function sketchMessages(body: JsonObject, counting: boolean): ChatBody | null {
  const { messages, system, max_tokens: limit, stream, model } = body;
  if (!Array.isArray(messages) || messages.length === 0) return null;
  // A conversation that the host would keep, in the operator's account and under an id that nobody here knows.
  if (body.thread !== undefined && body.thread !== null) return null;
  const isLimited = Number.isInteger(limit) && (asNumber(limit) ?? 0) >= 1;
  if (!isLimited && !counting) return null;
  const chat: JsonObject = { model };
  if (stream !== undefined) chat.stream = stream;
  for (const name of EXTENSIONS) if (body[name] !== undefined) chat[name] = body[name];
  if (isLimited) chat.max_completion_tokens = limit;
  const said: Json[] = system === undefined ? [] : [{ role: 'system', content: system }];
  chat.messages = [...said, ...messages.map(roughMessage)];
  if (asArray(body.tools).length > 0) chat.tools = body.tools;
  return chat as ChatBody;
}

function roughMessage(message: Json): Json {
  if (!isObject(message) || !Array.isArray(message.content)) return message;
  return { ...message, content: message.content.map(roughPart) };
}

/** Pictures are told by their type; all else is but counted. */
function roughPart(block: Json): Json {
  if (!isObject(block) || block.type !== 'image') return block;
  const source = isObject(block.source) ? block.source : {};
  const data = asString(source.data);
  const url = data === undefined ? (asString(source.url) ?? '') : `data:${data}`;
  return { type: 'image_url', image_url: { url } };
}
