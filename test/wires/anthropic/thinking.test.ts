import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/lib/json.ts';
import { modelTraits } from '../../../src/wires/claude/models.ts';
import { encode, target } from './support.ts';

describe('models', () => {
  test.each([
    ['claude-3-haiku-20240307', 'none', 'omit', true, true],
    ['claude-3-5-sonnet-20241022', 'none', 'omit', true, true],
    ['claude-3-7-sonnet-20250219', 'budget', 'omit', true, true],
    ['claude-opus-4-20250514', 'budget', 'omit', true, true],
    ['claude-sonnet-4-0', 'budget', 'omit', true, true],
    ['claude-opus-4-1-20250805', 'budget', 'omit', true, true],
    ['claude-sonnet-4-5@20250929', 'budget', 'omit', true, true],
    ['anthropic.claude-haiku-4-5-20251001-v1:0', 'budget', 'omit', true, true],
    ['anthropic/claude-opus-4.5', 'budget', 'omit', true, true],
    ['claude-sonnet-4-6', 'both', 'omit', true, true],
    ['us.anthropic.claude-opus-4-6-v1', 'both', 'omit', true, true],
    ['claude-opus-4-7', 'adaptive', 'omit', false, true],
    ['claude-opus-4-8', 'adaptive', 'omit', false, true],
    ['claude-sonnet-5', 'adaptive', 'disabled', false, true],
    ['claude-opus-5', 'adaptive', 'disabled', false, true],
    ['claude-fable-5', 'adaptive', 'impossible', false, true],
    ['claude-mythos-preview', 'adaptive', 'impossible', false, true],
    ['claude-fable-5-1', 'adaptive', 'impossible', false, false],
    ['claude-opus-5-5', 'adaptive', 'impossible', false, false],
    ['claude-sonnet-5-5-20261001', 'adaptive', 'between_tools', false, false],
    ['claude-haiku-5-5', 'adaptive', 'disabled', false, true],
    ['claude-opus-latest', 'adaptive', 'impossible', false, false],
    ['claude-2.1', 'none', 'omit', true, true],
    ['glm-4.7', 'budget', 'disabled', true, true],
  ])('%s', (name, thinking, thinkingOff, sampling, forcedTools) => {
    expect(modelTraits(name)).toMatchObject({ thinking, thinkingOff, sampling, forcedTools });
  });

  test.each([
    ['claude-sonnet-4-5', true],
    ['claude-opus-4-1', true],
    ['claude-opus-4-20250514', false],
    ['claude-3-5-haiku-latest', false],
    ['kimi-k2', undefined],
  ])('%s: native schema %j', (name, expected) => {
    expect(modelTraits(name).nativeSchema).toBe(expected);
  });
});

describe('thinking', () => {
  test.each<[string, string, JsonObject, JsonObject, string[]]>([
    ['nothing asked, nothing sent', 'claude-opus-4-7', {}, {}, []],
    ['nothing asked by nulls', 'claude-opus-4-7', { reasoning: null, reasoning_effort: null }, {}, []],
    // A budget of max_tokens (10,000 here) for older models
    [
      'effort low',
      'claude-sonnet-4-5',
      { reasoning_effort: 'low' },
      { thinking: { type: 'enabled', budget_tokens: 2000 } },
      [],
    ],
    [
      'effort high',
      'claude-sonnet-4-5',
      { reasoning: { effort: 'high' } },
      { thinking: { type: 'enabled', budget_tokens: 8000 } },
      [],
    ],
    [
      'effort minimal, at least 1024',
      'claude-sonnet-4-5',
      { reasoning_effort: 'minimal' },
      { thinking: { type: 'enabled', budget_tokens: 1024 } },
      [],
    ],
    [
      'enabled',
      'claude-sonnet-4-5',
      { reasoning: { enabled: true } },
      { thinking: { type: 'enabled', budget_tokens: 5000 } },
      [],
    ],
    [
      'a budget, as it is',
      'claude-sonnet-4-5',
      { reasoning: { max_tokens: 300 } },
      { thinking: { type: 'enabled', budget_tokens: 300 } },
      [],
    ],
    [
      'excluded',
      'claude-sonnet-4-5',
      { reasoning: { max_tokens: 2000, exclude: true } },
      { thinking: { type: 'enabled', budget_tokens: 2000, display: 'omitted' } },
      [],
    ],
    [
      'no room for a budget',
      'claude-sonnet-4-5',
      { reasoning_effort: 'high', max_tokens: 1024 },
      {},
      ['reasoning_effort'],
    ],
    ['off', 'claude-sonnet-4-5', { reasoning_effort: 'none' }, {}, []],
    // Both kinds
    [
      '4.6, effort',
      'claude-opus-4-6',
      { reasoning_effort: 'high' },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
      [],
    ],
    [
      '4.6, budget',
      'claude-opus-4-6',
      { reasoning: { max_tokens: 2000 } },
      { thinking: { type: 'enabled', budget_tokens: 2000 } },
      [],
    ],
    // Adaptive only
    [
      'adaptive, effort',
      'claude-opus-4-7',
      { reasoning_effort: 'xhigh' },
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'xhigh' } },
      [],
    ],
    [
      'adaptive, minimal is low',
      'claude-sonnet-5',
      { reasoning_effort: 'minimal' },
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'low' } },
      [],
    ],
    [
      'adaptive, no budget',
      'claude-opus-4-8',
      { reasoning: { max_tokens: 2000 } },
      { thinking: { type: 'adaptive', display: 'summarized' } },
      ['reasoning.max_tokens'],
    ],
    [
      'adaptive, excluded',
      'claude-opus-5',
      { reasoning: { effort: 'low', exclude: true } },
      { thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'low' } },
      [],
    ],
    [
      'two efforts',
      'claude-opus-5',
      { reasoning: { effort: 'low' }, reasoning_effort: 'high' },
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'low' } },
      ['reasoning_effort'],
    ],
    ['off where it is off', 'claude-opus-4-8', { reasoning_effort: 'none' }, {}, []],
    [
      'off where it is on',
      'claude-sonnet-5',
      { reasoning: { enabled: false } },
      { thinking: { type: 'disabled' } },
      [],
    ],
    [
      'off as this model has it',
      'claude-sonnet-5-5',
      { reasoning_effort: 'none' },
      { thinking: { type: 'between_tools' } },
      [],
    ],
    ['off where it cannot be', 'claude-fable-5', { reasoning: { effort: 'none' } }, {}, ['reasoning']],
    [
      'a model that does not think',
      'claude-3-5-sonnet-20241022',
      { reasoning_effort: 'low' },
      {},
      ['reasoning_effort'],
    ],
    [
      'a member that is unknown',
      'claude-opus-4-7',
      { reasoning: { summary: 'auto' } },
      {},
      ['reasoning.summary'],
    ],
    // Other hosts
    [
      'a host that is not Claude',
      'glm-4.7',
      { reasoning: { effort: 'medium', exclude: true } },
      { thinking: { type: 'enabled', budget_tokens: 5000 } },
      ['reasoning.exclude'],
    ],
    // The API's own field
    [
      'native',
      'claude-opus-4-7',
      { thinking: { type: 'adaptive', display: 'omitted' }, reasoning_effort: 'low' },
      { thinking: { type: 'adaptive', display: 'omitted' } },
      ['reasoning_effort'],
    ],
    [
      'native effort wins',
      'claude-opus-4-7',
      { output_config: { effort: 'max' }, reasoning_effort: 'low' },
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'max' } },
      ['reasoning_effort'],
    ],
  ])('%s (%s)', (_, model, body, expected, dropped) => {
    const got = encode({ max_tokens: 10_000, ...body }, target(model));
    const { thinking, output_config } = got.body;
    expect(JSON.parse(JSON.stringify({ thinking, output_config }))).toEqual(expected);
    expect(got.dropped).toEqual(dropped);
  });

  test('an endpoint without reasoning', () => {
    const to = target('claude-sonnet-4-5', { capabilities: { reasoning: false } });
    expect(encode({ reasoning_effort: 'low' }, to)).toMatchObject({ dropped: ['reasoning_effort'] });
    expect(encode({ reasoning_effort: 'none' }, to).dropped).toEqual([]);
    expect(encode({ reasoning_effort: 'low' }, to).body).not.toHaveProperty('thinking');
  });

  test('an effort that does not exist, where it must be turned into a budget', () => {
    expect(() => encode({ reasoning: { effort: 'huge' } }, target('claude-sonnet-4-5'))).toThrow(
      expect.objectContaining({ code: 'invalid_value', param: 'reasoning.effort' }),
    );
  });
});

describe('a turn that uses tools and did not begin with thinking', () => {
  const call = { id: 't', type: 'function', function: { name: 'f', arguments: '{}' } };
  const result = { role: 'tool', tool_call_id: 't', content: 'R' };
  const thought = {
    type: 'reasoning.text',
    text: 'Hm',
    signature: 'Eq',
    format: 'anthropic-claude-v1',
    index: 0,
  };
  const foreign = { ...thought, format: 'google-gemini-v1' };
  const turns = (...details: JsonObject[]): JsonObject[] => [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: null, tool_calls: [call], reasoning_details: details },
    result,
  ];
  const asked = (
    model: string,
    messages: JsonObject[],
    more: JsonObject = { reasoning: { max_tokens: 2000 } },
  ) => encode({ max_tokens: 4000, messages, ...more }, target(model));

  test.each([
    ['another model made its calls', turns(), 'claude-sonnet-4-5', false],
    ['its thinking cannot be read', turns(foreign), 'claude-opus-4-1', false],
    ['it has its thinking', turns(thought), 'claude-sonnet-4-5', true],
    [
      'it is over',
      [...turns(), { role: 'assistant', content: 'A' }, { role: 'user', content: 'B' }],
      'claude-sonnet-4-5',
      true,
    ],
    ['the model is none of Claude', turns(), 'kimi-k2', true],
  ])('is gone on with as it may be: %s', (_, messages, model, thinks) => {
    const { body, dropped } = asked(model, messages);
    expect(body.thinking).toEqual(thinks ? { type: 'enabled', budget_tokens: 2000 } : undefined);
    expect(dropped.includes('reasoning')).toBe(!thinks);
  });

  test('does so for thinking in the API’s own words too, without edits of it', () => {
    const thinking = { type: 'enabled', budget_tokens: 2000 };
    const edits = [{ type: 'clear_thinking_20251015' }];
    const { body, dropped } = asked('claude-sonnet-4-6', turns(), {
      thinking,
      context_management: { edits },
    });
    expect(body).not.toHaveProperty('thinking');
    expect(body).not.toHaveProperty('context_management');
    expect(dropped).toContain('thinking');
    const adaptive = asked('claude-sonnet-4-6', turns(), { thinking: { type: 'adaptive' } });
    expect(adaptive.body.thinking).toEqual({ type: 'adaptive' });
  });
});
