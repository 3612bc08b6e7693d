import { asObject, asString, type Json, type JsonObject } from '../../lib/json.ts';
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
