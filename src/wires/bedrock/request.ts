import { asString, type Json, type JsonObject } from '../../lib/json.ts';
import { reportUnknown } from '../harmless.ts';
import { jsonAsked } from '../response-format.ts';
import type { ChatBody, ChatRequest, EncodedRequest, Target } from '../types.ts';
import type { Dropped } from './dropped.ts';
import { familyOf } from './families.ts';
import { encodeMessages } from './messages.ts';
import { isGiven } from './model-fields.ts';
import { encodeTools } from './tools.ts';

/** Fields of Converse that OpenAI does not have; sent as they are. */
const NATIVE_FIELDS = [
  'additionalModelResponseFieldPaths',
  'guardrailConfig',
  'outputConfig',
  'performanceConfig',
  'requestMetadata',
] as const;

/** Fields that this wire reads for every model. */
const READ = [
  'model',
  'messages',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'stop',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'functions',
  'response_format',
  'service_tier',
  'additionalModelRequestFields',
  ...NATIVE_FIELDS,
];

const JSON_INSTRUCTION =
  'Answer with one valid JSON object and nothing else: no explanation before or after it, no code fence.';

/**
 * A chat completion request as a Converse request
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html). docs/wires-bedrock.md has
 * the mapping as a table.
 * @throws GatewayError `unsupported_parameter` for what cannot be sent and must not be left out.
 */
export function encode(request: ChatRequest, target: Target): EncodedRequest {
  const dropped: Dropped = new Set();
  const body = withoutQuirks(request.body(), target, dropped);
  const family = familyOf(target.upstreamModel);
  reportUnknown(body, new Set([...READ, ...family.reads]), dropped);
  const { system, messages, calledTools } = encodeMessages(body.messages, target.upstreamModel, dropped);
  const format = responseFormat(body, target, dropped);
  if (format.instruction) system.push({ text: format.instruction });

  const out: JsonObject = { messages };
  if (system.length > 0) out.system = system;
  const { inference, additional, mayForce } = family.fields(body, target, messages, dropped);
  if (isGiven(body.stop)) inference.stopSequences = Array.isArray(body.stop) ? body.stop : [body.stop];
  if (Object.keys(inference).length > 0) out.inferenceConfig = inference;
  if (Object.keys(additional).length > 0) out.additionalModelRequestFields = additional;
  Object.assign(
    out,
    encodeTools(body, calledTools, mayForce, dropped),
    serviceTier(body.service_tier, dropped),
  );
  if (format.outputConfig) out.outputConfig = format.outputConfig;
  for (const name of NATIVE_FIELDS) {
    if (body[name] !== undefined && body[name] !== null) out[name] = body[name];
  }
  // An id may be an ARN, which holds slashes.
  const model = encodeURIComponent(target.upstreamModel);
  return {
    path: `/model/${model}/${request.stream ? 'converse-stream' : 'converse'}`,
    body: JSON.stringify(out),
    dropped: [...dropped],
  };
}

/**
 * A schema goes to the API's own mechanism, unless the endpoint is known not to have it; for plain JSON there
 * is none, so the model is told.
 */
function responseFormat(
  body: ChatBody,
  target: Target,
  dropped: Dropped,
): { instruction?: string; outputConfig?: JsonObject } {
  const asked = jsonAsked(body.response_format);
  if (!asked) return {};
  if (!asked.schema) {
    dropped.add('response_format');
    return { instruction: JSON_INSTRUCTION };
  }
  const schema = JSON.stringify(asked.schema);
  if (target.capabilities.structuredOutput === false) {
    dropped.add('response_format');
    return { instruction: `${JSON_INSTRUCTION} It must fit this JSON schema: ${schema}` };
  }
  const name = asString(asked.definition.name);
  const jsonSchema: JsonObject = { schema, ...(name ? { name } : {}) };
  return { outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } } };
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ServiceTier.html */
function serviceTier(tier: Json | undefined, dropped: Dropped): JsonObject {
  if (!isGiven(tier) || tier === 'auto') return {};
  if (tier === 'default' || tier === 'priority' || tier === 'flex') return { serviceTier: { type: tier } };
  dropped.add('service_tier');
  return {};
}

/** Fields that this host or model refuses are left out before they turn into something else. */
function withoutQuirks(body: ChatBody, { quirks }: Target, dropped: Dropped): ChatBody {
  const refused = (quirks.drop ?? []).filter((name) => isGiven(body[name]));
  if (refused.length === 0) return body;
  const rest: ChatBody = { ...body };
  for (const name of refused) {
    delete rest[name];
    dropped.add(name);
  }
  return rest;
}

/** Whether decoding is constrained: plain JSON, and models that are not known to have it, are but told. */
export function constrains(request: ChatRequest, target: Target): boolean {
  const schema = jsonAsked(request.body().response_format)?.schema;
  return schema != null && target.capabilities.structuredOutput !== false;
}
