import { asArray, asString, isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import { inputItemId, stemOf } from './ids.ts';

/** How ids of items in an input begin, by their type. */
const PREFIXES: Readonly<Record<string, string>> = {
  message: 'msg',
  reasoning: 'rs',
  function_call: 'fc',
  function_call_output: 'fco',
  custom_tool_call: 'ctc',
  custom_tool_call_output: 'ctco',
  image_generation_call: 'ig',
};

/**
 * The items of an input as the API lists them (https://platform.openai.com/docs/api-reference/responses/input-items):
 * each with an id, contents as lists of parts. Items that have an id keep it.
 * @param input that of a request that could be read, its references resolved.
 * @param generationId of the answer to it.
 */
export function inputItems(input: Json | undefined, generationId: string): JsonObject[] {
  const given: Json[] = typeof input === 'string' ? [{ role: 'user', content: input }] : asArray(input);
  const stem = stemOf(generationId);
  return given.filter(isObject).map((item, index) => {
    const type = asString(item.type) ?? 'message';
    const id = asString(item.id) || inputItemId(PREFIXES[type] ?? 'item', stem, index);
    return { ...item, ...membersOf(type, item), id, type };
  });
}

/** What the list says that a request may leave out. */
function membersOf(type: string, item: JsonObject): JsonObject {
  const status = item.status ?? 'completed';
  if (type === 'message') {
    const content = item.role === 'assistant' ? said(item.content) : asked(item.content);
    return { status, content };
  }
  if (type === 'reasoning') return { summary: item.summary ?? [] };
  return { status };
}

function asked(content: Json | undefined): Json {
  if (typeof content === 'string') return [{ type: 'input_text', text: content }];
  return asArray(content).map((part) =>
    isObject(part) && part.type === 'input_image' ? { ...part, detail: part.detail ?? 'auto' } : part,
  );
}

function said(content: Json | undefined): Json {
  if (typeof content === 'string') return [outputText({ text: content })];
  return asArray(content).map((part) => {
    const isText = isObject(part) && (part.type === 'output_text' || part.type === 'input_text');
    return isText ? outputText(part) : part;
  });
}

function outputText(part: JsonObject): JsonObject {
  return { ...part, type: 'output_text', annotations: part.annotations ?? [], logprobs: part.logprobs ?? [] };
}
