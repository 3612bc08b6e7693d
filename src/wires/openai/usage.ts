import { asNumber, asObject, type JsonObject } from '../../lib/json.ts';
import type { Quirks, Usage } from '../types.ts';

/** xAI counts what an answer cost in ticks of 10^-10 USD (`cost_in_usd_ticks`). */
const USD_PER_TICK = 1e-10;

/**
 * Usage of a chat completion or a response, as OpenAI and its compatible hosts send it; null when it holds no counts.
 *
 * Cached, written, audio and reasoning tokens are parts of the totals. Where a host leaves reasoning out of
 * `completion_tokens`, which its own total shows, it is added. A part larger than its whole is a host's
 * mistake and counts as the whole.
 */
export function readUsage(raw: JsonObject | undefined, quirks: Quirks = {}): Usage | null {
  if (!raw) return null;
  const prompt = count(raw.prompt_tokens) ?? count(raw.input_tokens);
  const completion = count(raw.completion_tokens) ?? count(raw.output_tokens);
  if (prompt === undefined && completion === undefined) return null;
  const inputTokens = prompt ?? 0;
  const input = asObject(raw.prompt_tokens_details) ?? asObject(raw.input_tokens_details) ?? {};
  const output = asObject(raw.completion_tokens_details) ?? asObject(raw.output_tokens_details) ?? {};
  const reasoning = count(output.reasoning_tokens) ?? count(raw.reasoning_tokens) ?? 0;
  const outputTokens = outputTotal(completion ?? 0, reasoning, inputTokens, count(raw.total_tokens), quirks);
  const cached =
    count(input.cached_tokens) ??
    count(raw.prompt_cache_hit_tokens) ??
    count(raw.cached_tokens) ??
    count(raw.num_cached_tokens) ??
    0;
  return {
    inputTokens,
    outputTokens,
    cachedInputTokens: Math.min(cached, inputTokens),
    cacheWriteTokens: Math.min(count(input.cache_write_tokens) ?? 0, inputTokens),
    cacheWriteLongTokens: 0,
    reasoningTokens: Math.min(reasoning, outputTokens),
    inputAudioTokens: Math.min(count(input.audio_tokens) ?? 0, inputTokens),
    outputAudioTokens: Math.min(count(output.audio_tokens) ?? 0, outputTokens),
    inputImageTokens: Math.min(count(input.image_tokens) ?? 0, inputTokens),
    outputImageTokens: Math.min(count(output.image_tokens) ?? 0, outputTokens),
    upstreamCostUsd: upstreamCost(raw),
    estimated: false,
    raw,
  };
}

function outputTotal(
  completion: number,
  reasoning: number,
  prompt: number,
  total: number | undefined,
  quirks: Quirks,
): number {
  if (total === undefined) return quirks.reasoningOutsideCompletion ? completion + reasoning : completion;
  if (quirks.reasoningOutsideCompletion) return Math.max(completion, total - prompt);
  const outside = reasoning > 0 && total === prompt + completion + reasoning;
  return outside ? completion + reasoning : completion;
}

/** What the host says the answer cost: DeepInfra, OpenRouter, Perplexity and xAI do. USD. */
export function upstreamCost(raw: JsonObject): number | null {
  const cost = asNumber(raw.estimated_cost) ?? asNumber(raw.cost) ?? asNumber(asObject(raw.cost)?.total_cost);
  if (cost !== undefined) return cost;
  const ticks = asNumber(raw.cost_in_usd_ticks);
  return ticks === undefined ? null : ticks * USD_PER_TICK;
}

/** A token count; hosts that send fractions or negative numbers are not believed. */
function count(value: unknown): number | undefined {
  const number = asNumber(value);
  return number !== undefined && Number.isInteger(number) && number >= 0 ? number : undefined;
}
