import { asArray, asString, isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import type { MemberNames, Origins } from '../../param-names.ts';
import { invalid, unsupported } from '../content.ts';
import type { Dropped } from '../dropped.ts';
import { marked } from './content.ts';
import { missing, wrongType } from './refuse.ts';

/** Tools that Anthropic defines and the client runs: calls of them are calls like any other. */
const RUN_BY_CLIENT = /^(?:bash|text_editor|memory|computer)_\d{8}$/;

/** What of a tool has no effect on the answer. */
const WITHOUT_EFFECT = ['eager_input_streaming'] as const;

/** What members of tools are called here. */
const TOOL: MemberNames = {
  type: 'type',
  'function.name': 'name',
  'function.description': 'description',
  'function.parameters': 'input_schema',
  'function.strict': 'strict',
  cache_control: 'cache_control',
};

/** `tools`, `tool_choice` and `parallel_tool_calls` of the chat completion. */
export function readTools(body: JsonObject, dropped: Dropped, origins: Origins): JsonObject {
  const { tools: given, tool_choice: asked } = body;
  const out: JsonObject = {};
  if (given !== undefined && given !== null) {
    if (!Array.isArray(given)) throw wrongType('tools', 'an array');
    const tools = given.map((tool, index) => {
      const at = `tools[${index}]`;
      return origins.note(readTool(tool, at, dropped), at, TOOL);
    });
    if (tools.length > 0) out.tools = tools;
  }
  if (asked === undefined || asked === null) return out;
  if (!isObject(asked)) throw wrongType('tool_choice', 'an object');
  out.tool_choice = choiceOf(asked);
  if (asked.disable_parallel_tool_use === true) out.parallel_tool_calls = false;
  return out;
}

function readTool(tool: Json, at: string, dropped: Dropped): JsonObject {
  if (!isObject(tool)) throw wrongType(at, 'an object');
  const type = asString(tool.type) ?? 'custom';
  if (RUN_BY_CLIENT.test(type)) return tool;
  if (type !== 'custom') {
    throw unsupported(
      `${at}.type`,
      `The tool "${type}" runs at Anthropic and cannot be used through this gateway.`,
    );
  }
  const name = asString(tool.name);
  if (!name) throw missing(`${at}.name`);
  if (!isObject(tool.input_schema)) throw missing(`${at}.input_schema`);
  refuseUnsayable(tool, at);
  for (const member of WITHOUT_EFFECT) {
    if (tool[member] !== undefined && tool[member] !== null) dropped.add(`tools.${member}`);
  }
  const definition: JsonObject = { name };
  if (typeof tool.description === 'string') definition.description = tool.description;
  definition.parameters = tool.input_schema;
  if (typeof tool.strict === 'boolean') definition.strict = tool.strict;
  return marked({ type: 'function', function: definition }, tool);
}

function refuseUnsayable(tool: JsonObject, at: string): void {
  const callers = asArray(tool.allowed_callers);
  const unsayable: Record<string, boolean> = {
    defer_loading: tool.defer_loading === true,
    input_examples: asArray(tool.input_examples).length > 0,
    allowed_callers: callers.length > 0 && !callers.includes('direct'),
  };
  for (const [member, given] of Object.entries(unsayable)) {
    if (given)
      throw unsupported(`${at}.${member}`, `${member} of a tool cannot be sent through this gateway.`);
  }
}

/** https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools#forcing-tool-use */
function choiceOf(asked: JsonObject): Json {
  switch (asked.type) {
    case 'auto':
    case 'none':
      return asked.type;
    case 'any':
      return 'required';
    case 'tool': {
      const name = asString(asked.name);
      if (!name) throw missing('tool_choice.name');
      return { type: 'function', function: { name } };
    }
    default:
      throw invalid('tool_choice.type', 'A tool choice is "auto", "any", "tool" or "none".');
  }
}
