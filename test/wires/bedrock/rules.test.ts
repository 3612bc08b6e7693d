import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/lib/json.ts';
import { converseFault } from '../../support/node/converse-rules.ts';

const CLAUDE = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const OPUS = 'us.anthropic.claude-opus-4-6-v1';
const NOVA = 'us.amazon.nova-2-lite-v1:0';
const user = (...content: JsonObject[]) => ({ role: 'user', content });
const hi = user({ text: 'Hi' });
const called = { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'f', input: {} } }] };
const result = { toolResult: { toolUseId: 't', content: [{ text: 'x' }] } };
const tools = [{ toolSpec: { name: 'f', inputSchema: { json: { type: 'object' } } } }];
const thinking = { type: 'enabled', budget_tokens: 1024 };
const with_ = (additionalModelRequestFields: object, inferenceConfig: object = { maxTokens: 2000 }) => ({
  additionalModelRequestFields,
  inferenceConfig,
});

// What the simulated Bedrock refuses, so that no test passes for want of a rule.
test.each<[string, string, object, boolean]>([
  ['thinking', CLAUDE, with_({ thinking }), false],
  ['a small budget', CLAUDE, with_({ thinking: { ...thinking, budget_tokens: 1023 } }), true],
  ['a budget as large as the limit', CLAUDE, with_({ thinking }, { maxTokens: 1024 }), true],
  ['a budget without a limit', CLAUDE, with_({ thinking }, {}), true],
  ['a temperature', CLAUDE, with_({ thinking }, { maxTokens: 2000, temperature: 0.5 }), true],
  ['the temperature 1', CLAUDE, with_({ thinking }, { maxTokens: 2000, temperature: 1 }), false],
  ['a low topP', CLAUDE, with_({ thinking }, { maxTokens: 2000, topP: 0.9 }), true],
  ['top_k', CLAUDE, with_({ thinking, top_k: 5 }), true],
  ['a forced tool', CLAUDE, { ...with_({ thinking }), toolConfig: { tools, toolChoice: { any: {} } } }, true],
  [
    'a begun answer',
    CLAUDE,
    { ...with_({ thinking }), messages: [hi, { role: 'assistant', content: [{ text: 'A' }] }] },
    true,
  ],
  [
    'a call without thinking before it',
    CLAUDE,
    { ...with_({ thinking }), toolConfig: { tools }, messages: [hi, called, user(result)] },
    true,
  ],
  ['a call', CLAUDE, { toolConfig: { tools }, messages: [hi, called, user(result)] }, false],
  [
    'words before a result',
    CLAUDE,
    { toolConfig: { tools }, messages: [hi, called, user({ text: 'W' }, result)] },
    true,
  ],
  ['adaptive thinking, too early', CLAUDE, with_({ thinking: { type: 'adaptive' } }), true],
  [
    'adaptive thinking',
    OPUS,
    with_({ thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }),
    false,
  ],
  ['an effort, too early', CLAUDE, with_({ output_config: { effort: 'low' } }), true],
  ['a budget, too late', 'us.anthropic.claude-opus-4-7', with_({ thinking }), true],
  ['an unknown flag', CLAUDE, with_({ anthropic_beta: ['files-api-2025-04-14'] }), true],
  ['interleaving, too late', OPUS, with_({ anthropic_beta: ['interleaved-thinking-2025-05-14'] }), true],
  ['words of another model', CLAUDE, with_({ reasoning_effort: 'low' }), true],
  ['thinking of Claude', NOVA, with_({ thinking }), true],
  ['an effort', NOVA, with_({ reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } }), false],
  [
    'an unknown effort',
    NOVA,
    with_({ reasoningConfig: { type: 'enabled', maxReasoningEffort: 'max' } }),
    true,
  ],
  [
    'the highest with a limit',
    NOVA,
    with_({ reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } }),
    true,
  ],
  ['an effort of another model', 'us.amazon.nova-pro-v1:0', with_({ reasoning_effort: 'low' }), true],
  ['an effort', 'openai.gpt-oss-20b-1:0', with_({ reasoning_effort: 'low' }), false],
  ['an unknown effort', 'openai.gpt-oss-20b-1:0', with_({ reasoning_effort: 'max' }), true],
])('%s (%s)', (_, model, more, refused) => {
  const fault = converseFault({ messages: [hi], ...more }, `/model/${encodeURIComponent(model)}/converse`);
  expect(fault !== null).toBe(refused);
});
