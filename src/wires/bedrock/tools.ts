import { asArray, asObject, asString, type Json, type JsonObject } from '../../lib/json.ts';
import { functionSchema } from '../function-schema.ts';
import type { ChatBody } from '../types.ts';
import { cachePoint, invalid, unsupported } from './content.ts';
import type { Dropped } from './dropped.ts';

/**
 * `toolConfig` (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html),
 * or nothing. The API has no choice `none`: the tools are left out then, unless the conversation holds
 * calls, with which they must be there.
 * @param mayForce false where the model cannot be made to call a tool: the choice is left to it then.
 * @throws GatewayError `unsupported_parameter` for tools that are no functions, and for `functions`.
 */
export function encodeTools(
  body: ChatBody,
  called: ReadonlySet<string>,
  mayForce: boolean,
  dropped: Dropped,
): JsonObject {
  if (asArray(body.functions).length > 0) {
    throw unsupported('functions', 'Functions are given to this provider as `tools`.');
  }
  if (body.parallel_tool_calls === false) dropped.add('parallel_tool_calls');
  const given = asArray(body.tools);
  if (given.length === 0) {
    // Calls must not be in a conversation without their tools, of which no more than the names is known then.
    const tools = [...called].map((name) => ({
      toolSpec: { name, inputSchema: { json: { type: 'object' } } },
    }));
    return tools.length === 0 ? {} : { toolConfig: { tools } };
  }
  if (body.tool_choice === 'none') {
    if (called.size === 0) return {};
    dropped.add('tool_choice');
  }
  const tools = given.flatMap((tool, index) => toolSpec(tool, `tools[${index}]`, dropped));
  const choice = toolChoice(body.tool_choice);
  if (choice && !mayForce) {
    dropped.add('tool_choice');
    return { toolConfig: { tools } };
  }
  return { toolConfig: { tools, ...(choice ? { toolChoice: choice } : {}) } };
}

function toolSpec(tool: Json, at: string, dropped: Dropped): JsonObject[] {
  const given = asObject(tool);
  const fn = asObject(given?.function);
  if (given?.type !== 'function' || !fn) throw unsupported(at, 'Tools for this provider are functions.');
  if (fn.strict === true) dropped.add('tools.function.strict');
  const description = asString(fn.description);
  const spec: JsonObject = { name: asString(fn.name) ?? '' };
  if (description) spec.description = description;
  spec.inputSchema = { json: functionSchema(fn.parameters) };
  return [{ toolSpec: spec }, ...cachePoint(given.cache_control ?? fn.cache_control)];
}

function toolChoice(choice: Json | undefined): JsonObject | undefined {
  if (choice === undefined || choice === null || choice === 'auto' || choice === 'none') return undefined;
  if (choice === 'required') return { any: {} };
  const name = asString(asObject(asObject(choice)?.function)?.name);
  if (!name) throw invalid('tool_choice', 'A tool choice is "auto", "none", "required" or a function.');
  return { tool: { name } };
}
