import { describe, expect, test } from 'vitest';
import { encode, items, target, thrown } from './support.ts';

test('a question goes to /responses, and nothing is stored', () => {
  expect(encode({})).toEqual({
    path: '/responses',
    body: {
      model: 'up-pro',
      input: [{ type: 'message', role: 'user', content: 'Hi' }],
      store: false,
    },
    dropped: [],
  });
  expect(encode({ store: true }).dropped).toEqual(['store']);
  expect(encode({ stream_options: { include_usage: true } }, target(), { stream: true }).body).toMatchObject({
    stream: true,
  });
  expect(encode({ stream_options: { include_usage: true } }).body).not.toHaveProperty('stream_options');
});

describe('parameters', () => {
  test('are said in the words of the API', () => {
    const { body, dropped } = encode({
      max_tokens: 100,
      reasoning_effort: 'high',
      verbosity: 'low',
      logprobs: true,
      top_logprobs: 3,
      parallel_tool_calls: false,
      tools: [{ type: 'function', function: { name: 'f' } }],
      user: 'u',
      metadata: { a: 'b' },
      service_tier: 'flex',
      prompt_cache_key: 'k',
      safety_identifier: 's',
      temperature: 0.5,
      top_p: 0.9,
    });
    expect(dropped).toEqual([]);
    expect(body).toMatchObject({
      max_output_tokens: 100,
      reasoning: { effort: 'high' },
      text: { verbosity: 'low' },
      include: ['message.output_text.logprobs'],
      top_logprobs: 3,
      parallel_tool_calls: false,
      user: 'u',
      metadata: { a: 'b' },
      service_tier: 'flex',
      prompt_cache_key: 'k',
      safety_identifier: 's',
      temperature: 0.5,
      top_p: 0.9,
    });
    for (const name of ['max_tokens', 'reasoning_effort', 'verbosity', 'logprobs', 'messages'])
      expect(body).not.toHaveProperty(name);
  });

  test('the newer limit wins, and the other is reported', () => {
    const { body, dropped } = encode({ max_tokens: 100, max_completion_tokens: 200 });
    expect(body.max_output_tokens).toBe(200);
    expect(dropped).toEqual(['max_tokens']);
  });

  test('what the API has no word for is left out and reported', () => {
    const { body, dropped } = encode({
      n: 2,
      stop: ['END'],
      seed: 1,
      frequency_penalty: 0.5,
      presence_penalty: 0.5,
      logit_bias: { 1: 5 },
      prediction: { type: 'content', content: 'x' },
      previous_response_id: 'resp_1',
      background: true,
    });
    expect([...dropped].sort()).toEqual([
      'background',
      'frequency_penalty',
      'logit_bias',
      'n',
      'prediction',
      'presence_penalty',
      'previous_response_id',
      'seed',
      'stop',
    ]);
    expect(Object.keys(body)).toEqual(['model', 'input', 'store']);
  });

  test('what asks for nothing is no loss', () => {
    const nothing = {
      n: 1,
      logit_bias: {},
      presence_penalty: 0,
      modalities: ['text'],
      stop: null,
      logprobs: false,
    };
    expect(encode(nothing).dropped).toEqual([]);
  });

  test('a temperature that the model refuses is left out', () => {
    const refuses = target({ temperature: false });
    expect(encode({ temperature: 0.2 }, refuses)).toMatchObject({ dropped: ['temperature'] });
    expect(encode({ temperature: 1 }, refuses).dropped).toEqual([]);
    expect(encode({ temperature: 0.2 }, refuses).body).not.toHaveProperty('temperature');
  });

  test("OpenRouter's reasoning", () => {
    const { body, dropped } = encode({
      reasoning: { effort: 'low', summary: 'auto', enabled: true, max_tokens: 2000 },
    });
    expect(body.reasoning).toEqual({ effort: 'low', summary: 'auto' });
    expect(dropped).toEqual(['reasoning.max_tokens']);
    expect(encode({ reasoning: { effort: 'low' }, reasoning_effort: 'high' })).toMatchObject({
      body: { reasoning: { effort: 'high' } },
      dropped: ['reasoning.effort'],
    });
    expect(encode({ reasoning: { summary: 'auto', exclude: true } }).body).not.toHaveProperty('reasoning');
  });

  test('formats', () => {
    const schema = { type: 'object', properties: {} };
    expect(
      encode({ response_format: { type: 'json_schema', json_schema: { name: 'n', strict: true, schema } } })
        .body.text,
    ).toEqual({ format: { type: 'json_schema', name: 'n', strict: true, schema } });
    expect(encode({ response_format: { type: 'json_object' } }).body.text).toEqual({
      format: { type: 'json_object' },
    });
    expect(
      encode({ response_format: { type: 'json_schema', json_schema: { name: 'n' } } }).body.text,
    ).toEqual({ format: { type: 'json_object' } });
    expect(encode({ response_format: { type: 'text' } }).body).not.toHaveProperty('text');
    expect(thrown(() => encode({ response_format: { type: 'json_schema' } }))).toMatchObject({
      code: 'invalid_value',
      param: 'response_format',
    });
  });

  test("a host's refusals are left out", () => {
    const { body, dropped } = encode(
      { metadata: { a: 'b' } },
      target({}, { responses: { drop: ['metadata', 'store'] } }),
    );
    expect(body).not.toHaveProperty('metadata');
    expect(body).not.toHaveProperty('store');
    expect(dropped).toEqual(['metadata']);
  });
});

describe('reasoning is asked for sealed', () => {
  test.each([
    ['a model that reasons', target({ reasoning: true }), true],
    ['one that does not', target({ reasoning: false }), false],
    ['one of which nothing is known', target(), false],
    ['a host that seals', target({ reasoning: true }, { responses: { sealsReasoning: true } }), true],
    ['a host that does not', target({ reasoning: true }, { responses: {} }), false],
  ])('%s', (_, to, sealed) => {
    expect(encode({}, to).body.include).toEqual(sealed ? ['reasoning.encrypted_content'] : undefined);
  });

  test('beside what the caller includes', () => {
    expect(
      encode({ include: ['file_search_call.results'] }, target({ reasoning: true })).body.include,
    ).toEqual(['file_search_call.results', 'reasoning.encrypted_content']);
  });
});

describe('tools', () => {
  const parameters = { type: 'object', properties: { city: { type: 'string' } } };

  test('functions lie flat, and are strict only where that is said', () => {
    const { body } = encode({
      tools: [
        { type: 'function', function: { name: 'weather', description: 'D', parameters } },
        { type: 'function', function: { name: 'now', strict: true, parameters } },
        { type: 'function', function: { name: 'bare' } },
      ],
    });
    expect(body.tools).toEqual([
      { type: 'function', name: 'weather', description: 'D', parameters, strict: false },
      { type: 'function', name: 'now', parameters, strict: true },
      { type: 'function', name: 'bare', parameters: { type: 'object', properties: {} }, strict: false },
    ]);
  });

  test('custom tools, and those that run at the provider', () => {
    const { body } = encode({
      tools: [
        {
          type: 'custom',
          custom: { name: 'sql', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'd' } } },
        },
        { type: 'web_search', search_context_size: 'low' },
      ],
      web_search_options: { user_location: { type: 'approximate', approximate: { city: 'Bern' } } },
    });
    expect(body.tools).toEqual([
      { type: 'custom', name: 'sql', format: { type: 'grammar', syntax: 'lark', definition: 'd' } },
      { type: 'web_search', search_context_size: 'low' },
      { type: 'web_search', user_location: { type: 'approximate', city: 'Bern' } },
    ]);
  });

  test.each([
    ['auto', 'auto'],
    ['none', 'none'],
    ['required', 'required'],
    [
      { type: 'function', function: { name: 'f' } },
      { type: 'function', name: 'f' },
    ],
    [
      { type: 'custom', custom: { name: 'c' } },
      { type: 'custom', name: 'c' },
    ],
    [{ type: 'web_search' }, { type: 'web_search' }],
    [
      {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] },
      },
      { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'f' }] },
    ],
  ])('the choice %j', (choice, expected) => {
    const tools = [{ type: 'function', function: { name: 'f' } }];
    expect(encode({ tools, tool_choice: choice }).body.tool_choice).toEqual(expected);
  });

  test('of the older dialect', () => {
    const { body, dropped } = encode({
      functions: [{ name: 'f', parameters }],
      function_call: { name: 'f' },
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
        { role: 'function', name: 'f', content: 'done' },
      ],
    });
    expect(dropped).toEqual([]);
    expect(body.tools).toEqual([{ type: 'function', name: 'f', parameters, strict: false }]);
    expect(body.tool_choice).toEqual({ type: 'function', name: 'f' });
    expect(body.input).toEqual([
      { type: 'message', role: 'user', content: 'Hi' },
      { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'done' },
    ]);
  });
});

describe('messages', () => {
  test('instructions keep their role and place', () => {
    expect(
      items({ role: 'system', content: 'S' }, { role: 'developer', content: [{ type: 'text', text: 'D' }] }),
    ).toEqual([
      { type: 'message', role: 'system', content: 'S' },
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'D' }] },
    ]);
  });

  test('pictures and files', () => {
    const [item] = items({
      role: 'user',
      content: [
        { type: 'text', text: 'See' },
        { type: 'image_url', image_url: { url: 'https://x.example/a.png', detail: 'low' } },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
        { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' } },
        { type: 'file', file: { file_data: 'https://x.example/a.pdf' } },
        { type: 'file', file: { file_id: 'file-1' } },
        { type: 'file', file: { file_data: 'data:text/plain;base64,SGk=', filename: 'a.txt' } },
      ],
    });
    expect(item?.content).toEqual([
      { type: 'input_text', text: 'See' },
      { type: 'input_image', image_url: 'https://x.example/a.png', detail: 'low' },
      { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'auto' },
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' },
      { type: 'input_file', file_url: 'https://x.example/a.pdf' },
      { type: 'input_file', file_id: 'file-1' },
      { type: 'input_text', text: '<document title="a.txt">\nHi\n</document>' },
    ]);
  });

  test('sound is refused by name', () => {
    const content = [
      { type: 'text', text: 'Hear' },
      { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
    ];
    expect(thrown(() => items({ role: 'user', content }))).toMatchObject({
      code: 'unsupported_parameter',
      param: 'messages[0].content[1]',
    });
    expect(thrown(() => items({ role: 'assistant', audio: { id: 'a' } }))).toMatchObject({
      code: 'unsupported_parameter',
      param: 'messages[0].audio',
    });
  });

  test('an answer, its calls and their results', () => {
    const result = [
      { type: 'text', text: 'A map' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
    ];
    expect(
      items(
        {
          role: 'assistant',
          content: 'Let me see.',
          refusal: null,
          tool_calls: [
            { id: 'call_a', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
            { id: 'call_b', type: 'custom', custom: { name: 'sql', input: 'select 1' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_a', content: result },
        { role: 'tool', tool_call_id: 'call_b', content: '1' },
      ),
    ).toEqual([
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Let me see.' }] },
      { type: 'function_call', call_id: 'call_a', name: 'f', arguments: '{"a":1}' },
      { type: 'custom_tool_call', call_id: 'call_b', name: 'sql', input: 'select 1' },
      {
        type: 'function_call_output',
        call_id: 'call_a',
        output: [
          { type: 'input_text', text: 'A map' },
          { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'auto' },
        ],
      },
      { type: 'custom_tool_call_output', call_id: 'call_b', output: '1' },
    ]);
  });

  test('a refusal is one', () => {
    expect(items({ role: 'assistant', content: null, refusal: 'No.' })).toEqual([
      { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
    ]);
  });

  test('what has no place is reported', () => {
    const { dropped } = encode({
      messages: [
        {
          role: 'user',
          name: 'Ann',
          content: [{ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral' } }],
        },
        {
          role: 'assistant',
          content: 'Hm',
          reasoning: 'I think',
          annotations: [{}],
          provider_data: { x: 1 },
        },
      ],
    });
    expect([...dropped].sort()).toEqual([
      'messages.content.cache_control',
      'messages.name',
      'messages.provider_data',
      'messages.reasoning',
    ]);
  });
});

test('a request of another format is rid of what is of that format', () => {
  const request = { output_config: { effort: 'low' }, user: 'u'.repeat(65), speed: 'fast' };
  expect(encode(request, target(), { translated: true })).toMatchObject({
    body: { reasoning: { effort: 'low' } },
    dropped: ['speed', 'user'],
  });
  expect(thrown(() => encode({ inference_geo: 'eu' }, target(), { translated: true }))).toMatchObject({
    code: 'unsupported_parameter',
    param: 'inference_geo',
  });
});

test('a model that completes texts is sent no messages', () => {
  const completes = { ...target(), capabilities: { api: 'completions' as const } };
  expect(thrown(() => encode({}, completes))).toMatchObject({ code: 'model_not_supported', param: 'model' });
});
