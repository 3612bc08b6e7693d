import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import type { MemberNames, Origins } from '../../param-names.ts';
import type { Dropped } from './dropped.ts';
import { invalid, missing, unsupported, wrongType } from './refuse.ts';

/** `tools`, `tool_choice` and `parallel_tool_calls` of a chat completion; absent where it has none. */
export interface ChatTools {
  tools?: JsonObject[];
  tool_choice?: Json;
  parallel_tool_calls?: Json;
}

/** What members of tools and of the choice of one are called here. */
const TOOL: MemberNames = {
  type: 'type',
  'function.name': 'name',
  'function.description': 'description',
  'function.parameters': 'parameters',
  'function.strict': 'strict',
  'custom.name': 'name',
  'custom.description': 'description',
  'custom.format': 'format',
  cache_control: 'cache_control',
};

/**
 * Tools as chat completions have them.
 * @param origins takes note of the tools.
 * @throws GatewayError `unsupported_parameter` for tools that run at the provider.
 */
export function readTools(body: JsonObject, dropped: Dropped, origins: Origins): ChatTools {
  const { tools: given, tool_choice: choice, parallel_tool_calls: parallel } = body;
  if (given != null && !Array.isArray(given)) throw wrongType('tools', 'an array');
  const tools = asArray(given).map((tool, index) => {
    const at = `tools[${index}]`;
    return origins.note(toolOf(tool, at, dropped), at, TOOL);
  });
  const chat: ChatTools = {};
  if (tools.length > 0) chat.tools = tools;
  const chosen = choiceOf(choice);
  // Chat completions refuse both without tools, where they ask for what happens anyway.
  if (chosen !== undefined && (tools.length > 0 || (chosen !== 'auto' && chosen !== 'none'))) {
    chat.tool_choice = chosen;
  }
  if (parallel != null && tools.length > 0) chat.parallel_tool_calls = parallel;
  return chat;
}

function toolOf(tool: Json, at: string, dropped: Dropped): JsonObject {
  if (!isObject(tool)) throw wrongType(at, 'an object');
  if (tool.type !== 'function' && tool.type !== 'custom') {
    if (tool.type == null) throw missing(`${at}.type`);
    throw unsupported(
      at,
      `Tools of type "${asString(tool.type)}" run at their provider and are not to be had here.`,
    );
  }
  const { type, name, description, defer_loading: deferred, allowed_callers: callers, ...more } = tool;
  if (typeof name !== 'string' || name === '') throw missing(`${at}.name`);
  if (deferred === true) throw unsupported(`${at}.defer_loading`, 'There is no search of tools here.');
  if (asArray(callers).some((caller) => caller !== 'direct')) {
    throw unsupported(`${at}.allowed_callers`, 'Tools are called by the model alone.');
  }
  const named: JsonObject = { name };
  if (typeof description === 'string') named.description = description;
  if (type === 'custom') {
    const { format, ...rest } = more;
    if (format != null) named.format = formatOf(format, `${at}.format`);
    return { type, custom: named, ...rest };
  }
  const { parameters, strict, output_schema: output, ...rest } = more;
  if (parameters != null) named.parameters = parameters;
  if (strict != null) named.strict = strict;
  if (output != null) dropped.add('tools.output_schema');
  return { type, function: named, ...rest };
}

function formatOf(format: Json, at: string): JsonObject {
  const given = asObject(format);
  if (given?.type === 'text') return { type: 'text' };
  if (given?.type !== 'grammar') throw invalid(at, 'A format is "text" or "grammar".');
  const { type, ...grammar } = given;
  return { type, grammar };
}

function choiceOf(choice: Json | undefined): Json | undefined {
  if (choice === undefined || choice === null) return undefined;
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice;
  const named = asObject(choice);
  if (named?.type === 'allowed_tools') {
    const { mode, tools } = named;
    const allowed = asArray(tools).map((tool, index) => namedTool(tool, `tool_choice.tools[${index}]`));
    return { type: 'allowed_tools', allowed_tools: { mode: mode ?? 'auto', tools: allowed } };
  }
  return namedTool(choice, 'tool_choice');
}

function namedTool(tool: Json, at: string): JsonObject {
  const { type, name } = asObject(tool) ?? {};
  if (type === 'function' || type === 'custom') {
    if (typeof name !== 'string' || name === '') throw missing(`${at}.name`);
    return { type, [type]: { name } };
  }
  if (typeof type === 'string') {
    throw unsupported(at, `Tools of type "${type}" run at their provider and are not to be had here.`);
  }
  throw invalid(at, 'A tool choice is "auto", "none", "required", or a tool by its type and name.');
}
