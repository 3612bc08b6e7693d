import { asNumber, asObject, asString, type JsonObject, parseJson } from '../../lib/json.ts';
import type { ChatRequest, EncodedRequest, Target } from '../types.ts';
import { encodeNativeCount } from './native/request.ts';
import { encode } from './request.ts';

/** What of a request has tokens, or decides how they are counted. */
const COUNTED = [
  'model',
  'system',
  'messages',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'cache_control',
  'context_management',
  'speed',
] as const;

/**
 * The question how many tokens a request has (https://platform.claude.com/docs/en/api/messages/count_tokens). Hosts
 * that take the API at another path than its own have it nowhere, or elsewhere.
 */
export function encodeCount(request: ChatRequest, target: Target): EncodedRequest | null {
  if (request.native?.format === 'messages') return encodeNativeCount(request.native, target);
  if (target.quirks.path !== undefined) return null;
  const { body: whole, ...encoded } = encode({ ...request, stream: false }, target);
  const message = asObject(parseJson(asString(whole) ?? '')) ?? {};
  const body: JsonObject = {};
  for (const name of COUNTED) if (message[name] !== undefined) body[name] = message[name];
  return { ...encoded, path: '/messages/count_tokens', body: JSON.stringify(body) };
}

/** Null for an answer without a count. */
export function decodeCount(body: string): number | null {
  return asNumber(asObject(parseJson(body))?.input_tokens) ?? null;
}
