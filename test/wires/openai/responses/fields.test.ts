import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/lib/json.ts';
import { REQUEST, read, refusal } from './support.ts';

/** What is asked beside model and messages. */
function fields(body: JsonObject): JsonObject {
  const { model, messages, ...rest } = read(body).chat;
  expect(model).toBe(REQUEST.model);
  expect(messages).toHaveLength(1);
  return rest;
}

describe('fields', () => {
  test.each<[string, JsonObject, JsonObject]>([
    ['the limit of tokens', { max_output_tokens: 99 }, { max_completion_tokens: 99 }],
    ['the effort', { reasoning: { effort: 'low', summary: 'auto' } }, { reasoning_effort: 'low' }],
    [
      'a budget, which others know',
      { reasoning: { effort: 'low', max_tokens: 2000 } },
      { reasoning: { effort: 'low', max_tokens: 2000 } },
    ],
    ['the verbosity', { text: { verbosity: 'low' } }, { verbosity: 'low' }],
    ['plain text', { text: { format: { type: 'text' } } }, {}],
    ['JSON', { text: { format: { type: 'json_object' } } }, { response_format: { type: 'json_object' } }],
    [
      'a schema',
      { text: { format: { type: 'json_schema', name: 'a', strict: true, schema: { type: 'object' } } } },
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'a', strict: true, schema: { type: 'object' } },
        },
      },
    ],
    ['log probabilities', { include: ['message.output_text.logprobs'] }, { logprobs: true }],
    ['those of others too', { top_logprobs: 3 }, { logprobs: true, top_logprobs: 3 }],
    ['none of them', { top_logprobs: 0 }, {}],
    [
      'what both have',
      {
        temperature: 0.2,
        top_p: 0.5,
        user: 'u',
        safety_identifier: 's',
        prompt_cache_key: 'k',
        service_tier: 'flex',
        stream: true,
      },
      {
        temperature: 0.2,
        top_p: 0.5,
        user: 'u',
        safety_identifier: 's',
        prompt_cache_key: 'k',
        service_tier: 'flex',
        stream: true,
      },
    ],
    [
      "the gateway's own",
      {
        models: ['b'],
        provider: { only: ['x'] },
        policy: 'p',
        workflow: 'w',
        midstream: 'error',
        session_id: 's',
        require_parameters: true,
      },
      {
        models: ['b'],
        provider: { only: ['x'] },
        policy: 'p',
        workflow: 'w',
        midstream: 'error',
        session_id: 's',
        require_parameters: true,
      },
    ],
    ['what hosts know', { seed: 4, stop: ['x'], top_k: 5 }, { seed: 4, stop: ['x'], top_k: 5 }],
    [
      'what is null',
      { temperature: null, tools: null, text: null, reasoning: null, prompt: null, max_output_tokens: null },
      {},
    ],
    [
      'what happens anyway',
      { store: false, background: false, truncation: 'disabled', n: 1, metadata: { a: 'b' } },
      {},
    ],
  ])('%s', (_, body, expected) => {
    expect(fields(body)).toEqual(expected);
    expect(read(body).dropped).toEqual([]);
  });

  test.each<[JsonObject, string]>([
    [{ truncation: 'auto' }, 'truncation'],
    [{ max_tool_calls: 3 }, 'max_tool_calls'],
    [{ reasoning: { summary: 'detailed' } }, 'reasoning.summary'],
    [{ reasoning: { context: 'all_turns' } }, 'reasoning.context'],
    [
      { include: ['web_search_call.results', 'reasoning.encrypted_content'] },
      'include.web_search_call.results',
    ],
    [{ stream_options: { include_obfuscation: true } }, 'stream_options.include_obfuscation'],
    [
      {
        input: [
          { role: 'user', content: 'x' },
          { role: 'assistant', content: 'y', phase: 'commentary' },
        ],
      },
      'input.phase',
    ],
  ])('%o is left out, and said', (body, name) => {
    expect(read(body).dropped).toEqual([name]);
  });

  test.each<[JsonObject, string, string]>([
    [{ messages: [] }, 'unsupported_parameter', 'messages'],
    [{ max_tokens: 5 }, 'unsupported_parameter', 'max_tokens'],
    [{ response_format: { type: 'text' } }, 'unsupported_parameter', 'response_format'],
    [{ conversation: 'conv_1' }, 'unsupported_parameter', 'conversation'],
    [{ prompt: { id: 'pmpt_1' } }, 'unsupported_parameter', 'prompt'],
    [{ context_management: [{ type: 'compaction' }] }, 'unsupported_parameter', 'context_management'],
    [{ n: 2 }, 'unsupported_parameter', 'n'],
    [{ reasoning: { depth: 3 } }, 'unsupported_parameter', 'reasoning.depth'],
    [{ stream_options: { 'x\ny': true } }, 'unsupported_parameter', 'stream_options.x\ny'],
    [{ reasoning: { mode: 'pro' } }, 'unsupported_parameter', 'reasoning.mode'],
    [{ reasoning: 'low' }, 'invalid_type', 'reasoning'],
    [{ text: { tone: 'kind' } }, 'unsupported_parameter', 'text.tone'],
    [{ text: { format: { type: 'grammar' } } }, 'invalid_value', 'text.format.type'],
    [{ text: { format: {} } }, 'invalid_value', 'text.format.type'],
    [{ text: { format: { type: 'json_schema', name: 'a' } } }, 'missing_parameter', 'text.format.schema'],
    [
      { text: { format: { type: 'json_schema', name: 'a', schema: 'nope' } } },
      'invalid_type',
      'text.format.schema',
    ],
    [{ text: { format: { type: 'json_schema', schema: {} } } }, 'missing_parameter', 'text.format.name'],
    [{ text: { format: { type: 'json_schema', name: 1, schema: {} } } }, 'invalid_type', 'text.format.name'],
    [{ include: ['everything'] }, 'invalid_value', 'include[0]'],
    [{ include: 'everything' }, 'invalid_type', 'include'],
    [{ max_output_tokens: 0 }, 'invalid_value', 'max_output_tokens'],
    [{ max_output_tokens: 1.5 }, 'invalid_type', 'max_output_tokens'],
  ])('%o is refused', (body, code, param) => {
    expect(refusal(body)).toEqual([code, param]);
  });
});

describe('tools', () => {
  const parameters = { type: 'object', properties: {} };
  const look = { type: 'function', name: 'look', description: 'Looks', parameters, strict: true };
  const LOOK = {
    type: 'function',
    function: { name: 'look', description: 'Looks', parameters, strict: true },
  };

  test('functions', () => {
    const bare = { type: 'function', name: 'go', description: null, parameters: null, strict: null };
    expect(fields({ tools: [{ ...look, cache_control: { type: 'ephemeral' } }, bare] })).toEqual({
      tools: [
        { ...LOOK, cache_control: { type: 'ephemeral' } },
        { type: 'function', function: { name: 'go' } },
      ],
    });
  });

  test('custom tools', () => {
    const format = { type: 'grammar', syntax: 'lark', definition: 'start: "a"' };
    const grammar = { syntax: 'lark', definition: 'start: "a"' };
    const tools = [
      { type: 'custom', name: 'a', description: 'A', format },
      { type: 'custom', name: 'b', format: { type: 'text' } },
    ];
    expect(fields({ tools })).toEqual({
      tools: [
        { type: 'custom', custom: { name: 'a', description: 'A', format: { type: 'grammar', grammar } } },
        { type: 'custom', custom: { name: 'b', format: { type: 'text' } } },
      ],
    });
  });

  test.each([
    ['auto', 'auto'],
    ['none', 'none'],
    ['required', 'required'],
    [
      { type: 'function', name: 'look' },
      { type: 'function', function: { name: 'look' } },
    ],
    [
      { type: 'custom', name: 'sql' },
      { type: 'custom', custom: { name: 'sql' } },
    ],
    [
      { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'look' }] },
      {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'look' } }] },
      },
    ],
  ])('the choice %o', (given, expected) => {
    expect(fields({ tools: [look], tool_choice: given, parallel_tool_calls: false })).toEqual({
      tools: [LOOK],
      tool_choice: expected,
      parallel_tool_calls: false,
    });
  });

  test('without tools what would happen anyway is not said, and what cannot happen is the provider’s to refuse', () => {
    expect(fields({ tools: [], tool_choice: 'auto', parallel_tool_calls: true })).toEqual({});
    expect(fields({ tool_choice: 'required' })).toEqual({ tool_choice: 'required' });
  });

  const HOSTED = [
    'web_search',
    'web_search_preview',
    'file_search',
    'code_interpreter',
    'computer',
    'computer_use_preview',
    'image_generation',
    'mcp',
    'local_shell',
    'shell',
    'apply_patch',
    'tool_search',
    'namespace',
  ];
  test.each(HOSTED)('%s is refused by name', (type) => {
    expect(refusal({ tools: [look, { type }] })).toEqual(['unsupported_parameter', 'tools[1]']);
    expect(refusal({ tools: [look], tool_choice: { type } })).toEqual([
      'unsupported_parameter',
      'tool_choice',
    ]);
  });

  test.each<[JsonObject, string, string]>([
    [{ tools: [{ ...look, defer_loading: true }] }, 'unsupported_parameter', 'tools[0].defer_loading'],
    [
      { tools: [{ ...look, allowed_callers: ['programmatic'] }] },
      'unsupported_parameter',
      'tools[0].allowed_callers',
    ],
    [{ tools: [{ type: 'function' }] }, 'missing_parameter', 'tools[0].name'],
    [{ tools: [{ name: 'look' }] }, 'missing_parameter', 'tools[0].type'],
    [{ tools: ['look'] }, 'invalid_type', 'tools[0]'],
    [{ tools: {} }, 'invalid_type', 'tools'],
    [{ tool_choice: 'any' }, 'invalid_value', 'tool_choice'],
    [{ tool_choice: { type: 'function' } }, 'missing_parameter', 'tool_choice.name'],
  ])('%o is refused', (body, code, param) => {
    expect(refusal(body)).toEqual([code, param]);
  });
});
