import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/lib/json.ts';
import type { Target } from '../../../src/wires/types.ts';
import { converseFault } from '../../support/node/converse-rules.ts';
import { encode, target, thrownBy } from './support.ts';

const HI = [{ role: 'user', content: 'Hi' }];
const OLD = 'us.anthropic.claude-3-5-sonnet-20241022-v2:0';
const FIRST = 'us.anthropic.claude-3-7-sonnet-20250219-v1:0';
const SONNET_4 = 'us.anthropic.claude-sonnet-4-20250514-v1:0';
const SONNET = 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0';
const OPUS_45 = 'global.anthropic.claude-opus-4-5-20251101-v1:0';
const OPUS_46 = 'us.anthropic.claude-opus-4-6-v1';
const OPUS_47 = 'us.anthropic.claude-opus-4-7';
const SONNET_5 = 'us.anthropic.claude-sonnet-5';
const FABLE = 'us.anthropic.claude-fable-5';
const SONNET_55 = 'us.anthropic.claude-sonnet-5-5';
const NOVA = 'us.amazon.nova-2-lite-v1:0';
const NOVA_1 = 'us.amazon.nova-pro-v1:0';
const GPT_OSS = 'openai.gpt-oss-120b-1:0';
const R1 = 'us.deepseek.r1-v1:0';

const to = (upstreamModel: string, more: Partial<Target> = {}): Target => ({
  ...target(),
  upstreamModel,
  ...more,
});
const budget = (tokens: number, more: JsonObject = {}): JsonObject => ({
  thinking: { type: 'enabled', budget_tokens: tokens, ...more },
});
const nova = (maxReasoningEffort: string): JsonObject => ({
  reasoningConfig: { type: 'enabled', maxReasoningEffort },
});
const INTERLEAVED = 'interleaved-thinking-2025-05-14';
const SHOWN = { thinking: { type: 'adaptive', display: 'summarized' } };

/** The request that is sent, which Bedrock does not refuse. */
function sent(body: object, model: string, more: Partial<Target> = {}): JsonObject {
  const encoded = encode({ messages: HI, ...body }, { to: to(model, more) });
  expect(converseFault(encoded.body, encoded.path)).toBeNull();
  return { ...encoded.body, dropped: [...encoded.dropped] };
}

describe('Claude is told to think', () => {
  test.each<[string, string, object, JsonObject | undefined, string[]]>([
    ['by nothing', SONNET, {}, undefined, []],
    ['by an effort', SONNET, { reasoning_effort: 'low' }, budget(2000), []],
    ['by an effort in OpenRouter’s words', SONNET, { reasoning: { effort: 'high' } }, budget(8000), []],
    ['by the least effort', SONNET, { reasoning_effort: 'minimal' }, budget(1024), []],
    ['by a budget', FIRST, { reasoning: { max_tokens: 3000 } }, budget(3000), []],
    ['at all', SONNET, { reasoning: { enabled: true } }, budget(5000), []],
    ['in its own words', SONNET, budget(1500), budget(1500), []],
    ['in Bedrock’s', SONNET, { additionalModelRequestFields: budget(1500) }, budget(1500), []],
    [
      'in Bedrock’s words before others',
      SONNET,
      { additionalModelRequestFields: budget(1500), reasoning_effort: 'low' },
      budget(1500),
      ['reasoning_effort'],
    ],
    [
      'without showing it',
      SONNET,
      { reasoning: { effort: 'low', exclude: true } },
      budget(2000, { display: 'omitted' }),
      [],
    ],
    ['never to', SONNET, { reasoning_effort: 'none' }, undefined, []],
    ['which it cannot yet', OLD, { reasoning_effort: 'high' }, undefined, ['reasoning_effort']],
    ['not to, which needs no telling', OLD, { reasoning: { enabled: false } }, undefined, []],
    [
      'adaptively',
      OPUS_46,
      { reasoning_effort: 'high' },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
      [],
    ],
    ['by a budget, the last that takes one', OPUS_46, { reasoning: { max_tokens: 2048 } }, budget(2048), []],
    [
      'adaptively, shown',
      OPUS_47,
      { reasoning_effort: 'minimal' },
      { ...SHOWN, output_config: { effort: 'low' } },
      [],
    ],
    [
      'by a budget that it does not take',
      OPUS_47,
      { reasoning: { max_tokens: 2048 } },
      SHOWN,
      ['reasoning.max_tokens'],
    ],
    [
      'not to, where it would',
      SONNET_5,
      { reasoning_effort: 'none' },
      { thinking: { type: 'disabled' } },
      [],
    ],
    ['not to, which it cannot', FABLE, { reasoning_effort: 'none' }, undefined, ['reasoning_effort']],
    [
      'an effort alone',
      OPUS_46,
      { output_config: { effort: 'low' } },
      { output_config: { effort: 'low' } },
      [],
    ],
    [
      'an effort alone, by a flag',
      OPUS_45,
      { output_config: { effort: 'low' } },
      { output_config: { effort: 'low' }, anthropic_beta: ['effort-2025-11-24'] },
      [],
    ],
    ['an effort alone, unknown', SONNET, { output_config: { effort: 'low' } }, undefined, ['output_config']],
    [
      'two efforts',
      OPUS_46,
      { reasoning_effort: 'low', output_config: { effort: 'high' } },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
      ['reasoning_effort'],
    ],
  ])('%s (%s)', (_, model, body, additional, dropped) => {
    const got = sent({ max_tokens: 10_000, ...body }, model);
    expect(got.additionalModelRequestFields).toEqual(additional);
    expect(got.dropped).toEqual(dropped);
    expect(got.inferenceConfig).toEqual({ maxTokens: 10_000 });
  });

  test.each([
    ['the model’s limit', { maxOutputTokens: 64_000 }, { reasoning_effort: 'low' }, 64_000, 12_800],
    ['a limit above the budget', {}, { reasoning: { max_tokens: 5000 } }, 9096, 5000],
    ['a common limit', {}, { reasoning_effort: 'medium' }, 4096, 2048],
  ])('with %s where none is given', (_, more, body, maxTokens, tokens) => {
    const got = sent(body, SONNET, more);
    expect(got.inferenceConfig).toEqual({ maxTokens });
    expect(got.additionalModelRequestFields).toEqual(budget(tokens));
  });

  test('and needs no limit where it takes no budget', () => {
    expect(sent({ reasoning_effort: 'low' }, OPUS_46)).not.toHaveProperty('inferenceConfig');
  });

  test('where the limit leaves no room, and does not', () => {
    const got = sent({ reasoning_effort: 'high', max_tokens: 1000 }, SONNET);
    expect(got).not.toHaveProperty('additionalModelRequestFields');
    expect(got.dropped).toEqual(['reasoning_effort']);
  });

  test('where the endpoint is known not to, and does not', () => {
    const got = sent({ reasoning_effort: 'high' }, SONNET, { capabilities: { reasoning: false } });
    expect(got).not.toHaveProperty('additionalModelRequestFields');
    expect(got.dropped).toEqual(['reasoning_effort']);
  });

  test('with an effort that is none', () => {
    const error = thrownBy(() => encode({ messages: HI, reasoning: { effort: 'huge' } }, { to: to(SONNET) }));
    expect([error.code, error.param]).toEqual(['invalid_value', 'reasoning.effort']);
  });
});

describe('beside thinking of Claude', () => {
  const WARM = { temperature: 0.2, top_p: 0.5, top_k: 40 };

  test.each<[string, string, object, object, object | undefined, string[]]>([
    ['off', SONNET, WARM, { temperature: 0.2, topP: 0.5 }, { top_k: 40 }, []],
    ['on', SONNET, { ...WARM, ...budget(2000) }, {}, budget(2000), ['temperature', 'top_p', 'top_k']],
    ['on, defaults', SONNET, { temperature: 1, top_p: 1, ...budget(2000) }, {}, budget(2000), []],
    ['on, a high top_p', SONNET, { top_p: 0.95, ...budget(2000) }, { topP: 0.95 }, budget(2000), []],
    ['adaptive', OPUS_46, { temperature: 0.2, thinking: SHOWN.thinking }, {}, SHOWN, ['temperature']],
    ['off, newer', OPUS_47, WARM, {}, undefined, ['temperature', 'top_p', 'top_k']],
  ])('sampling parameters: %s (%s)', (_, model, body, inference, additional, dropped) => {
    const got = sent({ max_tokens: 10_000, ...body }, model);
    expect(got.inferenceConfig).toEqual({ maxTokens: 10_000, ...inference });
    expect(got.additionalModelRequestFields).toEqual(additional);
    expect(got.dropped).toEqual(dropped);
  });

  const tools = [{ type: 'function', function: { name: 'f' } }];
  test.each<[string, string, object, unknown, object | undefined, string[]]>([
    ['a budget', SONNET, { reasoning_effort: 'low' }, 'required', undefined, ['tool_choice']],
    ['a budget', SONNET, { reasoning_effort: 'low' }, 'auto', undefined, []],
    ['none', SONNET, {}, 'required', { any: {} }, []],
    ['adaptive thinking', OPUS_46, { reasoning_effort: 'low' }, 'required', { any: {} }, []],
    ['a model that cannot be forced', SONNET_55, {}, 'required', undefined, ['tool_choice']],
  ])('%s (%s, %j): forced tools', (_, model, body, choice, toolChoice, dropped) => {
    const got = sent({ max_tokens: 10_000, tools, tool_choice: choice, ...body }, model);
    expect((got.toolConfig as JsonObject).toolChoice).toEqual(toolChoice);
    expect(got.dropped).toEqual(dropped);
  });

  const call = { id: 't', type: 'function', function: { name: 'f', arguments: '{}' } };
  const thought = {
    type: 'reasoning.text',
    text: 'Hm.',
    signature: 'S',
    format: 'anthropic-claude-v1',
    index: 0,
  };
  const loop = (first: object) => ({
    tools,
    messages: [
      ...HI,
      { role: 'assistant', tool_calls: [call], ...first },
      { role: 'tool', tool_call_id: 't', content: 'x' },
      { role: 'assistant', tool_calls: [{ ...call, id: 'u' }] },
      { role: 'tool', tool_call_id: 'u', content: 'y' },
    ],
  });
  const signed = { reasoning_details: [thought] };
  test.each<[string, string, object, object | undefined, string[]]>([
    ['thought', SONNET, loop(signed), budget(2000), []],
    ['did not think', SONNET, loop({}), undefined, ['reasoning_effort']],
    [
      'thought elsewhere',
      SONNET,
      loop({ reasoning_details: [{ ...thought, format: 'google-gemini-v1' }] }),
      undefined,
      ['messages.reasoning_details', 'reasoning_effort'],
    ],
    [
      'did not think, told in Bedrock’s words',
      SONNET,
      { ...loop({}), reasoning_effort: null, additionalModelRequestFields: { ...budget(2000), top_k: 4 } },
      { top_k: 4 },
      ['thinking'],
    ],
    [
      'did not think, which adaptive thinking does not mind',
      OPUS_46,
      loop({}),
      { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } },
      [],
    ],
    [
      'is over',
      SONNET,
      { tools, messages: [...loop({}).messages, { role: 'assistant', content: 'Z' }, ...HI] },
      budget(2000),
      [],
    ],
  ])('a turn of tools that %s (%s)', (_, model, body, additional, dropped) => {
    const got = sent({ max_tokens: 10_000, reasoning_effort: 'low', ...body }, model);
    expect(got.additionalModelRequestFields).toEqual(additional);
    expect(got.dropped).toEqual(dropped);
  });

  test.each<[string, string, string[], string[] | undefined, string[]]>([
    ['by a flag', SONNET_4, [INTERLEAVED], [INTERLEAVED], []],
    ['which it cannot', FIRST, [INTERLEAVED], undefined, ['betas']],
    [
      'beside flags that are not of Bedrock',
      SONNET,
      [INTERLEAVED, 'files-api-2025-04-14'],
      [INTERLEAVED],
      ['betas'],
    ],
    ['of its own accord', OPUS_47, [INTERLEAVED], undefined, []],
  ])('thinking between calls %s (%s)', (_, model, betas, flags, dropped) => {
    const got = sent({ max_tokens: 10_000, reasoning_effort: 'low', betas }, model);
    expect((got.additionalModelRequestFields as JsonObject).anthropic_beta).toEqual(flags);
    expect(got.dropped).toEqual(dropped);
  });

  test('between calls is not asked twice', () => {
    const own = { additionalModelRequestFields: { anthropic_beta: [INTERLEAVED] }, betas: [INTERLEAVED] };
    const { additionalModelRequestFields } = sent({ max_tokens: 10_000, ...own, ...budget(2000) }, SONNET);
    expect(additionalModelRequestFields).toEqual({ ...budget(2000), anthropic_beta: [INTERLEAVED] });
  });
});

describe('other models are told to reason', () => {
  test.each<[string, string, object, JsonObject | undefined, string[]]>([
    ['by an effort', NOVA, { reasoning_effort: 'low' }, nova('low'), []],
    ['by the least effort', NOVA, { reasoning_effort: 'minimal' }, nova('low'), []],
    ['by the highest', NOVA, { reasoning: { effort: 'high' } }, nova('high'), []],
    ['by one that it does not have', NOVA, { reasoning_effort: 'xhigh' }, undefined, ['reasoning_effort']],
    ['by a budget', NOVA, { reasoning: { max_tokens: 2000 } }, nova('medium'), ['reasoning.max_tokens']],
    ['at all', NOVA, { reasoning: { enabled: true } }, nova('medium'), []],
    ['not to', NOVA, { reasoning_effort: 'none' }, undefined, []],
    [
      'by an effort beside',
      NOVA,
      { reasoning: { enabled: true }, output_config: { effort: 'low' } },
      nova('low'),
      [],
    ],
    ['by an effort alone', NOVA, { output_config: { effort: 'low' } }, undefined, ['output_config']],
    [
      'in its own words',
      NOVA,
      { additionalModelRequestFields: nova('low'), reasoning_effort: 'medium' },
      nova('low'),
      ['reasoning_effort'],
    ],
    ['in words of Claude', NOVA, budget(2000), undefined, ['thinking']],
    ['as its successor is', NOVA_1, { reasoning_effort: 'low' }, undefined, ['reasoning_effort']],
    ['by an effort', GPT_OSS, { reasoning_effort: 'high' }, { reasoning_effort: 'high' }, []],
    ['by the least effort', GPT_OSS, { reasoning_effort: 'minimal' }, { reasoning_effort: 'low' }, []],
    ['by one that it does not have', GPT_OSS, { reasoning_effort: 'max' }, undefined, ['reasoning_effort']],
    ['not to', GPT_OSS, { reasoning_effort: 'none' }, undefined, ['reasoning_effort']],
    ['at all, as it does', GPT_OSS, { reasoning: { enabled: true } }, undefined, []],
    [
      'by a budget, unseen',
      GPT_OSS,
      { reasoning: { max_tokens: 2000, exclude: true } },
      undefined,
      ['reasoning.max_tokens', 'reasoning.exclude'],
    ],
    ['as it always does', R1, { reasoning_effort: 'low' }, undefined, ['reasoning_effort']],
    ['not to', R1, { reasoning: { enabled: false } }, undefined, ['reasoning']],
    [
      'in two ways',
      R1,
      { reasoning: { effort: 'low' }, reasoning_effort: 'low', thinking: { type: 'adaptive' } },
      undefined,
      ['thinking', 'reasoning', 'reasoning_effort'],
    ],
  ])('%s (%s)', (_, model, body, additional, dropped) => {
    const got = sent(body, model);
    expect(got.additionalModelRequestFields).toEqual(additional);
    expect(got.dropped).toEqual(dropped);
  });

  test('one that cannot need not be told not to', () => {
    const got = sent({ reasoning_effort: 'none' }, NOVA_1, { capabilities: { reasoning: false } });
    expect(got.dropped).toEqual([]);
  });

  test('Nova at its highest effort has no sampling parameters', () => {
    const got = sent({ reasoning_effort: 'high', temperature: 0.5, top_p: 0.9, stop: 'END' }, NOVA);
    expect(got.inferenceConfig).toEqual({ stopSequences: ['END'] });
    expect(got.dropped).toEqual(['temperature', 'top_p']);
  });

  test('a limit goes before the highest effort of Nova, which has none', () => {
    const got = sent({ reasoning_effort: 'high', temperature: 0.5, max_tokens: 500 }, NOVA);
    expect(got.inferenceConfig).toEqual({ maxTokens: 500, temperature: 0.5 });
    expect(got.additionalModelRequestFields).toEqual(nova('medium'));
    expect(got.dropped).toEqual(['reasoning_effort']);
  });
});
