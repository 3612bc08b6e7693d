import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../../src/errors.ts';
import type { Json, JsonObject } from '../../../../src/lib/json.ts';
import { withHeaders } from '../../../../src/wires/anthropic/surface/headers.ts';
import { countedMessages, messages } from '../../../../src/wires/anthropic/surface/index.ts';
import { read, readAll, roundTrip } from './support.ts';

const HI = { role: 'user', content: 'Hi' };
const CACHE = { type: 'ephemeral', ttl: '1h' };
const user = (...content: JsonObject[]): JsonObject => ({ messages: [{ role: 'user', content }] });

describe('parameters', () => {
  const cases: [name: string, given: JsonObject, chat: JsonObject][] = [
    ['max_tokens', { max_tokens: 7 }, { max_completion_tokens: 7 }],
    ['stop_sequences', { stop_sequences: ['a', 'b'] }, { stop: ['a', 'b'] }],
    ['sampling', { temperature: 0.3, top_p: 0.9, top_k: 5 }, { temperature: 0.3, top_p: 0.9, top_k: 5 }],
    ['metadata.user_id', { metadata: { user_id: 'u1' } }, { user: 'u1' }],
    ['service_tier standard_only', { service_tier: 'standard_only' }, { service_tier: 'default' }],
    ['stream', { stream: true }, { stream: true }],
    ['cache_control', { cache_control: CACHE }, { cache_control: CACHE }],
    [
      'context_management',
      { context_management: { edits: [{ type: 'clear_thinking_20251015' }] } },
      { context_management: { edits: [{ type: 'clear_thinking_20251015' }] } },
    ],
    [
      'thinking with a budget',
      { thinking: { type: 'enabled', budget_tokens: 2048 } },
      { reasoning: { max_tokens: 2048 } },
    ],
    ['thinking off', { thinking: { type: 'disabled' } }, { reasoning: { enabled: false } }],
    ['adaptive thinking', { thinking: { type: 'adaptive' } }, { reasoning: { enabled: true } }],
    [
      'adaptive thinking, unseen',
      { thinking: { type: 'adaptive', display: 'omitted' } },
      { reasoning: { enabled: true, exclude: true } },
    ],
    [
      'adaptive thinking with an effort',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
      { reasoning: { effort: 'high' } },
    ],
    [
      'a budget and an effort',
      { thinking: { type: 'enabled', budget_tokens: 2048 }, output_config: { effort: 'low' } },
      { reasoning: { max_tokens: 2048 }, output_config: { effort: 'low' } },
    ],
    ['an effort alone', { output_config: { effort: 'low' } }, { output_config: { effort: 'low' } }],
    [
      'thinking of a kind of its own',
      { thinking: { type: 'between_tools' } },
      { thinking: { type: 'between_tools' } },
    ],
    [
      'a format',
      { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } },
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'answer', strict: true, schema: { type: 'object' } },
        },
      },
    ],
    ['system as text', { system: 'Be brief.' }, { messages: [{ role: 'system', content: 'Be brief.' }, HI] }],
    [
      'system as blocks',
      { system: [{ type: 'text', text: 'Be brief.', cache_control: CACHE }] },
      {
        messages: [
          { role: 'system', content: [{ type: 'text', text: 'Be brief.', cache_control: CACHE }] },
          HI,
        ],
      },
    ],
    ['no system', { system: [] }, {}],
  ];

  test.each(cases)('%s', (_name, given, chat) => {
    expect(read(given)).toEqual({ model: 'm', max_completion_tokens: 100, messages: [HI], ...chat });
  });

  test('what says nothing leaves nothing', () => {
    expect(
      read({ service_tier: 'auto', stop_sequences: [], tools: [], metadata: {}, thinking: null }),
    ).toEqual({
      model: 'm',
      max_completion_tokens: 100,
      messages: [HI],
    });
  });

  test("the gateway's own members travel", () => {
    const own: JsonObject = {
      models: ['a'],
      provider: { order: ['x'] },
      require_parameters: true,
      policy: 'p',
      workflow: 'w',
      session_id: 's',
      midstream: ['error'],
      max_wake_ms: 5,
      cache: {},
    };
    expect(read(own)).toMatchObject(own);
  });

  test('what has no effect on the answer is dropped by name', () => {
    const { chat, dropped } = readAll({
      diagnostics: {},
      tools: [{ name: 't', input_schema: {}, eager_input_streaming: true }],
      messages: [
        { role: 'user', content: 'Hi' },
        {
          role: 'assistant',
          content: [{ type: 'text', text: 'Hello', citations: [{ type: 'page_location' }] }],
        },
        { role: 'user', content: 'Go on' },
      ],
    });
    expect(dropped).toEqual(['diagnostics', 'messages.content.citations', 'tools.eager_input_streaming']);
    expect(chat).not.toHaveProperty('diagnostics');
  });

  test('to count tokens, no limit is needed', () => {
    expect(countedMessages.read({ model: 'm', messages: [HI] }).chat).toEqual({ model: 'm', messages: [HI] });
  });
});

describe('content', () => {
  const parts: [name: string, block: JsonObject, part: Json][] = [
    ['a text', { type: 'text', text: 'Hi' }, 'Hi'],
    [
      'a text that is cached',
      { type: 'text', text: 'Hi', cache_control: CACHE },
      [{ type: 'text', text: 'Hi', cache_control: CACHE }],
    ],
    [
      'an image as data',
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBO' } },
      [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } }],
    ],
    [
      'an image by address',
      { type: 'image', source: { type: 'url', url: 'https://a.example/x.png' }, cache_control: CACHE },
      [{ type: 'image_url', image_url: { url: 'https://a.example/x.png' }, cache_control: CACHE }],
    ],
    [
      'a PDF',
      {
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
        title: 'a.pdf',
      },
      [{ type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'a.pdf' } }],
    ],
    [
      'a PDF by address',
      { type: 'document', source: { type: 'url', url: 'https://a.example/x.pdf' } },
      [{ type: 'file', file: { file_data: 'https://a.example/x.pdf' } }],
    ],
    [
      'a text document',
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Zürich' } },
      // Base64 of the UTF-8 bytes 5a c3 bc 72 69 63 68.
      [{ type: 'file', file: { file_data: 'data:text/plain;base64,WsO8cmljaA==' } }],
    ],
  ];

  test.each(parts)('%s', (_name, block, part) => {
    expect(read(user(block)).messages).toEqual([{ role: 'user', content: part }]);
  });

  const sentOn: [name: string, block: JsonObject][] = [
    [
      'a document to be cited',
      {
        type: 'document',
        source: { type: 'text', media_type: 'text/plain', data: 'x' },
        citations: { enabled: true },
      },
    ],
    ['a file of the provider', { type: 'image', source: { type: 'file', file_id: 'file_1' } }],
    ['a search result', { type: 'search_result', source: 's', title: 't', content: [] }],
  ];

  test.each(sentOn)('%s goes to whoever knows it, as it is', (_name, block) => {
    expect(read(user(block)).messages).toEqual([{ role: 'user', content: [block] }]);
  });

  test('results of tools stand in front, with errors and images', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBO' } };
    const { messages: said } = read(
      user(
        { type: 'text', text: 'And now?' },
        { type: 'tool_result', tool_use_id: 'a', content: 'No such file', is_error: true },
        {
          type: 'tool_result',
          tool_use_id: 'b',
          content: [{ type: 'text', text: 'See' }, image],
          cache_control: CACHE,
        },
        { type: 'tool_result', tool_use_id: 'c' },
      ),
    );
    expect(said).toEqual([
      { role: 'tool', tool_call_id: 'a', content: 'No such file', is_error: true },
      {
        role: 'tool',
        tool_call_id: 'b',
        content: [
          { type: 'text', text: 'See' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } },
        ],
        cache_control: CACHE,
      },
      { role: 'tool', tool_call_id: 'c', content: '' },
      { role: 'user', content: 'And now?' },
    ]);
  });

  test('an answer with thinking, text and calls', () => {
    const said = read({
      messages: [
        HI,
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm.', signature: 'sig' },
            { type: 'redacted_thinking', data: 'Eo==' },
            { type: 'text', text: 'Let me see.' },
            { type: 'tool_use', id: 'call_1', name: 'look', input: { at: 1 } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: '2' }] },
        { role: 'system', content: 'Hurry.' },
      ],
    }).messages;
    expect(said.slice(1)).toEqual([
      {
        role: 'assistant',
        content: 'Let me see.',
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } }],
        reasoning_details: [
          { type: 'reasoning.text', text: 'Hm.', signature: 'sig', format: 'anthropic-claude-v1', index: 0 },
          { type: 'reasoning.encrypted', data: 'Eo==', format: 'anthropic-claude-v1', index: 1 },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: '2' },
      { role: 'system', content: 'Hurry.' },
    ]);
  });

  test('everything that can be cached comes out where it was', () => {
    const sent = {
      model: 'claude-sonnet-4-5',
      max_tokens: 10,
      cache_control: CACHE,
      system: [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b', cache_control: CACHE },
      ],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'c', cache_control: CACHE }] },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'd' },
            { type: 'tool_use', id: 'x', name: 't', input: {}, cache_control: CACHE },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'x', content: 'e', cache_control: CACHE },
            { type: 'text', text: 'f', cache_control: CACHE },
          ],
        },
      ],
      tools: [{ name: 't', input_schema: { type: 'object' }, cache_control: CACHE }],
    };
    expect(roundTrip(sent)).toEqual({ body: sent, dropped: [] });
  });
});

describe('tools', () => {
  const schema = { type: 'object', properties: {} };

  test('definitions', () => {
    const bash = { type: 'bash_20250124', name: 'bash' };
    const given = [{ name: 't', description: 'd', input_schema: schema, strict: true }, bash];
    expect(read({ tools: given }).tools).toEqual([
      { type: 'function', function: { name: 't', description: 'd', parameters: schema, strict: true } },
      bash,
    ]);
  });

  const choices: [given: JsonObject, chat: JsonObject][] = [
    [{ type: 'auto' }, { tool_choice: 'auto' }],
    [{ type: 'none' }, { tool_choice: 'none' }],
    [{ type: 'any' }, { tool_choice: 'required' }],
    [{ type: 'tool', name: 't' }, { tool_choice: { type: 'function', function: { name: 't' } } }],
    [
      { type: 'auto', disable_parallel_tool_use: true },
      { tool_choice: 'auto', parallel_tool_calls: false },
    ],
  ];

  test.each(choices)('the choice %j', (given, chat) => {
    const { tool_choice, parallel_tool_calls } = read({
      tools: [{ name: 't', input_schema: schema }],
      tool_choice: given,
    });
    expect({ tool_choice, parallel_tool_calls }).toEqual({ parallel_tool_calls: undefined, ...chat });
  });
});

describe('refusals', () => {
  const assistant = (block: JsonObject): JsonObject => ({
    messages: [HI, { role: 'assistant', content: [block] }],
  });
  const cases: [code: string, param: string, given: JsonObject][] = [
    ['missing_parameter', 'max_tokens', { max_tokens: null }],
    ['invalid_value', 'max_tokens', { max_tokens: 0 }],
    ['invalid_type', 'max_tokens', { max_tokens: '5' }],
    ['missing_parameter', 'messages', { messages: null }],
    ['invalid_value', 'messages', { messages: [] }],
    ['invalid_value', 'messages[0].role', { messages: [{ role: 'tool', content: 'x' }] }],
    ['missing_parameter', 'messages[0].content', { messages: [{ role: 'user' }] }],
    ['unsupported_parameter', 'messages[0].content[0]', user({ type: 'hologram' })],
    ['unsupported_parameter', 'messages[1].content[0]', assistant({ type: 'server_tool_use', id: 'a' })],
    ['missing_parameter', 'messages[0].content[0].tool_use_id', user({ type: 'tool_result' })],
    ['missing_parameter', 'messages[1].content[0].name', assistant({ type: 'tool_use', id: 'a' })],
    [
      'unsupported_parameter',
      'tools[0].type',
      { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
    ],
    ['missing_parameter', 'tools[0].input_schema', { tools: [{ name: 't' }] }],
    [
      'unsupported_parameter',
      'tools[0].defer_loading',
      { tools: [{ name: 't', input_schema: {}, defer_loading: true }] },
    ],
    ['invalid_value', 'tool_choice.type', { tool_choice: { type: 'some' } }],
    ['missing_parameter', 'thinking.budget_tokens', { thinking: { type: 'enabled' } }],
    ['invalid_value', 'output_config.format', { output_config: { format: { type: 'xml' } } }],
    [
      'missing_parameter',
      'output_config.format.schema',
      { output_config: { format: { type: 'json_schema' } } },
    ],
    [
      'invalid_type',
      'output_config.format.schema',
      { output_config: { format: { type: 'json_schema', schema: 'nope' } } },
    ],
    ['invalid_value', 'service_tier', { service_tier: 'flex' }],
    ['unsupported_parameter', 'metadata.team', { metadata: { team: 'x' } }],
    ['unsupported_parameter', 'mcp_servers', { mcp_servers: [{}] }],
    ['unsupported_parameter', 'n', { n: 2 }],
    [
      'unsupported_parameter',
      'context_management.edits[0]',
      { context_management: { edits: [{ type: 'compact_20260112' }] } },
    ],
  ];

  test.each(cases)('%s %s', (code, param, given) => {
    const thrown = caught(() => read(given));
    expect(thrown).toMatchObject({ code, param });
  });

  test('errors in the words of the API', () => {
    const told = (code: ConstructorParameters<typeof GatewayError>[0], details = {}) =>
      messages.error(new GatewayError(code, { message: 'm', ...details }).envelope('req_1').error);
    expect(told('invalid_value', { param: 'max_tokens' })).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message: 'm', code: 'invalid_value', param: 'max_tokens' },
      request_id: 'req_1',
    });
    expect(told('context_length_exceeded').error).toMatchObject({
      type: 'invalid_request_error',
      message: 'prompt is too long: m',
    });
    const types = (
      [
        'invalid_api_key',
        'insufficient_credits',
        'permission_denied',
        'budget_exceeded',
        'model_not_found',
        'request_too_large',
        'rate_limit_exceeded',
        'upstream_rate_limited',
        'internal_error',
        'upstream_error',
        'limits_unavailable',
        'upstream_overloaded',
        'upstream_timeout',
        'conflict',
      ] as const
    ).map((code) => (told(code).error as JsonObject).type);
    expect(types).toEqual([
      'authentication_error',
      'billing_error',
      'permission_error',
      'billing_error',
      'not_found_error',
      'request_too_large',
      'rate_limit_error',
      'rate_limit_error',
      'api_error',
      'api_error',
      'api_error',
      'overloaded_error',
      'timeout_error',
      'conflict_error',
    ]);
  });
});

describe('headers', () => {
  const from = (headers: Record<string, string>, body: JsonObject = {}) =>
    withHeaders(body, (name) => headers[name]);

  test('flags of beta features', () => {
    expect(from({ 'anthropic-beta': 'a-1, b-2,' })).toEqual({ betas: ['a-1', 'b-2'] });
    expect(from({ 'anthropic-beta': '' })).toEqual({});
  });

  test("the client's session, unless it names one to the gateway", () => {
    const session = { 'x-claude-code-session-id': 's1' };
    expect(from(session)).toEqual({ session_id: 's1' });
    expect(from(session, { session_id: 's2' })).toEqual({ session_id: 's2' });
    expect(from({ ...session, 'x-session-id': 's3' })).toEqual({});
  });
});

function caught(run: () => unknown): unknown {
  try {
    return run();
  } catch (thrown) {
    return thrown;
  }
}
