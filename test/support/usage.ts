import type { Usage } from '../../src/wires/types.ts';

/** Usage of these counts, and of nothing else. */
export function usage(counts: Partial<Usage> = {}): Usage {
  return {
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
    ...counts,
  };
}
