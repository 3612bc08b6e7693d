import { asArray, asNumber, asObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { Usage } from '../types.ts';

/**
 * Reads a `usageMetadata` object (https://ai.google.dev/api/generate-content#UsageMetadata).
 * `promptTokenCount` holds cached tokens but not what the provider's own tools put in;
 * `candidatesTokenCount` leaves thoughts out. Cached audio and images count as cached only, so that no
 * token stands in two parts.
 * @param toolCalls as the candidates tell them.
 */
export function readUsage(raw: JsonObject, toolCalls?: Usage['toolCalls']): Usage {
  const input = count(raw.promptTokenCount) + count(raw.toolUsePromptTokenCount);
  const reasoning = count(raw.thoughtsTokenCount);
  return {
    inputTokens: input,
    outputTokens: count(raw.candidatesTokenCount) + reasoning,
    cachedInputTokens: Math.min(input, count(raw.cachedContentTokenCount)),
    cacheWriteTokens: 0,
    cacheWriteLongTokens: 0,
    reasoningTokens: reasoning,
    inputAudioTokens: Math.max(0, inputOf(raw, 'AUDIO') - ofModality(raw.cacheTokensDetails, 'AUDIO')),
    outputAudioTokens: ofModality(raw.candidatesTokensDetails, 'AUDIO'),
    inputImageTokens: Math.max(0, inputOf(raw, 'IMAGE') - ofModality(raw.cacheTokensDetails, 'IMAGE')),
    outputImageTokens: ofModality(raw.candidatesTokensDetails, 'IMAGE'),
    ...(toolCalls && { toolCalls }),
    upstreamCostUsd: null,
    estimated: false,
    raw,
  };
}

/** Usage in OpenAI's shape; `image_tokens` of the output is an addition. */
export function usageObject(usage: Usage): JsonObject {
  const raw = asObject(usage.raw) ?? {};
  const image = inputOf(raw, 'IMAGE');
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cachedInputTokens,
      audio_tokens: inputOf(raw, 'AUDIO'),
      ...(image > 0 ? { image_tokens: image } : {}),
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: usage.outputAudioTokens,
      ...(usage.outputImageTokens > 0 ? { image_tokens: usage.outputImageTokens } : {}),
    },
  };
}

function inputOf(raw: JsonObject, modality: string): number {
  return ofModality(raw.promptTokensDetails, modality) + ofModality(raw.toolUsePromptTokensDetails, modality);
}

function ofModality(details: Json | undefined, modality: string): number {
  let sum = 0;
  for (const entry of asArray(details)) {
    const detail = asObject(entry);
    if (detail?.modality === modality) sum += count(detail.tokenCount);
  }
  return sum;
}

function count(value: unknown): number {
  const number = asNumber(value);
  return number !== undefined && number > 0 ? number : 0;
}
