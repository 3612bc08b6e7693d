import { describe, expect, test } from 'vitest';
import { SHIPPED_PROVIDERS } from '../../../src/providers/catalog.ts';
import type { Quirks } from '../../../src/wires/types.ts';
import { codec, parse, requestOf, target } from './support.ts';

const ASKED = { role: 'user', content: 'Count.' };
const BEGUN = { role: 'assistant', content: 'one, two' };

function encoded(body: object, quirks: Quirks) {
  const text = JSON.stringify({ model: 'm', ...body });
  const { path, body: bytes } = codec.encode(requestOf(text, { stream: true }), target(quirks));
  return { path, body: parse(typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes)) };
}

describe.each(['prefix', 'partial'] as const)('a host that knows prefills by `%s`', (mark) => {
  const quirks: Quirks = { prefill: { mark } };

  test('finds the last message marked', () => {
    const { path, body } = encoded({ messages: [ASKED, BEGUN] }, quirks);
    expect(body.messages).toEqual([ASKED, { ...BEGUN, [mark]: true }]);
    expect(path).toBe('/chat/completions');
  });

  test('keeps what the caller says of it', () => {
    const own = { ...BEGUN, [mark]: false };
    expect(encoded({ messages: [ASKED, own] }, quirks).body.messages).toEqual([ASKED, own]);
  });

  test.each([
    ['the user speaks last', [BEGUN, ASKED]],
    ['the last message calls a tool', [ASKED, { ...BEGUN, tool_calls: [{ id: 'a' }] }]],
    ['the last message is empty', [ASKED, { role: 'assistant', content: '' }]],
  ])('is told nothing where %s', (_, messages) => {
    expect(encoded({ messages }, quirks).body.messages).toEqual(messages);
  });

  test('finds it beside roles that are written anew', () => {
    const rules = { role: 'developer', content: 'Be brief.' };
    const { body } = encoded({ messages: [rules, ASKED, BEGUN] }, { ...quirks, developerRole: 'system' });
    expect(body.messages).toEqual([{ ...rules, role: 'system' }, ASKED, { ...BEGUN, [mark]: true }]);
  });
});

describe('a host that knows prefills by `continue_final_message`', () => {
  const quirks: Quirks = { prefill: { mark: 'continue_final_message' } };

  test('gets it with its counterpart', () => {
    const { body } = encoded({ messages: [ASKED, BEGUN] }, quirks);
    expect(body).toMatchObject({ continue_final_message: true, add_generation_prompt: false });
    expect(body.messages).toEqual([ASKED, BEGUN]);
  });

  test('not where the caller has decided, nor where there is no prefill', () => {
    const own = encoded({ messages: [ASKED, BEGUN], continue_final_message: false }, quirks).body;
    expect(own).toMatchObject({ continue_final_message: false });
    expect(own).not.toHaveProperty('add_generation_prompt');
    expect(encoded({ messages: [ASKED] }, quirks).body).not.toHaveProperty('continue_final_message');
  });
});

test('such requests may have a path of their own', () => {
  const quirks: Quirks = { prefill: { mark: 'prefix', path: '/beta/chat/completions' } };
  expect(encoded({ messages: [ASKED, BEGUN] }, quirks).path).toBe('/beta/chat/completions');
  expect(encoded({ messages: [ASKED] }, quirks).path).toBe('/chat/completions');
});

test('others get the message as it is', () => {
  expect(encoded({ messages: [ASKED, BEGUN] }, {}).body.messages).toEqual([ASKED, BEGUN]);
});

test.each([
  ['mistral', 'prefix', '/chat/completions'],
  ['deepseek', 'prefix', '/beta/chat/completions'],
  ['moonshot', 'partial', '/chat/completions'],
  ['alibaba', 'partial', '/chat/completions'],
])('%s documents `%s` at %s', (id, mark, path) => {
  const { quirks } = SHIPPED_PROVIDERS.get(id) ?? {};
  const sent = encoded({ messages: [ASKED, BEGUN] }, quirks ?? {});
  expect(sent.body.messages).toEqual([ASKED, { ...BEGUN, [mark]: true }]);
  expect(sent.path).toBe(path);
});
