import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/lib/json.ts';
import type { Quirks, Usage } from '../../../src/wires/types.ts';
import { usage as usageOf } from '../../support/usage.ts';
import { chunk, decode, replay, STOP, sse } from './support.ts';

const NOTHING = usageOf();

const message = { role: 'assistant', content: 'a', refusal: null };

function whole(usage: JsonObject | null | undefined, quirks: Quirks = {}): Usage | null {
  const more = usage === undefined ? {} : { usage };
  return decode({ choices: [{ index: 0, message, finish_reason: 'stop' }], ...more }, quirks).answer.usage;
}

/** What a stream says in a chunk of its own, and beside the last choice. */
function streamed(usage: JsonObject, quirks: Quirks = {}): (Usage | null)[] {
  const alone = sse(chunk({ content: 'a' }), STOP, { ...chunk({}), choices: [], usage });
  const beside = sse(chunk({ content: 'a' }), { ...STOP, usage });
  return [alone, beside].map((text) => replay(text, { quirks }).state.usage);
}

const OUTSIDE: Quirks = { reasoningOutsideCompletion: true };

const CASES: [string, JsonObject, Partial<Usage>, Quirks?][] = [
  [
    'totals',
    { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    { inputTokens: 10, outputTokens: 5 },
  ],
  [
    'OpenAI, cache and reasoning',
    {
      prompt_tokens: 2006,
      completion_tokens: 300,
      total_tokens: 2306,
      prompt_tokens_details: { cached_tokens: 1920, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 192, audio_tokens: 0, accepted_prediction_tokens: 4 },
    },
    { inputTokens: 2006, outputTokens: 300, cachedInputTokens: 1920, reasoningTokens: 192 },
  ],
  [
    'OpenAI, sound',
    {
      prompt_tokens: 100,
      completion_tokens: 80,
      prompt_tokens_details: { audio_tokens: 60, text_tokens: 40, image_tokens: 7 },
      completion_tokens_details: { audio_tokens: 50, image_tokens: 9 },
    },
    {
      inputTokens: 100,
      outputTokens: 80,
      inputAudioTokens: 60,
      outputAudioTokens: 50,
      inputImageTokens: 7,
      outputImageTokens: 9,
    },
  ],
  [
    'DeepSeek before it had details',
    { prompt_tokens: 30, completion_tokens: 5, prompt_cache_hit_tokens: 20, prompt_cache_miss_tokens: 10 },
    { inputTokens: 30, outputTokens: 5, cachedInputTokens: 20 },
  ],
  [
    'Moonshot and Together',
    { prompt_tokens: 30, completion_tokens: 5, cached_tokens: 20 },
    { inputTokens: 30, outputTokens: 5, cachedInputTokens: 20 },
  ],
  [
    'Mistral',
    { prompt_tokens: 100, completion_tokens: 29, num_cached_tokens: 99 },
    { inputTokens: 100, outputTokens: 29, cachedInputTokens: 99 },
  ],
  [
    'OpenRouter: cost, written cache',
    {
      prompt_tokens: 2649,
      completion_tokens: 100,
      prompt_tokens_details: { cached_tokens: 2569, cache_write_tokens: 79 },
      cost: 0.00256995,
      cost_details: { upstream_inference_cost: 1 },
    },
    {
      inputTokens: 2649,
      outputTokens: 100,
      cachedInputTokens: 2569,
      cacheWriteTokens: 79,
      upstreamCostUsd: 0.00256995,
    },
  ],
  [
    'a cost of nothing',
    { prompt_tokens: 1, completion_tokens: 1, cost: 0 },
    { inputTokens: 1, outputTokens: 1, upstreamCostUsd: 0 },
  ],
  [
    'DeepInfra',
    { prompt_tokens: 15, completion_tokens: 16, total_tokens: 31, estimated_cost: 0.0000268 },
    { inputTokens: 15, outputTokens: 16, upstreamCostUsd: 0.0000268 },
  ],
  [
    'Perplexity',
    {
      prompt_tokens: 1,
      completion_tokens: 2,
      cost: { input_tokens_cost: 0, request_cost: 0.005, total_cost: 0.00501 },
    },
    { inputTokens: 1, outputTokens: 2, upstreamCostUsd: 0.00501 },
  ],
  [
    'xAI: ticks of 10^-10 USD',
    { prompt_tokens: 1, completion_tokens: 2, cost_in_usd_ticks: 37_756_000 },
    { inputTokens: 1, outputTokens: 2, upstreamCostUsd: 0.0037756 },
  ],
  [
    'reasoning beside the completion, known to be',
    {
      prompt_tokens: 12,
      completion_tokens: 1,
      total_tokens: 241,
      completion_tokens_details: { reasoning_tokens: 228 },
    },
    { inputTokens: 12, outputTokens: 229, reasoningTokens: 228 },
    OUTSIDE,
  ],
  [
    'and as the total shows',
    {
      prompt_tokens: 12,
      completion_tokens: 1,
      total_tokens: 241,
      completion_tokens_details: { reasoning_tokens: 228 },
    },
    { inputTokens: 12, outputTokens: 229, reasoningTokens: 228 },
  ],
  [
    'known to be, without a total',
    { prompt_tokens: 12, completion_tokens: 1, completion_tokens_details: { reasoning_tokens: 228 } },
    { inputTokens: 12, outputTokens: 229, reasoningTokens: 228 },
    OUTSIDE,
  ],
  [
    'known to be, but counted within this time',
    {
      prompt_tokens: 12,
      completion_tokens: 229,
      total_tokens: 241,
      completion_tokens_details: { reasoning_tokens: 228 },
    },
    { inputTokens: 12, outputTokens: 229, reasoningTokens: 228 },
    OUTSIDE,
  ],
  [
    'by one token',
    {
      prompt_tokens: 12,
      completion_tokens: 1,
      total_tokens: 14,
      completion_tokens_details: { reasoning_tokens: 1 },
    },
    { inputTokens: 12, outputTokens: 2, reasoningTokens: 1 },
  ],
  ['counts of nothing', { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, {}],
  [
    'a zero is a count: no other name is asked',
    { prompt_tokens: 9, prompt_tokens_details: { cached_tokens: 0 }, prompt_cache_hit_tokens: 5 },
    { inputTokens: 9 },
  ],
  [
    'reasoning at the top',
    { prompt_tokens: 12, completion_tokens: 9, reasoning_tokens: 4 },
    { inputTokens: 12, outputTokens: 9, reasoningTokens: 4 },
  ],
  // Nothing says what the rest of the total is.
  [
    'a total that is larger',
    { prompt_tokens: 66, completion_tokens: 6, total_tokens: 100 },
    { inputTokens: 66, outputTokens: 6 },
  ],
  [
    'parts larger than their whole',
    {
      prompt_tokens: 5,
      completion_tokens: 3,
      prompt_tokens_details: { cached_tokens: 9, cache_write_tokens: 9, audio_tokens: 9, image_tokens: 9 },
      completion_tokens_details: { reasoning_tokens: 9, audio_tokens: 9, image_tokens: 9 },
    },
    {
      inputTokens: 5,
      outputTokens: 3,
      cachedInputTokens: 5,
      cacheWriteTokens: 5,
      inputAudioTokens: 5,
      inputImageTokens: 5,
      reasoningTokens: 3,
      outputAudioTokens: 3,
      outputImageTokens: 3,
    },
  ],
  [
    'details that are null',
    { prompt_tokens: 5, completion_tokens: 3, prompt_tokens_details: null, completion_tokens_details: null },
    { inputTokens: 5, outputTokens: 3 },
  ],
  ['only one count', { prompt_tokens: 5 }, { inputTokens: 5 }],
  ['the other', { completion_tokens: 5 }, { outputTokens: 5 }],
  [
    'counts that are none',
    { prompt_tokens: 5, completion_tokens: -1, prompt_tokens_details: { cached_tokens: 1.5 }, cost: 'free' },
    { inputTokens: 5 },
  ],
];

describe.each(CASES)('%s', (_, raw, expected, quirks) => {
  const full = {
    ...NOTHING,
    ...expected,
    ...(expected.upstreamCostUsd ? { upstreamCostUsd: expect.closeTo(expected.upstreamCostUsd, 12) } : {}),
    raw,
  };

  test('in an answer', () => {
    expect(whole(raw, quirks)).toEqual(full);
  });

  test('in a stream', () => {
    expect(streamed(raw, quirks)).toEqual([full, full]);
  });
});

test.each<[string, JsonObject | null | undefined]>([
  ['absent', undefined],
  ['null', null],
  ['empty', {}],
  ['without counts', { prompt_tokens: null, completion_tokens: '5', cost: 0.1 }],
])('%s is unknown, not nothing', (_, usage) => {
  expect(whole(usage)).toBeNull();
});
