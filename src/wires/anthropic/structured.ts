import { asArray, asObject, asString, isObject, type JsonObject } from '../../lib/json.ts';
import { type ModelTraits, modelTraits } from '../claude/models.ts';
import { jsonAsked } from '../response-format.ts';
import type { ChatBody, ChatRequest, Target } from '../types.ts';
import { unsupported } from './content.ts';
import { isNativeSchema } from './schema.ts';

/** How `response_format` is met. A pure function of request and target, so that answers can ask again. */
export type StructuredPlan =
  | { kind: 'none' }
  /** `json_object`: the API has nothing that enforces it; the model is told. */
  | { kind: 'instructed' }
  /** `output_config.format`. */
  | { kind: 'native'; schema: JsonObject }
  /** A tool that the model must call; its input is the answer. */
  | { kind: 'tool'; name: string; schema: JsonObject; description: string };

const TOOL_DESCRIPTION = 'Gives the final answer. Call it once the answer is known, with the whole answer.';

/**
 * Decides how `response_format` is met. A schema goes to the provider's own mechanism, unless the endpoint
 * or the model is known not to have it, or the schema (not declared strict) holds what it refuses.
 * @throws GatewayError `invalid_value` for a response format that is none; `unsupported_parameter` when
 *   neither mechanism is possible.
 */
export function planStructured(body: ChatBody, target: Target, traits: ModelTraits): StructuredPlan {
  const asked = jsonAsked(body.response_format);
  if (!asked) return { kind: 'none' };
  const { schema, definition } = asked;
  if (!schema) return { kind: 'instructed' };
  const capability = target.capabilities.structuredOutput;
  const native = capability !== false && (capability === true || traits.nativeSchema !== false);
  const fits = definition.strict === true || isNativeSchema(schema);
  if (native && (fits || !traits.forcedTools)) return { kind: 'native', schema };
  if (!traits.forcedTools) {
    throw unsupported('response_format', 'This model cannot be held to a JSON schema.');
  }
  const description = asString(definition.description) ?? TOOL_DESCRIPTION;
  return { kind: 'tool', name: freeToolName(body), schema, description };
}

/** Whether decoding is constrained: to the schema itself, and not to calling a tool whose input may be anything. */
export function constrains(request: ChatRequest, target: Target): boolean {
  return planStructured(request.body(), target, modelTraits(target.upstreamModel)).kind === 'native';
}

/** A name that none of the caller's tools has. */
function freeToolName(body: ChatBody): string {
  const taken = new Set<string>();
  for (const tool of asArray(body.tools)) {
    const name = asString(asObject(asObject(tool)?.function)?.name) ?? asString(asObject(tool)?.name);
    if (name) taken.add(name);
  }
  for (const legacy of asArray(body.functions)) {
    if (isObject(legacy)) taken.add(asString(legacy.name) ?? '');
  }
  let name = 'structured_output';
  for (let n = 2; taken.has(name); n++) name = `structured_output_${n}`;
  return name;
}
