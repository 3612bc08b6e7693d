import { expect, test } from 'vitest';
import { anthropic } from '../../../src/wires/anthropic/index.ts';
import { bodyOf, request, target } from './support.ts';

const counter = () => {
  if (!anthropic.tokens) throw new Error('The wire does not count');
  return anthropic.tokens;
};

test('the question has what is counted, and nothing of the answer', () => {
  const asked = request(
    {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
      max_tokens: 9,
      temperature: 0.5,
      stop: ['x'],
      user: 'u',
      reasoning: { max_tokens: 2048 },
      tools: [{ type: 'function', function: { name: 't', parameters: { type: 'object' } } }],
      tool_choice: 'auto',
    },
    true,
  );
  const encoded = counter().encode(asked, target());
  expect(encoded?.path).toBe('/messages/count_tokens');
  expect(encoded && bodyOf(encoded)).toEqual({
    model: 'claude-sonnet-4-5',
    system: [{ type: 'text', text: 'Be brief.' }],
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    tools: [{ name: 't', input_schema: { type: 'object' } }],
    tool_choice: { type: 'auto' },
    thinking: { type: 'enabled', budget_tokens: 2048 },
  });
});

test('hosts with paths of their own are not asked', () => {
  const path = { whole: '/models/{model}:rawPredict', stream: '/models/{model}:streamRawPredict' };
  expect(counter().encode(request({}), target('claude-sonnet-4-5', { quirks: { path } }))).toBeNull();
});

test('the count, or none', () => {
  expect(counter().decode('{"input_tokens":14}')).toBe(14);
  expect(counter().decode('{}')).toBeNull();
  expect(counter().decode('<html>')).toBeNull();
});
