import { asNumber, type Json, type JsonObject } from '../lib/json.ts';

/**
 * Token counts of one answer, one meaning for every wire. `inputTokens` holds all input, `outputTokens`
 * all output; the others are parts of these two, never additions to them.
 */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  /** Part of the input that was read from the provider's prompt cache. */
  cachedInputTokens: number;
  /** Part of the input that was written to the provider's prompt cache (5-minute or default lifetime). */
  cacheWriteTokens: number;
  /** Part of the input that was written to the prompt cache with a lifetime of an hour. */
  cacheWriteLongTokens: number;
  /** Part of the output that was reasoning. */
  reasoningTokens: number;
  inputAudioTokens: number;
  outputAudioTokens: number;
  inputImageTokens: number;
  outputImageTokens: number;
  /** Pictures that were made; absent where none were asked for. */
  images?: number;
  /** Searches, as hosts bill rerankers: a query with up to so many documents. Absent where none were counted. */
  searches?: number;
  /** Characters that were spoken, as code points; absent where none were to be. */
  characters?: number;
  /** Milliseconds of sound that were listened to; absent where there was none, or it is not known. */
  audioMs?: number;
  /** Calls of tools that ran at the provider, by unit (`web_search`); absent where there were none. */
  toolCalls?: Readonly<Record<string, number>>;
  /** The provider counts no tokens: those here are 0 and mean nothing. */
  uncounted?: true;
  /** What the provider says this answer cost, in USD, where it says so. */
  upstreamCostUsd: number | null;
  /** True when the counts were estimated because the answer was cut before the provider counted. */
  estimated: boolean;
  /** The provider's own usage object, as received. */
  raw: Json;
}

/** Nothing was used. */
export const NO_USAGE: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  cacheWriteLongTokens: 0,
  reasoningTokens: 0,
  inputAudioTokens: 0,
  outputAudioTokens: 0,
  inputImageTokens: 0,
  outputImageTokens: 0,
  upstreamCostUsd: null,
  estimated: false,
  raw: null,
};

/** Usage in OpenAI's shape; `cache_write_tokens` is our addition. @param input more of what its input was. */
export function chatUsage(usage: Usage, input: JsonObject = {}): JsonObject {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cachedInputTokens,
      cache_write_tokens: usage.cacheWriteTokens + usage.cacheWriteLongTokens,
      ...input,
    },
  };
}

/** A count of tokens as a host says it; undefined for what is no whole number from 0. */
export function tokensIn(raw: JsonObject | undefined, name: string): number | undefined {
  const value = asNumber(raw?.[name]);
  return value !== undefined && Number.isInteger(value) && value >= 0 ? value : undefined;
}
