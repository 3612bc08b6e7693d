import type { Usage } from './types.ts';

/** Usage of pictures where the host counts no tokens. */
export function uncountedUsage(images: number, upstreamCostUsd: number | null, raw: Usage['raw']): Usage {
  return { ...countedUsage(images, { input: 0, output: 0 }, upstreamCostUsd, raw), uncounted: true };
}

/** Usage of pictures, whose output is all of it pictures. */
export function countedUsage(
  images: number,
  tokens: { input: number; output: number; inputImages?: number; outputText?: number; cached?: number },
  upstreamCostUsd: number | null,
  raw: Usage['raw'],
): Usage {
  return {
    inputTokens: tokens.input,
    outputTokens: tokens.output,
    cachedInputTokens: Math.min(tokens.cached ?? 0, tokens.input),
    cacheWriteTokens: 0,
    cacheWriteLongTokens: 0,
    reasoningTokens: 0,
    inputAudioTokens: 0,
    outputAudioTokens: 0,
    inputImageTokens: tokens.inputImages ?? 0,
    outputImageTokens: Math.max(0, tokens.output - (tokens.outputText ?? 0)),
    images,
    upstreamCostUsd,
    estimated: false,
    raw,
  };
}
