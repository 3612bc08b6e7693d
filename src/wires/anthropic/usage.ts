import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '../../lib/json.ts';
import type { Usage } from '../types.ts';
import { chatUsage, NO_USAGE } from '../usage.ts';
import { countedCalls } from './hosted.ts';

/**
 * Reads a Messages API usage object. Its `input_tokens` leave cache reads and writes out; ours hold all
 * input (https://platform.claude.com/docs/en/build-with-claude/prompt-caching#tracking-cache-performance).
 */
export function readUsage(raw: JsonObject): Usage {
  const read = count(raw.cache_read_input_tokens);
  const written = count(raw.cache_creation_input_tokens);
  const long = Math.min(written, count(asObject(raw.cache_creation)?.ephemeral_1h_input_tokens));
  const { input, output } = totals(raw);
  const toolCalls = countedCalls(raw);
  return {
    ...NO_USAGE,
    inputTokens: input + read + written,
    outputTokens: output,
    cachedInputTokens: read,
    cacheWriteTokens: written - long,
    cacheWriteLongTokens: long,
    reasoningTokens: Math.min(output, count(asObject(raw.output_tokens_details)?.thinking_tokens)),
    ...(toolCalls && { toolCalls }),
    raw,
  };
}

/**
 * Input and output without the cache. Where the server compacted the context, the top-level counts leave
 * the compaction out, which is billed: the iterations hold it
 * (https://platform.claude.com/docs/en/build-with-claude/compaction). An advisor's iterations are priced
 * as another model's and stay in `raw` only; a fallback's counts are at the top already.
 */
function totals(raw: JsonObject): { input: number; output: number } {
  const top = { input: count(raw.input_tokens), output: count(raw.output_tokens) };
  const iterations = asArray(raw.iterations).filter(isObject);
  if (!iterations.some((item) => item.type === 'compaction')) return top;
  if (iterations.some((item) => item.type === 'fallback_message')) return top;
  const sum = { input: 0, output: 0 };
  for (const item of iterations) {
    const type = asString(item.type);
    if (type !== 'compaction' && type !== 'message') continue;
    sum.input += count(item.input_tokens);
    sum.output += count(item.output_tokens);
  }
  return sum;
}

/** A usage with calls that answers told: what the provider itself counts has the last word. */
export function withCalls(usage: Usage, told: Usage['toolCalls']): Usage {
  return told ? { ...usage, toolCalls: { ...told, ...usage.toolCalls } } : usage;
}

/**
 * Usage of a stream: what `message_start` said, corrected by what a `message_delta` says. The counts of a
 * delta are cumulative, so an absent or null one takes nothing back, nor does a zero for input.
 */
export function mergeUsage(earlier: JsonObject | null, later: JsonObject): JsonObject {
  const merged: JsonObject = { ...earlier };
  for (const [name, value] of Object.entries(later)) {
    if (value === null || value === undefined) continue;
    if (value === 0 && name !== 'output_tokens' && merged[name]) continue;
    merged[name] = value;
  }
  return merged;
}

/** Usage in OpenAI's shape. */
export function usageObject(usage: Usage): JsonObject {
  return {
    ...chatUsage(usage),
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  };
}

function count(value: unknown): number {
  const number = asNumber(value);
  return number !== undefined && number > 0 ? number : 0;
}
