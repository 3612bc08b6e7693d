import { asString, isObject, type Json, type JsonObject, parseJson } from '../../lib/json.ts';
import type { Call, Calls } from './calls.ts';
import { contentParts, invalid } from './content.ts';
import type { Dropped } from './dropped.ts';

/** A result of a call: its `functionResponse` part, and media that must stand beside it. */
export interface ToolResult {
  order: number;
  part: JsonObject;
  beside: JsonObject[];
}

/**
 * A `tool` or `function` message as a function response
 * (https://ai.google.dev/gemini-api/docs/function-calling#multimodal). Gemini 3 takes media inside it, as
 * bytes; for other models, and for media by address, it stands behind the responses in the same turn.
 * @throws GatewayError `invalid_value` when the call that it answers is not in the conversation.
 */
export function toolResult(
  message: JsonObject,
  at: string,
  calls: Calls,
  mediaInside: boolean,
  dropped: Dropped,
): ToolResult {
  const { id, name, order } = findCall(message, at, calls);
  const parts = contentParts(message.content, `${at}.content`, dropped);
  const texts = parts.filter((part) => typeof part.text === 'string').map((part) => result(part.text));
  const media = parts.filter((part) => typeof part.text !== 'string');
  const inside = mediaInside ? media.filter((part) => isObject(part.inlineData)) : [];
  const value = texts.length === 1 ? texts[0] : texts;
  const response: JsonObject = {};
  if (texts.length > 0 || media.length === 0) {
    response[message.is_error === true ? 'error' : 'output'] = texts.length === 0 ? '' : value;
  }
  const functionResponse: JsonObject = { name, response };
  if (id !== '') functionResponse.id = id;
  if (inside.length > 0) functionResponse.parts = inside;
  return { order, part: { functionResponse }, beside: media.filter((part) => !inside.includes(part)) };
}

function findCall(message: JsonObject, at: string, calls: Calls): Call {
  const id = message.role === 'function' ? '' : (asString(message.tool_call_id) ?? '');
  const name = asString(message.name) ?? '';
  const call = calls.answer(id, name);
  if (call) return call;
  // The call itself may have been cut from the history; the API wants the function's name.
  if (name !== '') return { id, name, answered: true, order: Number.POSITIVE_INFINITY };
  throw invalid(`${at}.tool_call_id`, 'No call of this id comes before this result, and it has no name.');
}

/**
 * What a function gave: JSON as such, other text as text. Numbers that JavaScript cannot hold exactly stay
 * in their text.
 */
function result(text: Json | undefined): Json {
  const given = asString(text) ?? '';
  if (!/^\s*[{[]/.test(given) || /\d{16}|\d[eE][+-]?\d/.test(given)) return given;
  return parseJson(given) ?? given;
}
