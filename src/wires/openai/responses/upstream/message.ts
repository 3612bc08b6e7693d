import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../../../lib/json.ts';

/** Puts deltas together to a whole message. */
export function messageOf(deltas: readonly JsonObject[]): JsonObject {
  let content = '';
  let reasoning = '';
  let refusal: string | null = null;
  const lists: Record<string, JsonObject[]> = {
    reasoning_details: [],
    tool_calls: [],
    images: [],
    annotations: [],
  };
  let functionCall: JsonObject | null = null;
  const own: Record<string, Json[]> = {};
  for (const delta of deltas) {
    content += asString(delta.content) ?? '';
    reasoning += asString(delta.reasoning) ?? '';
    if (typeof delta.refusal === 'string') refusal = (refusal ?? '') + delta.refusal;
    const call = asObject(delta.function_call);
    if (call) functionCall = functionCall ? joined(functionCall, call) : { ...call };
    for (const [name, list] of Object.entries(lists)) {
      for (const entry of asArray(delta[name]).filter(isObject)) addTo(list, entry);
    }
    for (const [name, values] of Object.entries(asObject(asObject(delta.provider_data)?.openai) ?? {})) {
      own[name] = [...(own[name] ?? []), ...asArray(values)];
    }
  }
  const message: JsonObject = { role: 'assistant', content: content === '' ? null : content, refusal };
  if (reasoning !== '') message.reasoning = reasoning;
  for (const [name, list] of Object.entries(lists)) {
    // A whole message has its calls in order and without the index.
    const whole = name === 'tool_calls' ? list.map(({ index: _, ...call }) => call) : list;
    if (whole.length > 0) message[name] = whole;
  }
  if (functionCall) message.function_call = functionCall;
  if (Object.keys(own).length > 0) message.provider_data = { openai: own };
  return message;
}

/** Pieces of one call, or of one shown detail, become one. */
function addTo(list: JsonObject[], entry: JsonObject): void {
  const last = list.at(-1);
  const isPiece =
    last?.index !== undefined && last.index === entry.index && (entry.type ?? last.type) === last.type;
  if (!last || !isPiece) {
    list.push({ ...entry });
    return;
  }
  for (const name of ['function', 'custom'] as const) {
    const piece = asObject(entry[name]);
    if (piece) last[name] = joined(asObject(last[name]) ?? {}, piece);
  }
  for (const name of ['summary', 'text'] as const) {
    if (entry[name] !== undefined) last[name] = (asString(last[name]) ?? '') + (asString(entry[name]) ?? '');
  }
}

function joined(whole: JsonObject, piece: JsonObject): JsonObject {
  const result = { ...whole };
  for (const name of ['arguments', 'input'] as const) {
    if (piece[name] !== undefined)
      result[name] = (asString(whole[name]) ?? '') + (asString(piece[name]) ?? '');
  }
  return result;
}
