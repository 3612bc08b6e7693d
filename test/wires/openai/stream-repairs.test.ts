import { describe, expect, test } from 'vitest';
import { asObject, type JsonObject } from '../../../src/lib/json.ts';
import { chunk, list, passed, replay, STOP, sse } from './support.ts';

function delta(upstream: JsonObject): JsonObject {
  return asObject(list(passed(upstream).choices)[0]?.delta) ?? {};
}

describe('repairs', () => {
  test.each<[string, unknown, string | null, string]>([
    ['eos', 'eos', 'stop', 'stop'],
    ['an unknown word', 'whatever', 'stop', 'stop'],
    ['upper case', 'MAX_TOKENS', 'length', 'length'],
    ['max_tokens', 'max_tokens', 'length', 'length'],
    ['model_length', 'model_length', 'length', 'length'],
    ['tool_use', 'tool_use', 'tool_calls', 'tool_calls'],
    ['sensitive', 'sensitive', 'content_filter', 'content_filter'],
    ['function_call', 'function_call', 'function_call', 'function_call'],
    ['a name of every object', 'constructor', 'stop', 'stop'],
  ])('finish reason: %s', (_, raw, sent, mapped) => {
    const { chunks, state } = replay(sse(chunk({}, {}, { finish_reason: raw as string })));
    expect(list(chunks[0]?.choices)[0]?.finish_reason).toBe(sent);
    expect(state).toMatchObject({ finished: true, finishReason: mapped, rawFinishReason: raw });
  });

  test.each(['', undefined])('finish reason %j is none', (raw) => {
    const upstream = chunk({ content: 'a' });
    const [choice] = list(upstream.choices);
    if (choice) choice.finish_reason = raw;
    const { chunks, state } = replay(sse(upstream));
    expect(list(chunks[0]?.choices)[0]?.finish_reason).toBeNull();
    expect(state).toMatchObject({ finished: false, finishReason: null, rawFinishReason: null });
  });

  test('reasoning under its other name', () => {
    expect(delta(chunk({ content: null, reasoning_content: 'r' }))).toEqual({
      content: null,
      reasoning_content: 'r',
      reasoning: 'r',
    });
    expect(delta(chunk({ content: 'a', reasoning_content: null }))).toEqual({
      content: 'a',
      reasoning_content: null,
    });
    expect(delta(chunk({ reasoning: null, reasoning_content: 'r' }))).toMatchObject({ reasoning: 'r' });
  });

  test('content in parts', () => {
    expect(
      delta(chunk({ content: [{ type: 'text', text: 'a' }, 'b', { type: 'text', text: 'c' }] })),
    ).toEqual({
      content: 'abc',
    });
    const thinking = [
      {
        type: 'thinking',
        thinking: [
          { type: 'text', text: 'hm' },
          { type: 'text', text: 'm' },
        ],
      },
    ];
    expect(delta(chunk({ role: 'assistant', content: thinking }))).toEqual({
      role: 'assistant',
      content: null,
      reasoning: 'hmm',
    });
    expect(delta(chunk({ content: [...thinking, { type: 'text', text: 'a' }] }))).toEqual({
      content: 'a',
      reasoning: 'hmm',
    });
    expect(delta(chunk({ content: [] }))).toEqual({ content: '' });
  });

  test('null where nothing should stand', () => {
    expect(delta(chunk({ role: null, content: 'a', tool_calls: null }))).toEqual({ content: 'a' });
    expect(delta(chunk({ tool_calls: [null] }))).toEqual({ tool_calls: [] });
  });

  test('no index, no delta, a message in its place', () => {
    const message = { role: 'assistant', content: 'a' };
    const upstream = chunk({});
    expect(list(passed({ ...upstream, choices: [{ message, finish_reason: 'stop' }] }).choices)).toEqual([
      { message, index: 0, delta: message, finish_reason: 'stop' },
    ]);
    expect(replay(sse({ ...upstream, choices: [{ message }] })).state.outputChars).toBe(1);
    expect(list(passed({ ...upstream, choices: [{ index: 0 }] }).choices)).toEqual([
      { index: 0, delta: {}, finish_reason: null },
    ]);
  });

  test.each<[string, unknown, JsonObject]>([
    ['no object', null, { index: 0, delta: {}, finish_reason: null }],
    [
      'no index',
      { delta: { content: 'a' }, finish_reason: null },
      { index: 0, delta: { content: 'a' }, finish_reason: null },
    ],
    ['no delta', { index: 0, finish_reason: 'stop' }, { index: 0, delta: {}, finish_reason: 'stop' }],
    [
      'no finish reason',
      { index: 0, delta: { content: 'a' } },
      { index: 0, delta: { content: 'a' }, finish_reason: null },
    ],
    [
      'no role',
      { index: 0, delta: { role: null }, finish_reason: null },
      { index: 0, delta: {}, finish_reason: null },
    ],
    [
      'no calls',
      { index: 0, delta: { tool_calls: null }, finish_reason: null },
      { index: 0, delta: {}, finish_reason: null },
    ],
    [
      'no text of arguments',
      { index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: null } }] }, finish_reason: null },
      { index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: '' } }] }, finish_reason: null },
    ],
  ])('one thing alone: %s', (_, choice, expected) => {
    expect(passed({ ...chunk({}), choices: [choice as JsonObject] })).toEqual({
      ...chunk({}, { id: 'gen_1' }),
      choices: [expected],
    });
  });

  test('another name of the object', () => {
    expect(passed(chunk({ content: 'a' }, { object: 'chat.completion.done' })).object).toBe(
      'chat.completion.chunk',
    );
  });
});

describe('tool calls', () => {
  const call = (of: JsonObject): JsonObject => chunk({ tool_calls: [of] });
  const named = (name: string, text = ''): JsonObject => ({ name, arguments: text });

  function calls(...pieces: JsonObject[]) {
    const { choices, error } = replay(sse(...pieces, STOP));
    expect(error).toBeNull();
    return choices[0]?.calls.map(({ id, name, arguments: text }) => [id, name, text]);
  }

  const A = ['a', 'f', '{"x":1}'];
  const B = ['b', 'f', '{"x":2}'];

  test.each<[string, JsonObject[]]>([
    [
      'as OpenAI sends them',
      [
        call({ index: 0, id: 'a', type: 'function', function: named('f') }),
        call({ index: 0, function: { arguments: '{"x":1}' } }),
        call({ index: 1, id: 'b', type: 'function', function: named('f') }),
        call({ index: 1, function: { arguments: '{"x":2}' } }),
      ],
    ],
    [
      'woven into each other',
      [
        call({ index: 0, id: 'a', type: 'function', function: named('f', '{"x"') }),
        call({ index: 1, id: 'b', type: 'function', function: named('f', '{"x"') }),
        call({ index: 0, function: { arguments: ':1}' } }),
        call({ index: 1, function: { arguments: ':2}' } }),
      ],
    ],
    [
      'without index, in one chunk',
      [
        chunk({
          tool_calls: [
            { id: 'a', function: named('f', '{"x":1}') },
            { id: 'b', function: named('f', '{"x":2}') },
          ],
        }),
      ],
    ],
    [
      'without index, in chunks of their own',
      [
        call({ id: 'a', function: named('f', '{"x":1}') }),
        call({ id: 'b', function: named('f', '{"x":2}') }),
      ],
    ],
    [
      'without index, in pieces',
      [
        call({ id: 'a', function: named('f', '{"x"') }),
        call({ function: { arguments: ':1}' } }),
        call({ id: 'b', function: named('f', '{"x"') }),
        call({ id: '', function: { arguments: ':2}' } }),
      ],
    ],
    [
      'all of them numbered 0',
      [
        call({ index: 0, id: 'a', type: 'function', function: named('f', '{"x":1}') }),
        call({ index: 0, id: 'b', type: 'function', function: named('f', '{"x"') }),
        call({ index: 0, function: { arguments: ':2}' } }),
      ],
    ],
    [
      'all of them numbered 0, in pieces',
      [
        call({ index: 0, id: 'a', type: 'function', function: named('f', '{"x"') }),
        call({ index: 0, function: { arguments: ':1}' } }),
        call({ index: 0, id: 'b', type: 'function', function: named('f', '{"x":2}') }),
      ],
    ],
    [
      'arguments as objects',
      [
        call({ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: { x: 1 } } }),
        call({ index: 1, id: 'b', type: 'function', function: { name: 'f', arguments: { x: 2 } } }),
      ],
    ],
    [
      'arguments that are null at first',
      [
        call({ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: null } }),
        call({ index: 0, function: { arguments: '{"x":1}' } }),
        call({ index: 1, id: 'b', type: 'function', function: { name: 'f' } }),
        call({ index: 1, function: { arguments: '{"x":2}' } }),
      ],
    ],
  ])('%s', (_, pieces) => {
    expect(calls(...pieces)).toEqual([A, B]);
  });

  test('with neither index nor id', () => {
    const pieces = [call({ function: named('f', '{"x":1}') }), call({ function: named('f', '{"x":2}') })];
    expect(calls(...pieces)).toEqual([
      ['', 'f', '{"x":1}'],
      ['', 'f', '{"x":2}'],
    ]);
  });

  test('without index, the id in every piece', () => {
    const { choices } = replay(
      sse(
        call({ id: 'a', function: named('f', '{"x"') }),
        call({ id: 'b', function: named('f', '{"x"') }),
        call({ id: 'a', function: named('f', ':1}') }),
      ),
    );
    expect(choices[0]?.calls.map(({ arguments: text }) => text)).toEqual(['{"x":1}', '{"x"']);
  });

  test('numbered from 1', () => {
    const { choices } = replay(
      sse(call({ index: 1, id: 'a', type: 'function', function: named('f', '{}') })),
    );
    expect(choices[0]?.calls[1]).toMatchObject({ id: 'a' });
  });

  test('an id made up anew for every piece is no new call', () => {
    const { choices } = replay(
      sse(
        call({ index: 0, id: 'a', type: 'function', function: named('f', '{"x"') }),
        call({ index: 0, id: 'z', type: 'function', function: { arguments: ':1}' } }),
      ),
    );
    expect(choices[0]?.calls).toMatchObject([{ name: 'f', arguments: '{"x":1}' }]);
  });

  test('the type is told where a call begins', () => {
    const { choices } = replay(
      sse(call({ id: 'a', function: named('f') }), call({ index: 0, function: { arguments: '{}' } })),
    );
    expect(choices[0]?.calls[0]?.types).toEqual(['function']);
  });

  test('of several choices are counted apart', () => {
    const at = (index: number, id: string): JsonObject =>
      chunk({ tool_calls: [{ id, function: named('f', '{}') }] }, {}, { index });
    const { choices } = replay(sse(at(0, 'a'), at(1, 'b'), at(0, 'c')));
    expect(choices.map(({ calls: got }) => got.map(({ id }) => id))).toEqual([['a', 'c'], ['b']]);
  });
});
