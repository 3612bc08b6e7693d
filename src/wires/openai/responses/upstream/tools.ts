import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../../../lib/json.ts';
import type { ChatBody } from '../../../types.ts';
import type { Dropped } from '../dropped.ts';
import { invalid, wrongType } from '../refuse.ts';

/** The request speaks OpenAI's older dialect, and so must the answer. */
export function usesLegacyFunctions(body: ChatBody): boolean {
  return asArray(body.functions).length > 0 && asArray(body.tools).length === 0;
}

/** `tools`, `tool_choice` and `parallel_tool_calls` of a response; absent where there are none. */
export function encodeTools(body: ChatBody, dropped: Dropped): JsonObject {
  const legacy = usesLegacyFunctions(body);
  const tools = legacy
    ? asArray(body.functions).map((given, index) => functionTool(given, `functions[${index}]`))
    : asArray(body.tools).map((tool, index) => toolOf(tool, `tools[${index}]`, dropped));
  if (asObject(body.web_search_options)) tools.push(searchTool(asObject(body.web_search_options) ?? {}));
  const out: JsonObject = {};
  if (tools.length > 0) out.tools = tools;
  const choice = legacy ? legacyChoice(body.function_call) : choiceOf(body.tool_choice);
  if (choice !== undefined) out.tool_choice = choice;
  if (body.parallel_tool_calls != null && tools.length > 0)
    out.parallel_tool_calls = body.parallel_tool_calls;
  return out;
}

function toolOf(tool: Json, at: string, dropped: Dropped): JsonObject {
  if (!isObject(tool)) throw wrongType(at, 'an object');
  if (tool.cache_control != null) dropped.add('tools.cache_control');
  if (isObject(tool.function)) return functionTool(tool.function, `${at}.function`);
  const custom = asObject(tool.custom);
  if (custom) {
    const { format, ...named } = custom;
    return { type: 'custom', ...named, ...(format == null ? {} : { format: formatOf(format) }) };
  }
  // The API's own, which run at the provider.
  const { cache_control: _, ...own } = tool;
  return own;
}

/** The API holds functions to their schemas where nothing is said of it; chat completions do not. */
function functionTool(given: Json, at: string): JsonObject {
  const definition = asObject(given);
  const name = asString(definition?.name);
  if (!definition || !name) throw invalid(`${at}.name`, 'A function needs a name.');
  const out: JsonObject = { type: 'function', name };
  if (typeof definition.description === 'string') out.description = definition.description;
  out.parameters = definition.parameters ?? { type: 'object', properties: {} };
  out.strict = definition.strict ?? false;
  return out;
}

function formatOf(format: Json): Json {
  const given = asObject(format);
  return given?.type === 'grammar' ? { type: 'grammar', ...asObject(given.grammar) } : format;
}

/** https://platform.openai.com/docs/api-reference/chat/create#chat-create-web_search_options as a tool. */
function searchTool({ search_context_size: size, user_location: location }: JsonObject): JsonObject {
  const tool: JsonObject = { type: 'web_search' };
  if (size != null) tool.search_context_size = size;
  const approximate = asObject(asObject(location)?.approximate);
  if (approximate) tool.user_location = { type: 'approximate', ...approximate };
  return tool;
}

function choiceOf(choice: Json | undefined): Json | undefined {
  if (choice === undefined || choice === null) return undefined;
  const given = asObject(choice);
  if (!given) return choice;
  const allowed = asObject(given.allowed_tools);
  if (!allowed) return namedTool(given);
  const tools = asArray(allowed.tools).filter(isObject).map(namedTool);
  return { type: 'allowed_tools', mode: allowed.mode ?? 'auto', tools };
}

function namedTool(tool: JsonObject): JsonObject {
  const named = asObject(tool.function) ?? asObject(tool.custom);
  return named ? { type: tool.custom ? 'custom' : 'function', name: named.name ?? '' } : tool;
}

function legacyChoice(choice: Json | undefined): Json | undefined {
  const name = asObject(choice)?.name;
  if (choice === undefined || choice === null) return undefined;
  return name === undefined ? choice : { type: 'function', name };
}
