import { describe, expect, it } from 'vitest';
import { asObject, type JsonObject } from '../../../src/lib/json.ts';
import { readUsage, usageObject } from '../../../src/wires/google/usage.ts';
import { decode, fixtureJson } from './support.ts';

type Counts = [input: number, output: number, cached: number, reasoning: number];

/** Read from the recordings by eye: prompt, candidates + thoughts, cached, thoughts. */
const RECORDED: Record<string, Counts> = {
  'google-gen-j-google-decimal-native-output-0': [13, 10 + 61, 0, 61],
  'google-gen-j-google-instructions-only-with-tool-calls-0': [83, 30 + 190, 0, 190],
  'google-gen-j-google-model-max-tokens-0': [15, 5, 0, 0],
  'google-gen-j-google-tool-call-gemini3-0': [29, 15 + 1801, 0, 1801],
  'google-gen-j-google-validated-accepts-what-auto-accepts-validated-1': [859, 28, 594, 0],
  'google-gen-j-multimodal-tool-return-matrix-tool-return-content-binary-doc-1': [328, 20 + 77, 0, 77],
  'google-gen-j-multimodal-tool-return-matrix-tool-return-content-url-docume-2': [328, 39, 220, 0],
  'google-gen-j-native-output-with-function-tools-1': [161, 21 + 51, 0, 51],
  'google-gen-j-thinking-with-tool-calls-from-other-model-2': [107, 23 + 123, 0, 123],
  'google-gen-j-tool-choice-matrix-auto-google-1': [88, 15, 0, 0],
  'google-gen-j-tool-search-eval-google-6': [220, 77 + 153, 0, 153],
};

describe('usage', () => {
  it.each(Object.entries(RECORDED))('%s', (name, [input, output, cached, reasoning]) => {
    const recorded = fixtureJson(name, 'response.json');
    const { answer, completion } = decode(recorded);
    expect(answer.usage).toMatchObject({
      inputTokens: input,
      outputTokens: output,
      cachedInputTokens: cached,
      reasoningTokens: reasoning,
      estimated: false,
      raw: recorded.usageMetadata,
    });
    expect(completion.usage).toMatchObject({
      prompt_tokens: input,
      completion_tokens: output,
      total_tokens: asObject(recorded.usageMetadata)?.totalTokenCount,
      prompt_tokens_details: { cached_tokens: cached },
      completion_tokens_details: { reasoning_tokens: reasoning },
    });
  });

  it('counts what the provider’s own tools put in as input', () => {
    const usage = readUsage({ promptTokenCount: 10, toolUsePromptTokenCount: 5, candidatesTokenCount: 2 });
    expect(usage).toMatchObject({ inputTokens: 15, outputTokens: 2 });
    expect(usageObject(usage)).toMatchObject({ prompt_tokens: 15, total_tokens: 17 });
  });

  const byKind: JsonObject = {
    promptTokenCount: 100,
    cachedContentTokenCount: 30,
    candidatesTokenCount: 50,
    promptTokensDetails: [
      { modality: 'TEXT', tokenCount: 20 },
      { modality: 'AUDIO', tokenCount: 60 },
      { modality: 'IMAGE', tokenCount: 20 },
    ],
    cacheTokensDetails: [
      { modality: 'AUDIO', tokenCount: 25 },
      { modality: 'IMAGE', tokenCount: 5 },
    ],
    candidatesTokensDetails: [
      { modality: 'AUDIO', tokenCount: 30 },
      { modality: 'IMAGE', tokenCount: 10 },
    ],
  };

  it('counts audio and images apart, and what is cached of them only once', () => {
    expect(readUsage(byKind)).toMatchObject({
      inputTokens: 100,
      cachedInputTokens: 30,
      inputAudioTokens: 35,
      inputImageTokens: 15,
      outputAudioTokens: 30,
      outputImageTokens: 10,
    });
  });

  it('shows all audio and images to the caller', () => {
    expect(usageObject(readUsage(byKind))).toEqual({
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 30, audio_tokens: 60, image_tokens: 20 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 30, image_tokens: 10 },
    });
  });

  it('reads odd counts as none', () => {
    expect(
      readUsage({ promptTokenCount: null, candidatesTokenCount: -3, thoughtsTokenCount: 'x' }),
    ).toMatchObject({
      inputTokens: 0,
      outputTokens: 0,
    });
  });
});
