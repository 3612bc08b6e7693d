import type { JsonObject } from '../../lib/json.ts';
import { addCalls } from '../../wires/hosted.ts';
import type { Usage } from '../../wires/types.ts';
import { chatUsage } from '../../wires/usage.ts';
import { CHARS_PER_TOKEN } from '../settling/estimate.ts';

/** The usage of an answer that two models gave. */
export interface JoinedUsage {
  /** What the client sees and pays: the input once, the output of both. */
  whole: Usage;
  /** The part of each, to be priced by its own model; together they are the whole. */
  first: Usage;
  second: Usage;
}

/**
 * Joins the usage of the two parts. The continuation's own prompt is the operator's cost, and what of its
 * output was overlap reached nobody.
 * @param first estimated (gateway/estimate.ts), since the stream broke.
 * @param second null when the provider sent none; to have that part counted, pass an estimate.
 * @param removedChars UTF-16 units of overlap (Joint.removed).
 */
export function joinUsage(first: Usage, second: Usage | null, removedChars: number): JoinedUsage {
  const begun: Usage = { ...first, upstreamCostUsd: null, estimated: true, raw: null };
  const added: Usage = {
    inputTokens: 0,
    outputTokens: second ? outputWithout(second, removedChars) : 0,
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    cacheWriteLongTokens: 0,
    reasoningTokens: second?.reasoningTokens ?? 0,
    inputAudioTokens: 0,
    outputAudioTokens: second?.outputAudioTokens ?? 0,
    inputImageTokens: 0,
    outputImageTokens: second?.outputImageTokens ?? 0,
    ...(second?.toolCalls && { toolCalls: second.toolCalls }),
    upstreamCostUsd: null,
    estimated: true,
    raw: null,
  };
  const toolCalls = addCalls(begun.toolCalls, added.toolCalls);
  const whole: Usage = {
    ...begun,
    outputTokens: begun.outputTokens + added.outputTokens,
    reasoningTokens: begun.reasoningTokens + added.reasoningTokens,
    outputAudioTokens: begun.outputAudioTokens + added.outputAudioTokens,
    outputImageTokens: begun.outputImageTokens + added.outputImageTokens,
    ...(toolCalls && { toolCalls }),
  };
  return { whole, first: begun, second: added };
}

function outputWithout(usage: Usage, removedChars: number): number {
  const removed = Math.ceil(removedChars / CHARS_PER_TOKEN);
  return Math.max(usage.reasoningTokens, usage.outputTokens - removed);
}

/** Usage in OpenAI's shape, for the last chunk. */
export function usageObject(usage: Usage): JsonObject {
  return {
    ...chatUsage(usage, { audio_tokens: usage.inputAudioTokens }),
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: usage.outputAudioTokens,
    },
  };
}
