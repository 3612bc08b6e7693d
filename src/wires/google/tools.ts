import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { ChatBody } from '../types.ts';
import { invalid, unsupported } from './content.ts';
import type { Dropped } from './dropped.ts';

/** `tools` and `toolConfig` of the request; absent where it has none. */
export interface EncodedTools {
  tools?: JsonObject[];
  toolConfig?: JsonObject;
}

/** The request speaks OpenAI's older dialect, and so must the answer. */
export function usesLegacyFunctions(body: ChatBody): boolean {
  return asArray(body.functions).length > 0 && asArray(body.tools).length === 0;
}

/**
 * Function declarations, the API's own tools as they are, and the choice among them.
 * @throws GatewayError `unsupported_parameter` for tools that are neither.
 */
export function encodeTools(body: ChatBody, dropped: Dropped): EncodedTools {
  const legacy = usesLegacyFunctions(body);
  const declarations: JsonObject[] = [];
  const tools: JsonObject[] = [];
  let strict = false;
  for (const [index, entry] of asArray(legacy ? body.functions : body.tools).entries()) {
    const at = `${legacy ? 'functions' : 'tools'}[${index}]`;
    const tool = asObject(entry);
    if (!tool) throw invalid(at, 'A tool must be an object.');
    if (legacy || tool.type === 'function' || (tool.type === undefined && isObject(tool.function))) {
      const definition = legacy ? tool : asObject(tool.function);
      declarations.push(declaration(definition, legacy ? at : `${at}.function`));
      if (definition?.strict === true) strict = true;
    } else if (tool.type === undefined && Object.keys(tool).length > 0) {
      tools.push(tool);
    } else {
      throw unsupported(at, `Tools of type "${asString(tool.type) ?? ''}" cannot be sent to this model.`);
    }
    if (tool.cache_control) dropped.add('tools.cache_control');
  }
  if (declarations.length > 0) tools.unshift({ functionDeclarations: declarations });
  if (body.parallel_tool_calls === false && declarations.length > 0) dropped.add('parallel_tool_calls');
  const choice = legacy ? legacyChoice(body.function_call) : body.tool_choice;
  const functionCallingConfig = encodeChoice(choice, strict);
  const out: EncodedTools = {};
  if (tools.length > 0) out.tools = tools;
  if (functionCallingConfig && declarations.length > 0) out.toolConfig = { functionCallingConfig };
  else if (choice !== undefined && choice !== null && choice !== 'auto' && choice !== 'none') {
    // There is no function to choose, and the API's own tools cannot be chosen.
    dropped.add(legacy ? 'function_call' : 'tool_choice');
  }
  return out;
}

/**
 * A function with its JSON schema untouched: `parametersJsonSchema` takes JSON Schema, while `parameters` is
 * a subset of OpenAPI that would have to be translated, with loss
 * (https://ai.google.dev/api/caching#FunctionDeclaration).
 */
function declaration(definition: JsonObject | undefined, at: string): JsonObject {
  const name = asString(definition?.name);
  if (!definition || !name) throw invalid(`${at}.name`, 'A function needs a name.');
  const out: JsonObject = { name };
  if (typeof definition.description === 'string') out.description = definition.description;
  if (isObject(definition.parameters)) out.parametersJsonSchema = definition.parameters;
  return out;
}

/**
 * https://ai.google.dev/gemini-api/docs/function-calling#function_calling_modes. VALIDATED leaves the model
 * the choice that AUTO does and holds calls to their schemas, which is what `strict` asks for; it is also
 * the mode in which a choice can be narrowed without being forced.
 */
function encodeChoice(choice: Json | undefined, strict: boolean): JsonObject | undefined {
  if (choice === undefined || choice === null) return strict ? { mode: 'VALIDATED' } : undefined;
  if (choice === 'auto') return { mode: strict ? 'VALIDATED' : 'AUTO' };
  if (choice === 'none') return { mode: 'NONE' };
  if (choice === 'required' || choice === 'any') return { mode: 'ANY' };
  const object = asObject(choice);
  const name = asString(asObject(object?.function)?.name);
  if (name) return { mode: 'ANY', allowedFunctionNames: [name] };
  const allowed = asObject(object?.allowed_tools);
  if (allowed) {
    const names = asArray(allowed.tools).flatMap(
      (tool) => asString(asObject(asObject(tool)?.function)?.name) ?? [],
    );
    return { mode: allowed.mode === 'required' ? 'ANY' : 'VALIDATED', allowedFunctionNames: names };
  }
  throw invalid('tool_choice', 'A tool choice is "auto", "none", "required", or a function by its name.');
}

function legacyChoice(choice: Json | undefined): Json | undefined {
  const named = asObject(choice);
  return named ? { type: 'function', function: named } : choice;
}
