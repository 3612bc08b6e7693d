import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/lib/json.ts';
import { encode, list } from './support.ts';

function turns(messages: Json[]): JsonObject[] {
  return list(encode({ messages }).body.messages);
}

function failure(messages: Json[]): unknown {
  try {
    encode({ messages });
  } catch (error) {
    return error;
  }
  return null;
}

const text = (value: string, more: JsonObject = {}): JsonObject => ({ type: 'text', text: value, ...more });
const CACHE: JsonObject = { type: 'ephemeral', ttl: '1h' };

describe('roles', () => {
  test('leading instructions become system blocks, in order', () => {
    const { body } = encode({
      messages: [
        { role: 'system', content: 'A' },
        { role: 'developer', content: [text('B'), text('C', { cache_control: CACHE })] },
        { role: 'user', content: 'Hi' },
      ],
    });
    expect(body.system).toEqual([text('A'), text('B'), text('C', { cache_control: CACHE })]);
    expect(body.messages).toEqual([{ role: 'user', content: [text('Hi')] }]);
  });

  test('a later instruction keeps its place in a user turn, marked', () => {
    expect(
      turns([
        { role: 'user', content: 'Hi' },
        { role: 'system', content: 'Now in French.' },
        { role: 'assistant', content: 'Oui.' },
        { role: 'developer', content: 'Shorter.', cache_control: CACHE },
        { role: 'user', content: 'Go on' },
      ]),
    ).toEqual([
      { role: 'user', content: [text('Hi'), text('<system>\nNow in French.\n</system>')] },
      { role: 'assistant', content: [text('Oui.')] },
      {
        role: 'user',
        content: [text('<system>\nShorter.\n</system>', { cache_control: CACHE }), text('Go on')],
      },
    ]);
  });

  test('instructions alone are the question', () => {
    const { body } = encode({ messages: [{ role: 'system', content: 'Say hi.' }] });
    expect(body).not.toHaveProperty('system');
    expect(body.messages).toEqual([{ role: 'user', content: [text('Say hi.')] }]);
  });

  test('neighbours of one role are one turn', () => {
    expect(
      turns([
        { role: 'user', content: 'a' },
        { role: 'user', content: [text('b')] },
        { role: 'assistant', content: 'c' },
        { role: 'assistant', content: 'd' },
        { role: 'user', content: 'e' },
      ]),
    ).toEqual([
      { role: 'user', content: [text('a'), text('b')] },
      { role: 'assistant', content: [text('c'), text('d')] },
      { role: 'user', content: [text('e')] },
    ]);
  });

  test('tool results stand first in the turn after the calls', () => {
    expect(
      turns([
        { role: 'user', content: 'a' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"x":[1,{"y":null}]}' } },
            { id: 'call_2', type: 'function', function: { name: 'g', arguments: '' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'one' },
        { role: 'user', content: 'wait' },
        { role: 'tool', tool_call_id: 'call_2', content: [text('two')], is_error: true },
      ]),
    ).toEqual([
      { role: 'user', content: [text('a')] },
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'call_1', name: 'f', input: { x: [1, { y: null }] } },
          { type: 'tool_use', id: 'call_2', name: 'g', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'call_1', content: 'one' },
          { type: 'tool_result', tool_use_id: 'call_2', content: [text('two')], is_error: true },
          text('wait'),
        ],
      },
    ]);
  });

  test('the older dialect is paired by name, oldest call first', () => {
    const call = (name: string) => ({
      role: 'assistant',
      content: null,
      function_call: { name, arguments: '{}' },
    });
    const got = turns([
      { role: 'user', content: 'a' },
      call('f'),
      { role: 'function', name: 'f', content: '1' },
      call('f'),
      { role: 'function', name: 'f', content: '2' },
    ]);
    const ids = got
      .flatMap((turn) => list(turn.content))
      .flatMap((block) => block.id ?? block.tool_use_id ?? []);
    expect(ids).toEqual([ids[0], ids[0], ids[2], ids[2]]);
    expect(ids[0]).not.toBe(ids[2]);
    expect(ids[0]).toMatch(/^[a-zA-Z0-9_-]+$/);
  });

  test.each([
    [[{ role: 'owner', content: 'x' }], 'invalid_value', 'messages[0].role'],
    [['x'], 'invalid_value', 'messages[0]'],
    [[], 'invalid_value', 'messages'],
    [[{ role: 'user', content: '' }], 'invalid_value', 'messages'],
  ])('%j is refused', (messages, code, param) => {
    expect(failure(messages as Json[])).toMatchObject({ code, param });
  });

  test('a name is reported', () => {
    expect(encode({ messages: [{ role: 'user', name: 'ann', content: 'x' }] }).dropped).toEqual([
      'messages.name',
    ]);
    expect(encode({ messages: [{ role: 'user', name: null, content: 'x' }] }).dropped).toEqual([]);
  });
});

describe('tool calls in the history', () => {
  const withCall = (id: string, args: Json): JsonObject =>
    list(
      turns([
        { role: 'user', content: 'a' },
        {
          role: 'assistant',
          tool_calls: [{ id, type: 'function', function: { name: 'f', arguments: args } }],
        },
      ])[1]?.content,
    )[0] ?? {};

  test.each([
    ['', {}],
    ['  ', {}],
    ['{}', {}],
    ['{"a":', { INVALID_JSON: '{"a":' }],
    ['[1]', { INVALID_JSON: '[1]' }],
    ['"x"', { INVALID_JSON: '"x"' }],
    [{ a: 1 }, { a: 1 }],
    [null, {}],
  ])('arguments %j', (args, input) => {
    expect(withCall('c', args).input).toEqual(input);
  });

  test('ids that the API refuses are rewritten alike for call and result, and stay distinct', () => {
    const got = turns([
      { role: 'user', content: 'a' },
      {
        role: 'assistant',
        tool_calls: [
          { id: 'functions.f:0', type: 'function', function: { name: 'f', arguments: '{}' } },
          { id: 'functions_f_0', type: 'function', function: { name: 'f', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'functions_f_0', content: 'second' },
      { role: 'tool', tool_call_id: 'functions.f:0', content: 'first' },
    ]);
    const calls = list(got[1]?.content);
    const results = list(got[2]?.content);
    expect(calls.map((call) => call.id)).toEqual(['functions_f_0', 'functions_f_0_2']);
    expect(results).toEqual([
      { type: 'tool_result', tool_use_id: 'functions_f_0_2', content: 'second' },
      { type: 'tool_result', tool_use_id: 'functions_f_0', content: 'first' },
    ]);
  });

  test('results may hold images and be empty', () => {
    const image = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
    const got = turns([
      { role: 'user', content: 'a' },
      { role: 'tool', tool_call_id: 'c', content: [text('see'), image], cache_control: CACHE },
      { role: 'tool', tool_call_id: 'd', content: '' },
    ]);
    expect(list(got[0]?.content).slice(0, 2)).toEqual([
      {
        type: 'tool_result',
        tool_use_id: 'c',
        content: [text('see'), { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }],
        cache_control: CACHE,
      },
      { type: 'tool_result', tool_use_id: 'd' },
    ]);
  });

  test('a call that is no function is refused', () => {
    const messages = [
      { role: 'assistant', tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'x' } }] },
    ];
    expect(failure(messages)).toMatchObject({
      code: 'unsupported_parameter',
      param: 'messages[0].tool_calls[0]',
    });
  });
});

describe('reasoning in the history', () => {
  const assistant = (message: JsonObject) =>
    encode({
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b', ...message },
      ],
    });
  const blocks = (message: JsonObject) => list(list(assistant(message).body.messages)[1]?.content);
  const format = 'anthropic-claude-v1';

  test('texts and signatures go back as they came, before the text', () => {
    const details = [
      { type: 'reasoning.text', text: ' One\n', signature: 's1==', format, index: 0 },
      { type: 'reasoning.encrypted', data: 'EmwK', format, index: 1 },
      { type: 'reasoning.text', text: '', signature: 's2', format, index: 2 },
    ];
    expect(blocks({ reasoning: ' One\n', reasoning_details: details })).toEqual([
      { type: 'thinking', thinking: ' One\n', signature: 's1==' },
      { type: 'redacted_thinking', data: 'EmwK' },
      { type: 'thinking', thinking: '', signature: 's2' },
      text('b'),
    ]);
    expect(assistant({ reasoning: ' One\n', reasoning_details: details }).dropped).toEqual([]);
  });

  test('deltas that the client did not merge are merged by their index', () => {
    const details = [
      { type: 'reasoning.text', text: 'I ', format, index: 0 },
      { type: 'reasoning.text', text: 'think', format, index: 0 },
      { type: 'reasoning.text', text: '', signature: 'sig', format, index: 0 },
      { type: 'reasoning.text', text: 'more', signature: null, format, index: 1 },
      { type: 'reasoning.text', signature: 'sig1', format, index: 1 },
    ];
    expect(blocks({ reasoning_details: details })).toEqual([
      { type: 'thinking', thinking: 'I think', signature: 'sig' },
      { type: 'thinking', thinking: 'more', signature: 'sig1' },
      text('b'),
    ]);
  });

  test.each<[string, JsonObject, string[]]>([
    [
      'no signature',
      { reasoning_details: [{ type: 'reasoning.text', text: 'x' }] },
      ['messages.reasoning_details'],
    ],
    [
      'of another maker',
      { reasoning_details: [{ type: 'reasoning.encrypted', data: 'x', format: 'openai-responses-v1' }] },
      ['messages.reasoning_details'],
    ],
    [
      'a summary',
      { reasoning_details: [{ type: 'reasoning.summary', summary: 'x' }] },
      ['messages.reasoning_details'],
    ],
    ['the string alone', { reasoning: 'x' }, ['messages.reasoning']],
    ['the string alone, by its other name', { reasoning_content: 'x' }, ['messages.reasoning']],
    ['blocks of own tools', { provider_data: { anthropic: {} } }, ['messages.provider_data']],
  ])('%s cannot be sent and is reported', (_, message, dropped) => {
    expect(blocks(message)).toEqual([text('b')]);
    expect(assistant(message).dropped).toEqual(dropped);
  });
});

describe('texts', () => {
  test('empty ones and white space are left out, others are not touched', () => {
    expect(
      turns([
        { role: 'user', content: [text(''), text(' \n'), text(' a '), 'b'] },
        { role: 'assistant', content: '' },
        { role: 'user', content: 'c' },
      ]),
    ).toEqual([{ role: 'user', content: [text(' a '), text('b'), text('c')] }]);
  });

  test('white space at the end is cut from a prefill only', () => {
    const messages = [
      { role: 'assistant', content: 'keep  ' },
      { role: 'user', content: 'keep  ' },
      { role: 'assistant', content: 'The answer is \n' },
    ];
    expect(turns(messages).map((turn) => list(turn.content)[0]?.text)).toEqual([
      'keep  ',
      'keep  ',
      'The answer is',
    ]);
  });

  test('refusals of earlier answers are texts', () => {
    expect(
      turns([
        { role: 'user', content: 'a' },
        { role: 'assistant', content: null, refusal: 'No.' },
      ])[1],
    ).toEqual({
      role: 'assistant',
      content: [text('No.')],
    });
    const part = [{ type: 'refusal', refusal: 'No.' }];
    expect(
      turns([
        { role: 'user', content: 'a' },
        { role: 'assistant', content: part },
      ])[1]?.content,
    ).toEqual([text('No.')]);
  });
});

describe('cache marks', () => {
  test('of a message: on its last block that can bear it', () => {
    expect(
      turns([
        { role: 'user', content: [text('a'), text('b')], cache_control: CACHE },
        {
          role: 'assistant',
          content: '',
          reasoning_details: [{ type: 'reasoning.text', text: 'x', signature: 's' }],
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
          cache_control: CACHE,
        },
      ]),
    ).toEqual([
      { role: 'user', content: [text('a'), text('b', { cache_control: CACHE })] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'x', signature: 's' },
          { type: 'tool_use', id: 'c', name: 'f', input: {}, cache_control: CACHE },
        ],
      },
    ]);
  });

  test("a part's own mark wins", () => {
    const own = { type: 'ephemeral' };
    const [turn] = turns([
      { role: 'user', content: [text('a', { cache_control: own })], cache_control: CACHE },
    ]);
    expect(turn?.content).toEqual([text('a', { cache_control: own })]);
  });
});

describe('merging, whatever the conversation', () => {
  const word = fc.stringMatching(/^[a-z]{1,6}$/);
  const message = fc.oneof(
    fc.record({ role: fc.constantFrom('user', 'assistant', 'system'), content: word }),
    fc.record({
      role: fc.constant('user'),
      content: fc.array(
        word.map((value) => text(value)),
        { maxLength: 3 },
      ),
    }),
    fc.record({ role: fc.constant('tool'), tool_call_id: word, content: word }),
  );

  function words(blocks: readonly JsonObject[]): string[] {
    return blocks.map((block) => String(block.text ?? block.content).replace(/<\/?system>|\n/g, ''));
  }

  test('roles alternate, nothing is lost or doubled, and the order of all but results is kept', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 12 }), (messages) => {
        const said = messages.flatMap(({ role, content }) =>
          (typeof content === 'string' ? [content] : content.map((part) => String(part.text))).map(
            (value) => ({
              role,
              value,
            }),
          ),
        );
        fc.pre(said.length > 0);
        const { body } = encode({ messages });
        const sent = list(body.messages);
        const roles = sent.map((turn) => turn.role);
        expect(roles.some((role, index) => role === roles[index - 1])).toBe(false);
        const blocks = [...list(body.system), ...sent.flatMap((turn) => list(turn.content))];
        expect(words(blocks).sort()).toEqual(said.map(({ value }) => value).sort());
        const inOrder = (result: boolean) =>
          words(blocks.filter((block) => (block.type === 'tool_result') === result));
        expect(inOrder(false)).toEqual(said.filter(({ role }) => role !== 'tool').map(({ value }) => value));
        expect(inOrder(true)).toEqual(said.filter(({ role }) => role === 'tool').map(({ value }) => value));
        for (const turn of sent) {
          const types = list(turn.content).map((block) => block.type === 'tool_result');
          expect(types.lastIndexOf(true)).toBeLessThan(
            types.includes(false) ? types.indexOf(false) : types.length,
          );
        }
      }),
      { numRuns: 300 },
    );
  });
});
