import { asNumber, asObject, asString, type Json, type JsonObject } from '../../lib/json.ts';
import { reportUnknown } from '../harmless.ts';
import type { ChatBody } from '../types.ts';
import type { Dropped } from './dropped.ts';

/** Fields that other files of this wire read. */
const READ_ELSEWHERE = [
  'model',
  'messages',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'functions',
  'function_call',
  'response_format',
  'reasoning',
  'reasoning_effort',
  'thinking',
  'output_config',
  'system',
  'user',
  'safety_identifier',
  'metadata',
  'service_tier',
  'betas',
];

/** Fields of the Messages API that OpenAI does not have; sent as they are. */
export const NATIVE_FIELDS = [
  'cache_control',
  'container',
  'context_management',
  'diagnostics',
  'fallbacks',
  'inference_geo',
  'mcp_servers',
  'speed',
] as const;

const KNOWN: ReadonlySet<string> = new Set([...READ_ELSEWHERE, ...NATIVE_FIELDS]);

/** Reports every field that the API has nothing for, unless its value makes no difference. */
export function reportUnsupported(body: ChatBody, dropped: Dropped): void {
  reportUnknown(body, KNOWN, dropped);
}

/** `max_tokens` where neither the caller nor the registry gives one. */
export const DEFAULT_MAX_TOKENS = 4096;

/**
 * The API demands `max_tokens`: the caller's, else the most that the model can. Where that is not known
 * the default is on top of a thinking budget, which has to be smaller.
 */
export function maxTokens(body: ChatBody, modelLimit: number | null, dropped: Dropped): Json {
  const newer = body.max_completion_tokens ?? null;
  const older = body.max_tokens ?? null;
  if (newer !== null && older !== null && newer !== older) dropped.add('max_tokens');
  const budget = asObject(body.thinking)?.budget_tokens ?? asObject(body.reasoning)?.max_tokens;
  return newer ?? older ?? modelLimit ?? DEFAULT_MAX_TOKENS + (asNumber(budget) ?? 0);
}

/** What the model and the rest of the request leave of the sampling parameters. */
export interface SamplingContext {
  /** The model takes other values than the defaults. */
  allowed: boolean;
  /** Thinking is on, which fixes the temperature. */
  thinking: boolean;
}

/**
 * `temperature`, `top_p`, `top_k`, never changed. Values out of the API's range (OpenAI's temperature ends
 * at 2, this one at 1) are sent for the provider to refuse. A default that cannot be sent is no loss.
 * https://platform.claude.com/docs/en/build-with-claude/thinking#limits-and-feature-compatibility
 */
export function encodeSampling(body: ChatBody, context: SamplingContext, dropped: Dropped): JsonObject {
  const out: JsonObject = {};
  const free = context.allowed && !context.thinking;
  const { temperature, top_p: topP, top_k: topK } = body;
  if (isGiven(temperature)) {
    if (free) out.temperature = temperature;
    else if (temperature !== 1) dropped.add('temperature');
  }
  if (isGiven(topP)) {
    const beside = context.allowed && (asNumber(topP) ?? 0) >= 0.95 && (asNumber(topP) ?? 2) <= 1;
    if (free || (beside && topP !== 1)) out.top_p = topP;
    else if (topP !== 1) dropped.add('top_p');
  }
  if (isGiven(topK)) {
    if (free) out.top_k = topK;
    else dropped.add('top_k');
  }
  // Newer models refuse both at once; the one that is a default says nothing.
  if (out.temperature !== undefined && out.top_p === 1) delete out.top_p;
  else if (out.temperature === 1 && out.top_p !== undefined) delete out.temperature;
  return out;
}

/** Stop sequences; the API refuses those of white space only. */
export function encodeStop(stop: Json | undefined, dropped: Dropped): JsonObject {
  if (!isGiven(stop)) return {};
  const given = Array.isArray(stop) ? stop : [stop];
  const usable = given.filter((entry) => typeof entry !== 'string' || entry.trim() !== '');
  if (usable.length < given.length) dropped.add('stop');
  return usable.length > 0 ? { stop_sequences: usable } : {};
}

/** `metadata.user_id` is all that the API knows of a request's origin. */
export function encodeMetadata(body: ChatBody, dropped: Dropped): JsonObject {
  const metadata = asObject(body.metadata);
  const others = Object.entries(metadata ?? {}).filter(([name]) => name !== 'user_id');
  if (others.length > 0) dropped.add('metadata');
  const candidates: [name: string, value: string | undefined][] = [
    ['metadata', asString(metadata?.user_id)],
    ['safety_identifier', asString(body.safety_identifier)],
    ['user', asString(body.user)],
  ];
  const [chosen] = candidates.flatMap(([, value]) => value ?? []);
  for (const [name, value] of candidates) {
    if (value !== undefined && value !== chosen) dropped.add(name);
  }
  return chosen === undefined ? {} : { metadata: { user_id: chosen } };
}

/** https://platform.claude.com/docs/en/api/service-tiers */
export function encodeServiceTier(tier: Json | undefined, dropped: Dropped): JsonObject {
  if (!isGiven(tier)) return {};
  if (tier === 'auto' || tier === 'standard_only') return { service_tier: tier };
  if (tier === 'default') return { service_tier: 'standard_only' };
  dropped.add('service_tier');
  return {};
}

function isGiven(value: Json | undefined): value is Exclude<Json, null> {
  return value !== undefined && value !== null;
}
