import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { ModelTraits } from '../claude/models.ts';
import { functionSchema } from '../function-schema.ts';
import type { ChatBody, Target } from '../types.ts';
import { invalid, unsupported, withCache } from './content.ts';
import type { Dropped } from './dropped.ts';
import { isNativeSchema } from './schema.ts';
import type { StructuredPlan } from './structured.ts';

/** `tools` and `tool_choice` of the request; absent where it has none. */
export interface EncodedTools {
  tools?: JsonObject[];
  tool_choice?: JsonObject;
}

/** What the rest of the request leaves possible. */
export interface ToolContext {
  target: Target;
  traits: ModelTraits;
  structured: StructuredPlan;
  /** Thinking with a budget is on: a tool cannot be forced. */
  manualThinking: boolean;
}

/** The request speaks OpenAI's older dialect, and so must the answer. */
export function usesLegacyFunctions(body: ChatBody): boolean {
  return asArray(body.functions).length > 0 && asArray(body.tools).length === 0;
}

/**
 * Tools with their schemas untouched, and the choice among them.
 * @throws GatewayError `unsupported_parameter` for tools that are no functions.
 */
export function encodeTools(body: ChatBody, context: ToolContext, dropped: Dropped): EncodedTools {
  const legacy = usesLegacyFunctions(body);
  let tools = legacy
    ? asArray(body.functions).map((entry, index) =>
        functionTool(asObject(entry), asObject(entry), `functions[${index}]`, context, dropped),
      )
    : asArray(body.tools).map((entry, index) => encodeTool(entry, `tools[${index}]`, context, dropped));
  let asked = legacy ? legacyChoice(body.function_call) : body.tool_choice;
  const allowed = asObject(asObject(asked)?.allowed_tools);
  if (allowed) {
    const names = new Set(asArray(allowed.tools).map(toolName));
    tools = tools.filter((tool) => names.has(asString(tool.name) ?? ''));
    asked = allowed.mode;
  }
  let choice = encodeChoice(asked);
  const forced = choice?.type === 'any' || choice?.type === 'tool';
  const { structured } = context;
  if (structured.kind === 'tool' && !forced) {
    // A tool of the caller's or the answer: either way a tool is called.
    choice =
      tools.length === 0 || choice?.type === 'none'
        ? { type: 'tool', name: structured.name, disable_parallel_tool_use: true }
        : { type: 'any' };
    tools = [
      ...tools,
      { name: structured.name, description: structured.description, input_schema: structured.schema },
    ];
  } else if (forced && (context.manualThinking || !context.traits.forcedTools)) {
    dropped.add(legacy ? 'function_call' : 'tool_choice');
    choice = { type: 'auto' };
  }
  if (tools.length === 0) return forced && choice ? { tool_choice: choice } : {};
  if ((body.parallel_tool_calls === false || legacy) && choice?.type !== 'none') {
    choice = { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true };
  }
  return choice ? { tools, tool_choice: choice } : { tools };
}

function encodeTool(entry: Json, at: string, context: ToolContext, dropped: Dropped): JsonObject {
  if (!isObject(entry)) throw invalid(at, 'A tool must be an object.');
  if (entry.type === 'function' || entry.type === undefined) {
    return functionTool(asObject(entry.function), entry, `${at}.function`, context, dropped);
  }
  // The API's own tools (web_search_…, mcp_toolset, …) are sent as they are.
  if (entry.type !== 'custom' || isObject(entry.input_schema)) return entry;
  throw unsupported(at, 'Tools with free-form input cannot be sent to this model.');
}

function functionTool(
  definition: JsonObject | undefined,
  holder: JsonObject | undefined,
  at: string,
  context: ToolContext,
  dropped: Dropped,
): JsonObject {
  const name = asString(definition?.name);
  if (!definition || !name) throw invalid(`${at}.name`, 'A function needs a name.');
  const tool: JsonObject = { name };
  if (typeof definition.description === 'string') tool.description = definition.description;
  const schema = functionSchema(definition.parameters);
  tool.input_schema = schema;
  if (definition.strict === true) {
    const { capabilities } = context.target;
    const native = capabilities.structuredOutput !== false && context.traits.nativeSchema !== false;
    if (native && isNativeSchema(schema)) tool.strict = true;
    else dropped.add('tools.function.strict');
  }
  return withCache(tool, holder?.cache_control ?? definition.cache_control);
}

function toolName(entry: Json): string {
  const tool = asObject(entry);
  return asString(asObject(tool?.function)?.name) ?? asString(tool?.name) ?? '';
}

/** https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools#forcing-tool-use */
function encodeChoice(asked: Json | undefined): JsonObject | undefined {
  if (asked === undefined || asked === null) return undefined;
  if (asked === 'auto' || asked === 'none') return { type: asked };
  if (asked === 'required' || asked === 'any') return { type: 'any' };
  const choice = asObject(asked);
  const name = asString(asObject(choice?.function)?.name);
  if (name) return { type: 'tool', name };
  if (choice && typeof choice.type === 'string' && choice.type !== 'function') return choice;
  throw invalid('tool_choice', 'A tool choice is "auto", "none", "required", or a function by its name.');
}

function legacyChoice(asked: Json | undefined): Json | undefined {
  const named = asObject(asked);
  return named ? { type: 'function', function: named } : asked;
}
