import { describe, expect, test } from 'vitest';
import { asArray, asObject, asString, type Json, type JsonObject } from '../../../../src/lib/json.ts';
import { chunk, finalOf, messagesOf, read, refusal, streamed, whole } from './support.ts';

const USER = { role: 'user', content: 'Go on' };

/** The messages of a request that sends this output back, without its ids or what else a client leaves out. */
function sentBack(output: Json | undefined, leaveOut: readonly string[] = []): Json[] {
  const items = asArray(output).map((item) => {
    const entries = Object.entries(asObject(item) ?? {});
    return Object.fromEntries(entries.filter(([name]) => !leaveOut.includes(name)));
  });
  return messagesOf(...items, USER);
}

const CALL = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } };
const SIGNED = {
  type: 'reasoning.text',
  text: 'Let me look.',
  signature: 'c2ln',
  format: 'anthropic-claude-v1',
  index: 0,
};

describe('reasoning goes back to the model that made it', () => {
  test.each<[string, JsonObject]>([
    [
      'signed text, which the details have',
      { content: 'So.', reasoning: 'Let me look.', reasoning_details: [SIGNED] },
    ],
    [
      'hidden reasoning',
      {
        content: 'So.',
        reasoning_details: [
          { type: 'reasoning.encrypted', data: 'b3BhcXVl', format: 'anthropic-claude-v1', index: 0 },
        ],
      },
    ],
    ['open reasoning', { content: 'So.', reasoning: 'Hm 🤔' }],
    [
      'open reasoning by a name of the host’s',
      { content: 'So.', reasoning: 'Hm 🤔', reasoning_content: 'Hm 🤔' },
    ],
    [
      'reasoning before a call',
      { content: null, reasoning: 'Let me look.', reasoning_details: [SIGNED], tool_calls: [CALL] },
    ],
    [
      'the signature of a call',
      {
        content: null,
        reasoning_details: [
          { type: 'reasoning.encrypted', data: 'Zw==', id: 'call_1', format: 'google-gemini-v1', index: 0 },
        ],
        tool_calls: [CALL],
      },
    ],
  ])('%s', (_, message) => {
    const { output } = whole(message);
    const { reasoning, ...rest } = message;
    const isAlone = message.reasoning_details === undefined && message.reasoning_content === undefined;
    const expected = [{ role: 'assistant', ...rest, ...(isAlone ? { reasoning } : {}) }, USER];
    expect(sentBack(output)).toEqual(expected);
    expect(sentBack(output, ['id', 'status'])).toEqual(expected);
  });

  test('pieces of a stream are put together', () => {
    const { text: _, signature, ...rest } = SIGNED;
    const events = streamed([
      chunk({ reasoning: 'Let me ', reasoning_details: [{ ...rest, text: 'Let me ' }] }),
      chunk({ reasoning: 'look.', reasoning_details: [{ ...rest, text: 'look.' }] }),
      chunk({ reasoning_details: [{ ...rest, text: '', signature }] }),
      chunk({ content: 'So.' }),
      chunk({}, 'stop'),
    ]);
    expect(sentBack(finalOf(events).output)).toEqual([
      { role: 'assistant', content: 'So.', reasoning_details: [SIGNED] },
      USER,
    ]);
  });

  test('a signature that comes behind the text it is of, without a break in the text', () => {
    const detail = {
      type: 'reasoning.encrypted',
      data: 'Zw==',
      id: null,
      format: 'google-gemini-v1',
      index: 0,
      part: { kind: 'text', start: 0, end: 5 },
    };
    const events = streamed([
      chunk({ content: 'One, ' }),
      chunk({ reasoning_details: [detail] }),
      chunk({ content: 'two.' }),
      chunk({}, 'stop'),
    ]);
    const { output } = finalOf(events);
    expect(output).toMatchObject([{ type: 'message' }, { type: 'reasoning', summary: [] }]);
    const expected = [{ role: 'assistant', content: 'One, two.', reasoning_details: [detail] }, USER];
    expect(sentBack(output)).toEqual(expected);
    expect(sentBack(output, ['id'])).toEqual(expected);
  });

  test('reasoning between texts', () => {
    const second = { ...SIGNED, text: 'Again.', index: 1 };
    const events = streamed([
      chunk({ reasoning: 'Let me look.', reasoning_details: [SIGNED] }),
      chunk({ content: 'One, ' }),
      chunk({ reasoning: 'Again.', reasoning_details: [second] }),
      chunk({ content: 'two.' }),
      chunk({}, 'stop'),
    ]);
    expect(asArray(finalOf(events).output).map((item) => asObject(item)?.type)).toEqual([
      'reasoning',
      'message',
      'reasoning',
      'message',
    ]);
    expect(sentBack(finalOf(events).output)).toEqual([
      {
        role: 'assistant',
        content: 'One, two.',

        reasoning_details: [SIGNED, second],
      },
      USER,
    ]);
  });

  test('that came last goes to the answer that it came with, also where another follows at once', () => {
    const events = streamed([
      chunk({ content: 'One.' }),
      chunk({ reasoning_details: [SIGNED] }),
      chunk({}, 'stop'),
    ]);
    const items = asArray(finalOf(events).output);
    expect(items).toMatchObject([{ type: 'message' }, { type: 'reasoning' }]);
    expect(messagesOf(...items, { role: 'assistant', content: 'Two.' })).toEqual([
      { role: 'assistant', content: 'One.', reasoning_details: [SIGNED] },
      { role: 'assistant', content: 'Two.' },
    ]);
  });

  test('each to its own message', () => {
    const first = asArray(whole({ content: 'One.', reasoning: 'a', reasoning_details: [SIGNED] }).output);
    const second = { ...SIGNED, text: 'Two?' };
    const next = asArray(whole({ content: 'Two.', reasoning: 'b', reasoning_details: [second] }).output);
    expect(messagesOf(...first, USER, ...next)).toEqual([
      { role: 'assistant', content: 'One.', reasoning_details: [SIGNED] },
      USER,
      { role: 'assistant', content: 'Two.', reasoning_details: [second] },
    ]);
  });
});

describe('reasoning of other makers', () => {
  const foreign = { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm' }] };
  const answer = { role: 'assistant', content: 'So.' };

  test('is left out, and said', () => {
    for (const [item, name] of [
      [{ ...foreign, encrypted_content: 'gAAAAABo' }, 'input.encrypted_content'],
      [foreign, 'input.reasoning'],
    ] as const) {
      const { chat, dropped } = read({ input: [item, answer, USER] });
      expect(chat.messages).toEqual([answer, USER]);
      expect(dropped).toEqual([name]);
    }
  });

  test('in open words goes to hosts of open models', () => {
    const item = {
      type: 'reasoning',
      id: 'rs_1',
      summary: [],
      content: [{ type: 'reasoning_text', text: 'Hm' }],
    };
    const { chat, dropped } = read({ input: [item, answer] });
    expect(chat.messages).toEqual([{ ...answer, reasoning_content: 'Hm' }]);
    expect(dropped).toEqual([]);
  });

  test('that led to nothing is left out, and said', () => {
    const [item = null] = asArray(
      whole({ content: null, reasoning: 'Hm', reasoning_details: [SIGNED] }).output,
    );
    const { chat, dropped } = read({ input: [item, USER] });
    expect(chat.messages).toEqual([USER]);
    expect(dropped).toEqual(['input.reasoning']);
  });

  test('that looks like ours and is damaged is refused', () => {
    const [item] = asArray(whole({ content: null, reasoning: 'Hm' }).output);
    const sealed = asString(asObject(item)?.encrypted_content) ?? '';
    expect(sealed).toMatch(/^interline\.v1\./);
    for (const damaged of [sealed.slice(0, -5), `${sealed.slice(0, 13)}*`, 'interline.v1.']) {
      expect(refusal({ input: [{ ...foreign, encrypted_content: damaged }] })).toEqual([
        'invalid_value',
        'input[0].encrypted_content',
      ]);
    }
  });
});
