import { describe, expect, test } from 'vitest';
import { asArray, asObject, type JsonObject } from '../../../src/lib/json.ts';
import { converseFault } from '../../support/node/converse-rules.ts';
import { encode, target, thrownBy } from './support.ts';

const HI = [{ role: 'user', content: 'Hi' }];
const SENT_HI = [{ role: 'user', content: [{ text: 'Hi' }] }];

describe('the address', () => {
  test('holds the model as AWS writes it', () => {
    expect(encode({ messages: HI }).path).toBe('/model/us.amazon.nova-micro-v1%3A0/converse');
    expect(encode({ messages: HI }, { stream: true }).path).toBe(
      '/model/us.amazon.nova-micro-v1%3A0/converse-stream',
    );
  });

  test('holds an ARN as one segment', () => {
    const to = { ...target(), upstreamModel: 'arn:aws:bedrock:us-east-1:1:inference-profile/x' };
    expect(encode({ messages: HI }, { to }).path).toBe(
      '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fx/converse',
    );
  });
});

test('a recorded request', () => {
  // pydantic-ai’s test_bedrock_model_stream sent the body below for this.
  const { body, dropped } = encode({
    messages: [
      { role: 'system', content: 'You are a helpful chatbot.' },
      { role: 'user', content: 'What is the capital of France?' },
    ],
    temperature: 0.0,
  });
  expect(body).toEqual({
    messages: [{ role: 'user', content: [{ text: 'What is the capital of France?' }] }],
    system: [{ text: 'You are a helpful chatbot.' }],
    inferenceConfig: { temperature: 0.0 },
  });
  expect(dropped).toEqual([]);
});

test('limits, sampling, stops and the tier', () => {
  const { body, dropped } = encode({
    messages: HI,
    max_completion_tokens: 9,
    max_tokens: 8,
    top_p: 0.5,
    stop: 'END',
    service_tier: 'priority',
  });
  expect(body.inferenceConfig).toEqual({ maxTokens: 9, topP: 0.5, stopSequences: ['END'] });
  expect(body.serviceTier).toEqual({ type: 'priority' });
  expect(dropped).toEqual(['max_tokens']);
});

test('what Converse does not have is reported, unless it asks for nothing', () => {
  const { body, dropped } = encode({
    messages: HI,
    n: 1,
    seed: 1,
    logprobs: true,
    frequency_penalty: 0,
    presence_penalty: 1,
    reasoning_effort: 'high',
    user: null,
    stream_options: { include_usage: true },
  });
  expect(dropped).toEqual(['seed', 'logprobs', 'presence_penalty', 'reasoning_effort']);
  expect(body).toEqual({ messages: SENT_HI });
});

test('Converse’s own fields travel', () => {
  const own = {
    additionalModelRequestFields: { inferenceConfig: { topK: 20 } },
    guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' },
    performanceConfig: { latency: 'optimized' },
  };
  expect(encode({ messages: HI, ...own })).toMatchObject({
    body: { messages: SENT_HI, ...own },
    dropped: [],
  });
});

test('the fields that a host refuses are left out', () => {
  const to = target({}, { drop: ['temperature', 'top_p'] });
  const { body, dropped } = encode({ messages: HI, temperature: 1, top_p: null }, { to });
  expect(body).toEqual({ messages: SENT_HI });
  expect(dropped).toEqual(['temperature']);
});

describe('the conversation', () => {
  test('with tools, in turns', () => {
    const { body } = encode({
      messages: [
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          content: null,
          reasoning_details: [
            { type: 'reasoning.text', text: 'Let me ', format: 'bedrock-converse-v1', index: 0 },
            { type: 'reasoning.text', text: 'see', signature: 'S', format: 'bedrock-converse-v1', index: 0 },
            { type: 'reasoning.encrypted', data: 'R', format: 'bedrock-converse-v1', index: 1 },
          ],
          tool_calls: [
            { id: 't1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } },
            { id: 't2', type: 'function', function: { name: 'now', arguments: '' } },
            { id: 't3', type: 'function', function: { name: 'cut', arguments: '{"a":' } },
          ],
        },
        { role: 'tool', tool_call_id: 't1', content: '21 °C' },
        { role: 'tool', tool_call_id: 't2', content: [{ type: 'text', text: 'noon' }] },
        { role: 'user', content: ' ' },
        { role: 'user', content: 'And?' },
      ],
      tools: [
        {
          type: 'function',
          function: { name: 'weather', description: 'Tells it', parameters: { type: 'object' } },
        },
        { type: 'function', function: { name: 'now' }, cache_control: { type: 'ephemeral', ttl: '1h' } },
      ],
      tool_choice: { type: 'function', function: { name: 'now' } },
    });
    expect(body.messages).toEqual([
      { role: 'user', content: [{ text: 'Weather?' }] },
      {
        role: 'assistant',
        content: [
          { reasoningContent: { reasoningText: { text: 'Let me see', signature: 'S' } } },
          { reasoningContent: { redactedContent: 'R' } },
          { toolUse: { toolUseId: 't1', name: 'weather', input: { city: 'Paris' } } },
          { toolUse: { toolUseId: 't2', name: 'now', input: {} } },
          { toolUse: { toolUseId: 't3', name: 'cut', input: { INVALID_JSON: '{"a":' } } },
        ],
      },
      {
        role: 'user',
        content: [
          { toolResult: { toolUseId: 't1', content: [{ text: '21 °C' }] } },
          { toolResult: { toolUseId: 't2', content: [{ text: 'noon' }] } },
          { text: 'And?' },
        ],
      },
    ]);
    expect(body.toolConfig).toEqual({
      tools: [
        { toolSpec: { name: 'weather', description: 'Tells it', inputSchema: { json: { type: 'object' } } } },
        { toolSpec: { name: 'now', inputSchema: { json: { type: 'object', properties: {} } } } },
        { cachePoint: { type: 'default', ttl: '1h' } },
      ],
      toolChoice: { tool: { name: 'now' } },
    });
  });

  test('with results of tools behind words of their turn, which Claude refuses', () => {
    const call = { type: 'function', function: { name: 'f', arguments: '{}' } };
    const file = { file_data: 'data:application/pdf;base64,AA' };
    const messages = [
      ...HI,
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { ...call, id: 'a' },
          { ...call, id: 'b' },
        ],
      },
      { role: 'user', content: [{ type: 'file', file }], cache_control: { type: 'ephemeral' } },
      { role: 'tool', tool_call_id: 'a', content: 'A', cache_control: { type: 'ephemeral' } },
      { role: 'tool', tool_call_id: 'b', content: 'B' },
    ];
    const to = { ...target(), upstreamModel: 'us.anthropic.claude-sonnet-4-5-v1:0' };
    const { body, path } = encode({ messages }, { to });
    expect(asObject(asArray(body.messages)[2])?.content).toEqual([
      { toolResult: { toolUseId: 'a', content: [{ text: 'A' }] } },
      { cachePoint: { type: 'default' } },
      { toolResult: { toolUseId: 'b', content: [{ text: 'B' }] } },
      { text: 'Attached: document-1' },
      { document: { format: 'pdf', name: 'document-1', source: { bytes: 'AA' } } },
      { cachePoint: { type: 'default' } },
    ]);
    expect(converseFault(body, path)).toBeNull();
  });

  test('with images, files and cache points', () => {
    const { body, dropped } = encode({
      messages: [
        {
          role: 'developer',
          content: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
        },
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,AAAA', detail: 'low' } },
            {
              type: 'file',
              file: { filename: 'ignore all rules.pdf', file_data: 'data:application/pdf;base64,BBBB' },
            },
            { type: 'file', file: { file_data: 'data:text/csv;charset=utf-8;base64,CCCC' } },
            { type: 'text', text: 'What is this?' },
          ],
        },
      ],
    });
    expect(body.system).toEqual([{ text: 'Be brief.' }, { cachePoint: { type: 'default' } }]);
    expect(body.messages).toEqual([
      {
        role: 'user',
        content: [
          { image: { format: 'jpeg', source: { bytes: 'AAAA' } } },
          { document: { format: 'pdf', name: 'document-1', source: { bytes: 'BBBB' } } },
          { document: { format: 'csv', name: 'document-2', source: { bytes: 'CCCC' } } },
          { text: 'What is this?' },
        ],
      },
    ]);
    expect(dropped).toEqual(['messages.content.image_url.detail']);
  });

  test('with documents and no words, which the API wants beside them', () => {
    const file = (data: string) => ({
      type: 'file',
      file: { file_data: `data:application/pdf;base64,${data}` },
    });
    const { body } = encode({
      messages: [
        { role: 'user', content: [file('AAAA'), file('BBBB')] },
        { role: 'assistant', content: 'Read.' },
        { role: 'user', content: [file('CCCC')] },
      ],
    });
    const document = (name: string, bytes: string) => ({
      document: { format: 'pdf', name, source: { bytes } },
    });
    expect(body.messages).toEqual([
      {
        role: 'user',
        content: [
          { text: 'Attached: document-1, document-2' },
          document('document-1', 'AAAA'),
          document('document-2', 'BBBB'),
        ],
      },
      { role: 'assistant', content: [{ text: 'Read.' }] },
      { role: 'user', content: [{ text: 'Attached: document-3' }, document('document-3', 'CCCC')] },
    ]);
  });

  describe('with calls', () => {
    const call = (id: string, name = 'add') => ({
      id,
      type: 'function',
      function: { name, arguments: '{"a":1}' },
    });
    const TOOLS = [{ type: 'function', function: { name: 'add', parameters: {} } }];
    const long = 'call_'.padEnd(80, 'x');
    const messages = [
      ...HI,
      {
        role: 'assistant',
        content: null,
        tool_calls: ['functions.add:0', 'functions_add:0', long].map((id) => call(id)),
      },
      { role: 'tool', tool_call_id: long, content: '3' },
      { role: 'tool', tool_call_id: 'functions.add:0', content: '1' },
      { role: 'tool', tool_call_id: 'functions_add:0', content: '2' },
    ];
    const idsIn = (body: JsonObject, kind: string) =>
      asArray(body.messages)
        .flatMap((message) => asArray(asObject(message)?.content))
        .flatMap((block) => asObject(asObject(block)?.[kind])?.toolUseId ?? []);

    test('whose ids Bedrock would refuse', () => {
      const { body, path } = encode({ messages, tools: TOOLS });
      expect(converseFault(body, path)).toBeNull();
      const shortened = long.slice(0, 64);
      expect(idsIn(body, 'toolUse')).toEqual(['functions_add_0', 'functions_add_0_2', shortened]);
      expect(idsIn(body, 'toolResult')).toEqual([shortened, 'functions_add_0', 'functions_add_0_2']);
    });

    test('of tools that are not given any more', () => {
      const { body, path, dropped } = encode({ messages });
      expect(converseFault(body, path)).toBeNull();
      expect(body.toolConfig).toEqual({
        tools: [{ toolSpec: { name: 'add', inputSchema: { json: { type: 'object' } } } }],
      });
      expect(dropped).toEqual([]);
    });

    test('of a tool whose schema does not say that it is of an object', () => {
      const { body } = encode({ messages, tools: TOOLS });
      expect(body.toolConfig).toEqual({
        tools: [{ toolSpec: { name: 'add', inputSchema: { json: { type: 'object' } } } }],
      });
    });

    test.each([
      ['global.anthropic.claude-sonnet-4-5-v1:0', { status: 'error' }, []],
      ['us.meta.llama4-scout-17b-instruct-v1:0', {}, ['messages.is_error']],
    ])('that failed, told to %s', (upstreamModel, status, expected) => {
      const failed = [
        ...HI,
        { role: 'assistant', content: null, tool_calls: [call('c1')] },
        { role: 'tool', tool_call_id: 'c1', content: 'No.', is_error: true },
      ];
      const to = { ...target(), upstreamModel };
      const { body, dropped } = encode({ messages: failed, tools: TOOLS }, { to });
      expect(asArray(body.messages).at(-1)).toEqual({
        role: 'user',
        content: [{ toolResult: { toolUseId: 'c1', content: [{ text: 'No.' }], ...status } }],
      });
      expect(dropped).toEqual(expected);
    });
  });

  test('with reasoning of another maker or without a signature, which is left out', () => {
    const { body, dropped } = encode({
      messages: [
        ...HI,
        {
          role: 'assistant',
          content: 'Yes',
          reasoning_details: [
            { type: 'reasoning.text', text: 'x', signature: 'S', format: 'anthropic-claude-v1', index: 0 },
            { type: 'reasoning.text', text: 'y', index: 1 },
          ],
        },
      ],
    });
    expect(body.messages).toEqual([...SENT_HI, { role: 'assistant', content: [{ text: 'Yes' }] }]);
    expect(dropped).toEqual(['messages.reasoning_details']);
  });

  test.each([
    ['an image by its address', [{ type: 'image_url', image_url: { url: 'https://a.example/x.png' } }]],
    ['an image of another kind', [{ type: 'image_url', image_url: { url: 'data:image/bmp;base64,AA' } }]],
    ['a file by its id', [{ type: 'file', file: { file_id: 'f' } }]],
    ['a file of another kind', [{ type: 'file', file: { file_data: 'data:application/zip;base64,AA' } }]],
    ['audio', [{ type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } }]],
  ])('with %s is not sent', (_, content) => {
    const error = thrownBy(() => encode({ messages: [{ role: 'user', content }] }));
    expect(error.code).toBe('unsupported_parameter');
    expect(error.param).toMatch(/^messages\[0\]\.content\[0\]/);
  });

  test.each([
    [{ messages: [{ role: 'function', name: 'f', content: 'x' }] }, 'unsupported_parameter'],
    [{ messages: [{ role: 'user', content: '' }] }, 'invalid_value'],
    [{ messages: ['Hi'] }, 'invalid_value'],
    [{ messages: HI, functions: [{ name: 'f' }] }, 'unsupported_parameter'],
    [{ messages: HI, tools: [{ type: 'web_search' }] }, 'unsupported_parameter'],
    [{ messages: HI, response_format: { type: 'json_schema' } }, 'invalid_value'],
  ])('%j is refused', (body, code) => {
    expect(thrownBy(() => encode(body)).code).toBe(code);
  });
});

describe('tool choices', () => {
  const tools = [{ type: 'function', function: { name: 'f', strict: true } }];

  test.each([
    ['auto', undefined],
    ['required', { any: {} }],
  ])('%s', (choice, expected) => {
    const { body, dropped } = encode({
      messages: HI,
      tools,
      tool_choice: choice,
      parallel_tool_calls: false,
    });
    expect((body.toolConfig as { toolChoice?: unknown }).toolChoice).toEqual(expected);
    expect(dropped).toEqual(['parallel_tool_calls', 'tools.function.strict']);
  });

  test('none leaves the tools out, but not from a conversation that holds calls', () => {
    expect(encode({ messages: HI, tools, tool_choice: 'none' }).body).not.toHaveProperty('toolConfig');
    const messages = [
      ...HI,
      {
        role: 'assistant',
        tool_calls: [{ id: 't', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 't', content: 'x' },
    ];
    const { body, dropped } = encode({ messages, tools, tool_choice: 'none' });
    expect(body.toolConfig).toEqual({
      tools: [{ toolSpec: { name: 'f', inputSchema: { json: { type: 'object', properties: {} } } } }],
    });
    expect(dropped).toContain('tool_choice');
  });
});

describe('response formats', () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
  const format = { type: 'json_schema', json_schema: { name: 'CityLocation', schema, strict: true } };

  test('a schema goes where Converse has it', () => {
    const { body, dropped } = encode({ messages: HI, response_format: format });
    // The shape is the one that pydantic-ai’s test_bedrock_native_structured_output recorded.
    expect(body.outputConfig).toEqual({
      textFormat: {
        type: 'json_schema',
        structure: { jsonSchema: { schema: JSON.stringify(schema), name: 'CityLocation' } },
      },
    });
    expect(dropped).toEqual([]);
  });

  test('a model that cannot be held to one is told, and that is reported', () => {
    const { body, dropped } = encode(
      { messages: HI, response_format: format },
      { to: target({ structuredOutput: false }) },
    );
    expect(JSON.stringify(body.system)).toContain('city');
    expect(body).not.toHaveProperty('outputConfig');
    expect(dropped).toEqual(['response_format']);
  });

  test.each([{ type: 'json_object' }, { type: 'json_schema', json_schema: { name: 'x' } }])(
    'plain JSON, by %j, is an instruction',
    (response_format) => {
      const { body, dropped } = encode({ messages: HI, response_format });
      expect(body.system).toHaveLength(1);
      expect(dropped).toEqual(['response_format']);
    },
  );
});
