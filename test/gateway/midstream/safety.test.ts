import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { continuable, UNSAFE_REASONS } from '../../../src/gateway/midstream/safety.ts';
import type { ChatBody } from '../../../src/wires/types.ts';
import { requestOf } from '../../support/recorded-streams.ts';

const NOTHING = { content: '', toolCalls: false, otherOutput: false };
const TEXT = { ...NOTHING, content: 'Once upon' };

const FORBIDDING: [string, Partial<ChatBody>][] = [
  ['response_format', { response_format: { type: 'json_object' } }],
  ['response_format', { response_format: { type: 'json_schema', json_schema: { name: 'a', schema: {} } } }],
  ['several_choices', { n: 2 }],
  ['functions', { functions: [{ name: 'f' }] }],
  ['forced_tool', { tools: [], tool_choice: 'required' }],
  ['forced_tool', { tools: [], tool_choice: { type: 'function', function: { name: 'f' } } }],
  ['logprobs', { logprobs: true }],
  ['logprobs', { top_logprobs: 2 }],
  ['modalities', { modalities: ['text', 'audio'], audio: { voice: 'ash', format: 'pcm16' } }],
  ['modalities', { modalities: ['image', 'text'] }],
];

const HARMLESS: Partial<ChatBody>[] = [
  {},
  { response_format: { type: 'text' } },
  { n: 1, logprobs: false, top_logprobs: 0, functions: [], modalities: ['text'], audio: null },
  { tools: [{ type: 'function' }], tool_choice: 'auto' },
  { tools: [{ type: 'function' }], tool_choice: 'none' },
  { tool_choice: null, response_format: null, n: null, logprobs: null },
];

describe('where the client has nothing but a role', () => {
  test.each([...FORBIDDING.map(([, body]) => body), ...HARMLESS])('%j is asked again as it is', (body) => {
    expect(continuable(requestOf(body), NOTHING)).toEqual({ how: 'afresh' });
  });
});

describe('where the client has text', () => {
  test.each(FORBIDDING)('%s: %j', (unsafe, body) => {
    expect(continuable(requestOf(body), TEXT)).toEqual({ unsafe });
  });

  test.each(HARMLESS)('%j is gone on with', (body) => {
    expect(continuable(requestOf(body), TEXT)).toEqual({ how: 'continue' });
    expect(continuable(requestOf(body), { ...TEXT, otherOutput: true })).toEqual({ how: 'continue' });
  });
});

test('a call that has begun is never gone on with', () => {
  for (const content of ['', 'Let me look.']) {
    const sent = { content, toolCalls: true, otherOutput: false };
    expect(continuable(requestOf(), sent)).toEqual({ unsafe: 'tool_call_sent' });
  }
});

test('nor are thoughts without a word of the answer', () => {
  expect(continuable(requestOf(), { ...NOTHING, otherOutput: true })).toEqual({ unsafe: 'no_text_sent' });
});

test('nor is what only its own format can say', () => {
  const untranslatable = new GatewayError('unsupported_parameter');
  for (const sent of [NOTHING, TEXT])
    expect(continuable({ ...requestOf(), untranslatable }, sent)).toEqual({ unsafe: 'native_only' });
});

test('every reason can come up', () => {
  const others = ['tool_call_sent', 'no_text_sent', 'native_only'];
  const reasons = new Set([...FORBIDDING.map(([reason]) => reason), ...others]);
  expect(reasons).toEqual(new Set(UNSAFE_REASONS));
});
