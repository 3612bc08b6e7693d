import { describe, expect, test } from 'vitest';
import { joinUsage, usageObject } from '../../../src/gateway/midstream/usage.ts';
import type { Usage } from '../../../src/wires/types.ts';

const FIRST: Usage = {
  inputTokens: 1000,
  outputTokens: 50,
  cachedInputTokens: 600,
  cacheWriteTokens: 30,
  cacheWriteLongTokens: 20,
  reasoningTokens: 10,
  inputAudioTokens: 5,
  outputAudioTokens: 0,
  inputImageTokens: 7,
  outputImageTokens: 0,
  upstreamCostUsd: 0.5,
  estimated: true,
  raw: { prompt_tokens: 1000 },
};
const SECOND: Usage = {
  ...FIRST,
  inputTokens: 1075,
  outputTokens: 200,
  cachedInputTokens: 1024,
  reasoningTokens: 40,
  upstreamCostUsd: 0.7,
  estimated: false,
  raw: { prompt_tokens: 1075 },
};

describe('the usage of both parts', () => {
  test('has the input once and the output of both', () => {
    const { whole } = joinUsage(FIRST, SECOND, 0);
    expect(whole).toEqual({
      ...FIRST,
      outputTokens: 250,
      reasoningTokens: 50,
      upstreamCostUsd: null,
      estimated: true,
      raw: null,
    });
  });

  test('is the sum of the parts, the second without input', () => {
    const { whole, first, second } = joinUsage(FIRST, SECOND, 40);
    expect(first).toEqual({ ...FIRST, upstreamCostUsd: null, raw: null });
    expect(second).toMatchObject({
      inputTokens: 0,
      cachedInputTokens: 0,
      cacheWriteTokens: 0,
      cacheWriteLongTokens: 0,
      inputAudioTokens: 0,
      inputImageTokens: 0,
      outputTokens: 190,
      reasoningTokens: 40,
      upstreamCostUsd: null,
      estimated: true,
      raw: null,
    });
    const counts = Object.keys(whole).filter((name) => name.endsWith('Tokens')) as (keyof Usage)[];
    expect(counts).toHaveLength(10);
    for (const name of counts) expect(whole[name]).toBe(Number(first[name]) + Number(second[name]));
  });

  test.each([
    [0, 200],
    [1, 199],
    [4, 199],
    [5, 198],
    [640, 40],
    [100_000, 40],
  ])(
    '%i characters of overlap leave %i tokens of the second, never less than its reasoning',
    (chars, left) => {
      expect(joinUsage(FIRST, SECOND, chars).second.outputTokens).toBe(left);
    },
  );

  test('is that of the first where the second has none', () => {
    const { whole, second } = joinUsage(FIRST, null, 100);
    expect(whole).toMatchObject({ inputTokens: 1000, outputTokens: 50, reasoningTokens: 10 });
    expect(second).toMatchObject({ inputTokens: 0, outputTokens: 0, reasoningTokens: 0 });
  });
});

test("in OpenAI's shape", () => {
  expect(usageObject(joinUsage(FIRST, SECOND, 0).whole)).toEqual({
    prompt_tokens: 1000,
    completion_tokens: 250,
    total_tokens: 1250,
    prompt_tokens_details: { cached_tokens: 600, cache_write_tokens: 50, audio_tokens: 5 },
    completion_tokens_details: { reasoning_tokens: 50, audio_tokens: 0 },
  });
});
