import { asObject, type JsonObject } from '../../../lib/json.ts';
import { readUsage } from '../../openai/usage.ts';

/**
 * Usage of a chat completion as the Messages API counts it: `input_tokens` leave out what was read from the cache
 * and written to it (https://platform.claude.com/docs/en/build-with-claude/prompt-caching#tracking-cache-performance).
 * What is unknown reads as 0, as the API has no other word for it.
 */
export function messagesUsage(usage: unknown): JsonObject {
  const counted = readUsage(asObject(usage));
  if (!counted) return NO_USAGE;
  const { inputTokens, cachedInputTokens: read, cacheWriteTokens: written, outputTokens } = counted;
  return {
    input_tokens: Math.max(0, inputTokens - read - written),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
    output_tokens: outputTokens,
    ...(counted.reasoningTokens > 0
      ? { output_tokens_details: { thinking_tokens: counted.reasoningTokens } }
      : {}),
  };
}

/** Usage before anything has been counted. */
export const NO_USAGE: JsonObject = Object.freeze({
  input_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: 0,
});
