import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../../lib/json.ts';
import { type ModelTraits, modelTraits } from '../claude/models.ts';
import { DEFAULT_MAX_TOKENS, encodeSampling, maxTokens } from '../claude/sampling.ts';
import { planThinking, type ThinkingPlan, withoutThinking } from '../claude/thinking.ts';
import { isLoopWithoutThinking, minds } from '../claude/tool-loop.ts';
import { hasModelInPath, pathOf } from '../path.ts';
import type { ChatBody, ChatRequest, EncodedRequest, Target } from '../types.ts';
import { contentBlocks, unsupported } from './content.ts';
import { Dropped } from './dropped.ts';
import { encodeMetadata, encodeServiceTier, encodeStop, NATIVE_FIELDS, reportUnsupported } from './fields.ts';
import { encodeMessages } from './messages.ts';
import { planStructured, type StructuredPlan } from './structured.ts';
import { BLOCKS, withoutThinkingEdits } from './tool-loop.ts';
import { encodeTools } from './tools.ts';

const JSON_INSTRUCTION =
  'Answer with one valid JSON object and nothing else: no explanation before or after it, no code fence.';

/**
 * A chat completion request as a Messages API request
 * (https://platform.claude.com/docs/en/api/messages/create). docs/wires-anthropic.md has the mapping as a table.
 */
export function encode(request: ChatRequest, target: Target): EncodedRequest {
  const dropped = new Dropped();
  const body = withoutQuirks(request.body(), target, dropped);
  const traits = modelTraits(target.upstreamModel);
  reportUnsupported(body, dropped);

  const limit = maxTokens(body, target.maxOutputTokens, dropped);
  const structured = planStructured(body, target, traits);
  let thinking = planThinking(body, target, traits, asNumber(limit) ?? DEFAULT_MAX_TOKENS, dropped);
  if (structured.kind === 'tool') thinking = giveWay(thinking, dropped);
  const { system, messages } = encodeMessages(body.messages, dropped);
  const mustNotThink = thinking.manual && minds(traits) && isLoopWithoutThinking(messages, BLOCKS);
  if (mustNotThink) thinking = withoutThinking(thinking, dropped);
  if (structured.kind === 'instructed') {
    dropped.add('response_format');
    system.push({ type: 'text', text: JSON_INSTRUCTION });
  }
  system.unshift(...contentBlocks(body.system, 'system', dropped));

  const out: JsonObject = {
    ...(hasModelInPath(target) ? {} : { model: target.upstreamModel }),
    ...target.quirks.add,
    max_tokens: limit,
  };
  if (system.length > 0) out.system = system;
  out.messages = messages;
  Object.assign(
    out,
    encodeTools(body, { target, traits, structured, manualThinking: thinking.manual }, dropped),
  );
  if (thinking.thinking) out.thinking = thinking.thinking;
  const config = outputConfig(body, structured, thinking, dropped);
  if (Object.keys(config).length > 0) out.output_config = config;
  Object.assign(
    out,
    encodeSampling(body, samplingContext(target, traits, thinking), dropped),
    encodeStop(body.stop, dropped),
    encodeMetadata(body, dropped),
    encodeServiceTier(body.service_tier, dropped),
  );
  for (const name of NATIVE_FIELDS) {
    if (body[name] !== undefined) out[name] = body[name];
  }
  if (mustNotThink && out.context_management != null) {
    out.context_management = withoutThinkingEdits(out.context_management);
  }
  if (request.stream) out.stream = true;

  const betas = betaFlags(body);
  return {
    path: pathOf(target, request.stream, '/messages'),
    body: JSON.stringify(applyQuirks(out, target, dropped)),
    ...(betas.length > 0 ? { headers: { 'anthropic-beta': betas.join(',') } } : {}),
    dropped: dropped.list(),
  };
}

/**
 * A forced tool and a thinking budget exclude each other. The format is what the caller's program relies on,
 * so thinking gives way.
 */
function giveWay(plan: ThinkingPlan, dropped: Dropped): ThinkingPlan {
  if (!plan.manual) return plan;
  if (plan.native) {
    throw unsupported(
      'response_format',
      'This model cannot think with a budget and be held to a JSON schema.',
    );
  }
  return withoutThinking(plan, dropped);
}

/** The caller's `output_config` wins over what is derived from OpenAI's fields. */
function outputConfig(
  body: ChatBody,
  structured: StructuredPlan,
  thinking: ThinkingPlan,
  dropped: Dropped,
): JsonObject {
  const config: JsonObject = { ...asObject(body.output_config) };
  if (thinking.effort !== undefined) {
    if (config.effort === undefined) config.effort = thinking.effort;
    else if (config.effort !== thinking.effort) dropped.add(thinking.field);
  }
  if (structured.kind === 'native') {
    if (config.format === undefined) config.format = { type: 'json_schema', schema: structured.schema };
    else dropped.add('response_format');
  }
  return config;
}

function samplingContext(target: Target, traits: ModelTraits, thinking: ThinkingPlan) {
  return {
    allowed: traits.sampling && target.capabilities.temperature !== false,
    thinking: thinking.on,
  };
}

/** Beta flags that the API's own fields need, and the ones the caller names in `betas`. */
export function betaFlags(body: JsonObject): string[] {
  const flags = new Set(asArray(body.betas).flatMap((flag) => asString(flag) ?? []));
  const edits = asArray(asObject(body.context_management)?.edits);
  if (body.context_management) flags.add('context-management-2025-06-27');
  if (edits.some((edit) => asObject(edit)?.type === 'compact_20260112')) flags.add('compact-2026-01-12');
  if (asArray(body.mcp_servers).length > 0 && ![...flags].some((flag) => flag.startsWith('mcp-client-'))) {
    const toolset = asArray(body.tools).some((tool) => asObject(tool)?.type === 'mcp_toolset');
    flags.add(toolset ? 'mcp-client-2025-11-20' : 'mcp-client-2025-04-04');
  }
  if (body.speed === 'fast') flags.add('fast-mode-2026-02-01');
  return [...flags];
}

/** Fields of the request that this host refuses are left out before they turn into something else. */
function withoutQuirks(body: ChatBody, target: Target, dropped: Dropped): ChatBody {
  const refused = (target.quirks.drop ?? []).filter((name) => isSet(body[name]));
  if (refused.length === 0) return body;
  const rest: ChatBody = { ...body };
  for (const name of refused) {
    delete rest[name];
    dropped.add(name);
  }
  return rest;
}

/** The same for fields of the Messages API, and its names at this host. */
function applyQuirks(out: JsonObject, target: Target, dropped: Dropped): JsonObject {
  for (const name of target.quirks.drop ?? []) {
    if (!isSet(out[name])) continue;
    delete out[name];
    dropped.add(name);
  }
  for (const [name, theirs] of Object.entries(target.quirks.rename ?? {})) {
    if (out[name] === undefined) continue;
    out[theirs] = out[name];
    delete out[name];
  }
  return out;
}

function isSet(value: Json | undefined): boolean {
  return value !== undefined && value !== null;
}
