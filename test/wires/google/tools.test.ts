import { describe, expect, it } from 'vitest';
import { asArray, asObject, type Json, type JsonObject } from '../../../src/lib/json.ts';
import { encode } from './support.ts';

const hi = [{ role: 'user', content: 'hi' }];
const schema = { type: 'object', properties: { a: { $ref: '#/$defs/x' } }, additionalProperties: false };
const f = (name: string, more: JsonObject = {}) => ({ type: 'function', function: { name, ...more } });

describe('tools', () => {
  it('declares functions with their JSON schema untouched, beside the API’s own tools', () => {
    const { body, dropped } = encode({
      messages: hi,
      tools: [
        { googleSearch: {} },
        f('a', { description: 'A', parameters: schema }),
        f('b'),
        { codeExecution: {} },
      ],
    });
    expect(body.tools).toEqual([
      {
        functionDeclarations: [{ name: 'a', description: 'A', parametersJsonSchema: schema }, { name: 'b' }],
      },
      { googleSearch: {} },
      { codeExecution: {} },
    ]);
    expect(body).not.toHaveProperty('toolConfig');
    expect(dropped).toEqual([]);
  });

  it('refuses tools of other kinds', () => {
    expect(() =>
      encode({ messages: hi, tools: [f('a'), { type: 'custom', custom: { name: 'x' } }] }),
    ).toThrow(expect.objectContaining({ code: 'unsupported_parameter', param: 'tools[1]' }));
    expect(() => encode({ messages: hi, tools: [{ type: 'function' }] })).toThrow(
      expect.objectContaining({ code: 'invalid_value', param: 'tools[0].function.name' }),
    );
  });

  const config = (body: JsonObject) => asObject(body.toolConfig)?.functionCallingConfig;

  it.each<[Json | undefined, boolean, Json | undefined]>([
    [undefined, false, undefined],
    [undefined, true, { mode: 'VALIDATED' }],
    ['auto', false, { mode: 'AUTO' }],
    ['auto', true, { mode: 'VALIDATED' }],
    ['none', true, { mode: 'NONE' }],
    ['required', false, { mode: 'ANY' }],
    [f('a'), false, { mode: 'ANY', allowedFunctionNames: ['a'] }],
    [
      { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [f('a')] } },
      false,
      { mode: 'VALIDATED', allowedFunctionNames: ['a'] },
    ],
    [
      { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [f('a'), f('b')] } },
      false,
      { mode: 'ANY', allowedFunctionNames: ['a', 'b'] },
    ],
  ])('tool_choice %j, strict %s', (choice, strict, expected) => {
    const tools = [f('a', { parameters: schema, strict }), f('b')];
    const { body } = encode({
      messages: hi,
      tools,
      ...(choice === undefined ? {} : { tool_choice: choice }),
    });
    expect(config(body)).toEqual(expected);
  });

  it('reports what cannot be said', () => {
    expect(encode({ messages: hi, tools: [f('a')], parallel_tool_calls: false }).dropped).toEqual([
      'parallel_tool_calls',
    ]);
    expect(encode({ messages: hi, tools: [f('a')], parallel_tool_calls: true }).dropped).toEqual([]);
    expect(encode({ messages: hi, tools: [{ googleSearch: {} }], tool_choice: 'required' }).dropped).toEqual([
      'tool_choice',
    ]);
    expect(() => encode({ messages: hi, tools: [f('a')], tool_choice: 'maybe' })).toThrow(
      expect.objectContaining({ code: 'invalid_value', param: 'tool_choice' }),
    );
  });

  it('keeps the caller’s own toolConfig beside the choice', () => {
    const { body } = encode({
      messages: hi,
      tools: [f('a')],
      tool_choice: 'required',
      tool_config: { retrievalConfig: { languageCode: 'de' } },
    });
    expect(body.toolConfig).toEqual({
      functionCallingConfig: { mode: 'ANY' },
      retrievalConfig: { languageCode: 'de' },
    });
  });

  it('understands the older dialect', () => {
    const { body } = encode({
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: null, function_call: { name: 'a', arguments: '{"x":1}' } },
        { role: 'function', name: 'a', content: 'done' },
      ],
      functions: [{ name: 'a', parameters: schema }],
      function_call: { name: 'a' },
    });
    expect(body.tools).toEqual([{ functionDeclarations: [{ name: 'a', parametersJsonSchema: schema }] }]);
    expect(config(body)).toEqual({ mode: 'ANY', allowedFunctionNames: ['a'] });
    expect(asArray(body.contents).slice(1)).toEqual([
      { role: 'model', parts: [{ functionCall: { name: 'a', args: { x: 1 } } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'a', response: { output: 'done' } } }] },
    ]);
  });
});

describe('tool loops', () => {
  const call = (id: string, name: string, args = '') => ({
    id,
    type: 'function',
    function: { name, arguments: args },
  });
  const turns = (messages: JsonObject[], model?: string) =>
    asArray(encode({ messages: [...hi, ...messages] }, model).body.contents).slice(1);
  const response = (id: string, name: string, value: JsonObject) => ({
    functionResponse: { name, response: value, id },
  });

  it('puts all results of parallel calls in one turn, in the order of the calls, before other content', () => {
    const [model, user] = turns([
      {
        role: 'assistant',
        content: '',
        tool_calls: [call('1', 'f', '{"a":[1]}'), call('2', 'g'), call('3', 'f', '')],
      },
      { role: 'tool', tool_call_id: '3', content: 'third' },
      { role: 'system', content: 'Hurry.' },
      { role: 'tool', tool_call_id: '1', content: 'first' },
      { role: 'tool', tool_call_id: '2', content: [{ type: 'text', text: 'second' }] },
      { role: 'user', content: 'And?' },
    ]);
    expect(model).toEqual({
      role: 'model',
      parts: [
        { functionCall: { name: 'f', args: { a: [1] }, id: '1' } },
        { functionCall: { name: 'g', args: {}, id: '2' } },
        { functionCall: { name: 'f', args: {}, id: '3' } },
      ],
    });
    expect(user).toEqual({
      role: 'user',
      parts: [
        response('1', 'f', { output: 'first' }),
        response('2', 'g', { output: 'second' }),
        response('3', 'f', { output: 'third' }),
        { text: '<system>\nHurry.\n</system>' },
        { text: 'And?' },
      ],
    });
  });

  it.each<[string, Json, JsonObject]>([
    ['text', 'sunny', { output: 'sunny' }],
    ['nothing', '', { output: '' }],
    ['null', null, { output: '' }],
    ['a JSON object', '{"t": 20, "at": [1, 2]}', { output: { t: 20, at: [1, 2] } }],
    [
      'numbers that JavaScript cannot hold',
      '{"id": 12345678901234567890}',
      { output: '{"id": 12345678901234567890}' },
    ],
    ['text that begins as JSON', '{not json', { output: '{not json' }],
    ['a number', '42', { output: '42' }],
    [
      'several texts',
      [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
      { output: ['a', 'b'] },
    ],
  ])('a result of %s', (_, content, expected) => {
    const [, user] = turns([
      { role: 'assistant', tool_calls: [call('1', 'f')] },
      { role: 'tool', tool_call_id: '1', content },
    ]);
    expect(asObject(user)?.parts).toEqual([response('1', 'f', expected)]);
  });

  it('marks a failure', () => {
    const [, user] = turns([
      { role: 'assistant', tool_calls: [call('1', 'f')] },
      { role: 'tool', tool_call_id: '1', content: 'no such city', is_error: true },
    ]);
    expect(asObject(user)?.parts).toEqual([response('1', 'f', { error: 'no such city' })]);
  });

  const withMedia: JsonObject[] = [
    { role: 'assistant', tool_calls: [call('1', 'f'), call('2', 'f')] },
    {
      role: 'tool',
      tool_call_id: '1',
      content: [
        { type: 'text', text: 'seen' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        { type: 'image_url', image_url: { url: 'https://e.org/a.png' } },
      ],
    },
    { role: 'tool', tool_call_id: '2', content: 'none' },
  ];
  const inline = { inlineData: { mimeType: 'image/png', data: 'AAAA' } };
  const byUrl = { fileData: { mimeType: 'image/png', fileUri: 'https://e.org/a.png' } };

  it('puts media inside the response for Gemini 3, unless it is by address', () => {
    const [, user] = turns(withMedia, 'gemini-3-flash-preview');
    expect(asObject(user)?.parts).toEqual([
      { functionResponse: { name: 'f', response: { output: 'seen' }, id: '1', parts: [inline] } },
      response('2', 'f', { output: 'none' }),
      byUrl,
    ]);
  });

  it('puts media behind all responses for older models', () => {
    const [, user] = turns(withMedia, 'gemini-2.5-flash');
    expect(asObject(user)?.parts).toEqual([
      response('1', 'f', { output: 'seen' }),
      response('2', 'f', { output: 'none' }),
      inline,
      byUrl,
    ]);
  });

  it('finds the call of a result without an id, and by name when the call is gone', () => {
    const [, user] = turns([
      { role: 'assistant', tool_calls: [call('', 'f'), call('', 'g')] },
      { role: 'tool', name: 'g', content: 'G' },
      { role: 'tool', content: 'F' },
      { role: 'tool', tool_call_id: 'gone', name: 'h', content: 'H' },
    ]);
    expect(asObject(user)?.parts).toEqual([
      { functionResponse: { name: 'f', response: { output: 'F' } } },
      { functionResponse: { name: 'g', response: { output: 'G' } } },
      response('gone', 'h', { output: 'H' }),
    ]);
    expect(() => turns([{ role: 'tool', tool_call_id: 'x', content: '' }])).toThrow(
      expect.objectContaining({ code: 'invalid_value', param: 'messages[1].tool_call_id' }),
    );
  });

  it('keeps arguments that are no JSON object', () => {
    const [model] = turns([{ role: 'assistant', tool_calls: [call('1', 'f', '{"cut')] }]);
    expect(asObject(asArray(asObject(model)?.parts)[0])?.functionCall).toMatchObject({
      args: { invalid_json: '{"cut' },
    });
  });
});
