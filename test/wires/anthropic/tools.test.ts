import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/lib/json.ts';
import { isNativeSchema } from '../../../src/wires/anthropic/schema.ts';
import { encode, list, target } from './support.ts';

const SCHEMA: JsonObject = {
  $defs: { city: { type: 'string', minLength: 1, examples: ['Köln'] } },
  type: 'object',
  properties: { city: { $ref: '#/$defs/city' }, days: { type: ['integer', 'null'], default: null } },
  required: ['city'],
  additionalProperties: false,
  'x-unknown': { kept: true },
};

const tool = (name: string, more: JsonObject = {}): JsonObject => ({
  type: 'function',
  function: { name, parameters: SCHEMA, ...more },
});
const STRICT: JsonObject = {
  type: 'object',
  properties: { a: { type: 'string' } },
  required: ['a'],
  additionalProperties: false,
};
const HAIKU = target('claude-haiku-4-5');

describe('tools', () => {
  test('the schema is not touched', () => {
    const { body, dropped } = encode({ tools: [tool('f', { description: 'D' })] });
    expect(body.tools).toEqual([{ name: 'f', description: 'D', input_schema: SCHEMA }]);
    expect(body).not.toHaveProperty('tool_choice');
    expect(dropped).toEqual([]);
  });

  test('but for its type, where it does not say that it is of an object', () => {
    const parameters = { properties: { city: { type: 'string' } } };
    const { body } = encode({ tools: [tool('f', { parameters }), tool('g', { parameters: {} })] });
    expect(body.tools).toEqual([
      { name: 'f', input_schema: { type: 'object', ...parameters } },
      { name: 'g', input_schema: { type: 'object' } },
    ]);
  });

  test('a function without parameters, cache marks, and tools of the API itself', () => {
    const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 5 };
    const own = { type: 'custom', name: 'c', input_schema: { type: 'object' } };
    const { body } = encode({
      tools: [
        { type: 'function', function: { name: 'f' }, cache_control: { type: 'ephemeral' } },
        { type: 'function', function: { name: 'g', cache_control: { type: 'ephemeral', ttl: '1h' } } },
        search,
        own,
      ],
    });
    const empty = { type: 'object', properties: {} };
    expect(body.tools).toEqual([
      { name: 'f', input_schema: empty, cache_control: { type: 'ephemeral' } },
      { name: 'g', input_schema: empty, cache_control: { type: 'ephemeral', ttl: '1h' } },
      search,
      own,
    ]);
  });

  test.each<[string, string, JsonObject, boolean | undefined, boolean | undefined, string[]]>([
    ['strict', 'claude-haiku-4-5', STRICT, undefined, true, []],
    ['a schema beyond strict', 'claude-haiku-4-5', SCHEMA, undefined, undefined, ['tools.function.strict']],
    ['an older model', 'claude-sonnet-4-0', STRICT, undefined, undefined, ['tools.function.strict']],
    ['an endpoint without it', 'claude-haiku-4-5', STRICT, false, undefined, ['tools.function.strict']],
  ])('%s', (_, model, parameters, structuredOutput, strict, dropped) => {
    const capabilities = structuredOutput === undefined ? {} : { structuredOutput };
    const got = encode({ tools: [tool('f', { strict: true, parameters })] }, target(model, { capabilities }));
    expect(list(got.body.tools)[0]?.strict).toBe(strict);
    expect(list(got.body.tools)[0]?.input_schema).toEqual(parameters);
    expect(got.dropped).toEqual(dropped);
  });

  test.each<[string, JsonObject, Json | undefined]>([
    ['auto', { tool_choice: 'auto' }, { type: 'auto' }],
    ['none', { tool_choice: 'none' }, { type: 'none' }],
    ['required', { tool_choice: 'required' }, { type: 'any' }],
    ['named', { tool_choice: { type: 'function', function: { name: 'f' } } }, { type: 'tool', name: 'f' }],
    ["the API's own", { tool_choice: { type: 'tool', name: 'g' } }, { type: 'tool', name: 'g' }],
    ['one at a time', { parallel_tool_calls: false }, { type: 'auto', disable_parallel_tool_use: true }],
    [
      'one at a time, required',
      { parallel_tool_calls: false, tool_choice: 'required' },
      { type: 'any', disable_parallel_tool_use: true },
    ],
    ['one at a time, none', { parallel_tool_calls: false, tool_choice: 'none' }, { type: 'none' }],
    ['parallel is the default', { parallel_tool_calls: true }, undefined],
  ])('choice: %s', (_, body, expected) => {
    const got = encode({ tools: [tool('f'), tool('g')], ...body }, HAIKU);
    expect(got.body.tool_choice).toEqual(expected);
    expect(got.dropped).toEqual([]);
  });

  test('a choice among allowed tools', () => {
    const { body } = encode({
      tools: [tool('f'), tool('g'), tool('h')],
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'g' } }] },
      },
    });
    expect(list(body.tools).map((entry) => entry.name)).toEqual(['g']);
    expect(body.tool_choice).toEqual({ type: 'any' });
  });

  test('without tools a choice that forces nothing says nothing', () => {
    expect(encode({ tool_choice: 'auto', parallel_tool_calls: false }).body).not.toHaveProperty(
      'tool_choice',
    );
    expect(encode({ tool_choice: 'required' }).body.tool_choice).toEqual({ type: 'any' });
  });

  test.each([
    ['thinking with a budget', 'claude-haiku-4-5', { reasoning_effort: 'low' }, true],
    ['thinking as the model likes', 'claude-opus-4-7', { reasoning_effort: 'low' }, false],
    ['a model that cannot be forced', 'claude-opus-5-5', {}, true],
  ])('forcing a tool and %s', (_, model, more, gives) => {
    const got = encode({ tools: [tool('f')], tool_choice: 'required', ...more }, target(model));
    expect(got.body.tool_choice).toEqual({ type: gives ? 'auto' : 'any' });
    expect(got.dropped).toEqual(gives ? ['tool_choice'] : []);
  });

  test('the older dialect: one call at a time', () => {
    const functions = [{ name: 'f', description: 'D', parameters: SCHEMA }];
    const { body } = encode({ functions, function_call: { name: 'f' } });
    expect(body.tools).toEqual([{ name: 'f', description: 'D', input_schema: SCHEMA }]);
    expect(body.tool_choice).toEqual({ type: 'tool', name: 'f', disable_parallel_tool_use: true });
    expect(encode({ functions }).body.tool_choice).toEqual({ type: 'auto', disable_parallel_tool_use: true });
    expect(encode({ functions, function_call: 'none' }).body.tool_choice).toEqual({ type: 'none' });
  });

  test.each<[JsonObject, string, string]>([
    [{ tools: [{ type: 'custom', custom: { name: 'x' } }] }, 'unsupported_parameter', 'tools[0]'],
    [{ tools: ['f'] }, 'invalid_value', 'tools[0]'],
    [{ tools: [{ type: 'function', function: {} }] }, 'invalid_value', 'tools[0].function.name'],
    [{ tools: [tool('f')], tool_choice: 'maybe' }, 'invalid_value', 'tool_choice'],
  ])('%j is refused', (body, code, param) => {
    expect(() => encode(body)).toThrow(expect.objectContaining({ code, param }));
  });
});

describe('structured output', () => {
  const format = (schema: JsonObject, more: JsonObject = {}): JsonObject => ({
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, ...more } },
  });
  const NONE = target('claude-haiku-4-5', { capabilities: { structuredOutput: false } });
  const OPEN: JsonObject = { type: 'object', properties: { a: { type: 'number', minimum: 0 } } };
  const answerTool = (schema: JsonObject) => ({
    name: 'structured_output',
    description: expect.stringMatching(/answer/),
    input_schema: schema,
  });

  test("by the API's own means", () => {
    const { body, dropped } = encode({ ...format(STRICT, { strict: true }), tools: [tool('f')] }, HAIKU);
    expect(body.output_config).toEqual({ format: { type: 'json_schema', schema: STRICT } });
    expect(list(body.tools)).toHaveLength(1);
    expect(body).not.toHaveProperty('tool_choice');
    expect(dropped).toEqual([]);
  });

  test('beside an effort', () => {
    const { body } = encode({ ...format(STRICT), reasoning_effort: 'low' }, target('claude-opus-5-5'));
    expect(body.output_config).toEqual({ effort: 'low', format: { type: 'json_schema', schema: STRICT } });
  });

  test.each([
    ['an endpoint without it', NONE, STRICT],
    ['an older model', target('claude-sonnet-4-0'), STRICT],
    ['a schema that is not strict and beyond what the API enforces', HAIKU, OPEN],
  ])('by a forced tool: %s', (_, to, schema) => {
    const { body, dropped } = encode(format(schema), to);
    expect(body.tools).toEqual([answerTool(schema)]);
    expect(body.tool_choice).toEqual({
      type: 'tool',
      name: 'structured_output',
      disable_parallel_tool_use: true,
    });
    expect(body).not.toHaveProperty('output_config');
    expect(dropped).toEqual([]);
  });

  test('a strict schema is for the provider to judge, and so is one of a model that cannot be forced', () => {
    expect(encode(format(OPEN, { strict: true }), HAIKU).body).toHaveProperty('output_config');
    expect(encode(format(OPEN), target('claude-opus-5-5')).body).toHaveProperty('output_config');
  });

  test('with tools of the caller: any of them, or the answer', () => {
    const { body } = encode({ ...format(STRICT), tools: [tool('f'), tool('structured_output')] }, NONE);
    expect(list(body.tools).map((entry) => entry.name)).toEqual([
      'f',
      'structured_output',
      'structured_output_2',
    ]);
    expect(body.tool_choice).toEqual({ type: 'any' });
  });

  test('with tools that must not be called: the answer', () => {
    const { body } = encode({ ...format(STRICT), tools: [tool('f')], tool_choice: 'none' }, NONE);
    expect(body.tool_choice).toMatchObject({ type: 'tool', name: 'structured_output' });
  });

  test('with a tool that must be called: there is no answer to hold to a schema', () => {
    const { body } = encode({ ...format(STRICT), tools: [tool('f')], tool_choice: 'required' }, NONE);
    expect(list(body.tools).map((entry) => entry.name)).toEqual(['f']);
    expect(body.tool_choice).toEqual({ type: 'any' });
  });

  test('thinking with a budget gives way to the forced tool', () => {
    const got = encode({ ...format(STRICT), reasoning: { effort: 'high' } }, NONE);
    expect(got.body).not.toHaveProperty('thinking');
    expect(got.dropped).toEqual(['reasoning']);
    expect(() =>
      encode({ ...format(STRICT), thinking: { type: 'enabled', budget_tokens: 2000 } }, NONE),
    ).toThrow(expect.objectContaining({ code: 'unsupported_parameter', param: 'response_format' }));
  });

  test('neither is possible', () => {
    const to = target('claude-opus-5-5', { capabilities: { structuredOutput: false } });
    expect(() => encode(format(STRICT), to)).toThrow(
      expect.objectContaining({ code: 'unsupported_parameter', param: 'response_format' }),
    );
  });

  test.each([{ type: 'json_object' }, { type: 'json_schema', json_schema: { name: 'x' } }])(
    'any JSON object, by %j: the model is told, the caller too',
    (response_format) => {
      const { body, dropped } = encode({
        response_format,
        messages: [
          { role: 'system', content: 'S' },
          { role: 'user', content: 'Hi' },
        ],
      });
      expect(list(body.system).map((block) => block.text)).toEqual([
        'S',
        expect.stringMatching(/valid JSON object/),
      ]);
      expect(dropped).toEqual(['response_format']);
    },
  );

  test('the native format wins', () => {
    const native = { format: { type: 'json_schema', schema: { type: 'object' } } };
    const got = encode({ ...format(STRICT), output_config: native }, HAIKU);
    expect(got.body.output_config).toEqual(native);
    expect(got.dropped).toEqual(['response_format']);
  });

  test.each([
    { type: 'json_schema' },
    { type: 'json_schema', json_schema: { name: 'x', schema: 'nope' } },
    { type: 'grammar' },
  ])('%j is refused', (response_format) => {
    expect(() => encode({ response_format })).toThrow(
      expect.objectContaining({ code: 'invalid_value', param: 'response_format' }),
    );
  });
});

describe('schemas that the API enforces', () => {
  const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
    type: 'object',
    properties,
    additionalProperties: false,
    ...more,
  });

  test.each<[string, JsonObject, boolean]>([
    ['closed object', object({ a: { type: 'string', format: 'date' } }), true],
    ['open object', { type: 'object', properties: {} }, false],
    ['open object within', object({ a: { type: 'array', items: { type: 'object' } } }), false],
    ['map', object({ a: { type: 'object', additionalProperties: { type: 'string' } } }), false],
    ['a property called minimum', object({ minimum: { type: 'number' } }), true],
    ['minimum', object({ a: { type: 'number', minimum: 0 } }), false],
    ['minItems 1', object({ a: { type: 'array', minItems: 1, items: { type: 'string' } } }), true],
    ['minItems 2', object({ a: { type: 'array', minItems: 2 } }), false],
    ['anyOf', object({ a: { anyOf: [{ type: 'null' }, { type: 'string', maxLength: 3 }] } }), false],
    ['enum of objects', object({ a: { enum: [{}] } }), false],
    ['nullable enum', object({ a: { enum: ['x', null] } }), true],
    [
      'a reference used twice',
      object({ a: { $ref: '#/$defs/d' }, b: { $ref: '#/$defs/d' } }, { $defs: { d: { type: 'string' } } }),
      true,
    ],
    ['a reference elsewhere', object({ a: { $ref: 'https://example.com/s' } }), false],
    ['itself', object({ next: { $ref: '#' } }), false],
    [
      'a list of itself',
      object({ a: { $ref: '#/$defs/n' } }, { $defs: { n: object({ n: { $ref: '#/$defs/n' } }) } }),
      false,
    ],
  ])('%s', (_, schema, expected) => {
    expect(isNativeSchema(schema)).toBe(expected);
  });

  test('references upon references are followed once each', () => {
    // Followed every time they would be 2^28 steps.
    const $defs: JsonObject = { d0: { type: 'string' } };
    for (let n = 1; n <= 28; n++) {
      const earlier = { $ref: `#/$defs/d${n - 1}` };
      $defs[`d${n}`] = { anyOf: [earlier, earlier] };
    }
    expect(isNativeSchema(object({ a: { $ref: '#/$defs/d28' } }, { $defs }))).toBe(true);
  });

  test('a schema without bottom is not followed to it', () => {
    let deep: JsonObject = { type: 'string' };
    for (let n = 0; n < 5000; n++) deep = { anyOf: [deep] };
    expect(isNativeSchema(object({ a: deep }))).toBe(false);
  });
});
