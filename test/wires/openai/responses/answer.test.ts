import { describe, expect, test } from 'vitest';
import { asArray, asObject, type JsonObject } from '../../../../src/lib/json.ts';
import { readResponseRequest, responses } from '../../../../src/wires/openai/responses/index.ts';
import { checkResponseEvents, responseEvents } from '../../../support/response-events.ts';
import { chunk, finalOf, LABELS, REQUEST, streamed, USAGE, whole } from './support.ts';

const text = (said: string) => ({ type: 'output_text', text: said, annotations: [], logprobs: [] });
const CALLS = [
  { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } },
  { id: 'call_2', type: 'function', function: { name: 'go', arguments: '{}' } },
];

describe('a whole response', () => {
  test('has the text as a message, and usage', () => {
    expect(whole({ content: 'Hello' })).toMatchObject({
      id: 'resp_01k',
      object: 'response',
      created_at: LABELS.created,
      model: 'asked/model',
      status: 'completed',
      error: null,
      incomplete_details: null,
      output: [
        {
          id: 'msg_01k_0',
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [text('Hello')],
        },
      ],
      usage: {
        input_tokens: 90,
        input_tokens_details: { cached_tokens: 40, cache_write_tokens: 8 },
        output_tokens: 30,
        output_tokens_details: { reasoning_tokens: 11 },
        total_tokens: 120,
      },
    });
  });

  test('has calls by the ids that their outputs will name', () => {
    expect(whole({ content: 'I look.', tool_calls: CALLS }, 'tool_calls').output).toMatchObject([
      { id: 'msg_01k_0', content: [text('I look.')] },
      {
        id: 'fc_01k_1',
        type: 'function_call',
        call_id: 'call_1',
        name: 'look',
        arguments: '{"at":1}',
        status: 'completed',
      },
      { id: 'fc_01k_2', type: 'function_call', call_id: 'call_2', name: 'go', arguments: '{}' },
    ]);
  });

  test('has calls of custom tools as such', () => {
    const call = { id: 'call_3', type: 'custom', custom: { name: 'sql', input: 'select 1' } };
    expect(whole({ content: null, tool_calls: [call] }, 'tool_calls').output).toEqual([
      { id: 'ctc_01k_0', type: 'custom_tool_call', call_id: 'call_3', name: 'sql', input: 'select 1' },
    ]);
  });

  test('makes up an id for a call that has none', () => {
    const call = { type: 'function', function: { name: 'look', arguments: '{}' } };
    expect(whole({ tool_calls: [call] }).output).toMatchObject([{ call_id: 'call_01k_0' }]);
  });

  test('has a refusal as a part', () => {
    expect(whole({ content: null, refusal: 'No.' }).output).toMatchObject([
      { type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] },
    ]);
  });

  test('has citations of addresses, and none of other kinds', () => {
    const cited = { url: 'https://x.test/', title: 'X', start_index: 2, end_index: 5 };
    const annotations = [
      { type: 'url_citation', url_citation: cited },
      { type: 'file', file: { name: 'a.pdf' } },
    ];
    expect(whole({ content: 'It is so.', annotations }).output).toMatchObject([
      { content: [{ text: 'It is so.', annotations: [{ type: 'url_citation', ...cited }] }] },
    ]);
  });

  test('has pictures as calls of the tool that makes them, and takes them back', () => {
    const image_url = { url: 'data:image/webp;base64,UklGRg==' };
    const { output } = whole({ content: 'Here:', images: [{ type: 'image_url', image_url, index: 0 }] });
    expect(asArray(output)[1]).toEqual({
      id: 'ig_01k_1',
      type: 'image_generation_call',
      status: 'completed',
      result: 'UklGRg==',
      output_format: 'webp',
    });
    const { chat } = readResponseRequest({ model: 'm', input: asArray(output) });
    expect(chat.messages).toEqual([
      { role: 'assistant', content: 'Here:', images: [{ type: 'image_url', image_url, index: 0 }] },
    ]);
  });

  test('has log probabilities, with an empty list for bytes that are not known', () => {
    const entry = {
      token: 'Hi',
      logprob: -0.1,
      bytes: null,
      top_logprobs: [{ token: 'Ho', logprob: -2, bytes: [72, 111] }],
    };
    const request = readResponseRequest({ ...REQUEST, top_logprobs: 1 });
    const choice = {
      index: 0,
      message: { content: 'Hi' },
      logprobs: { content: [entry] },
      finish_reason: 'stop',
    };
    expect(request.whole({ choices: [choice] }, LABELS).output).toMatchObject([
      { content: [{ text: 'Hi', logprobs: [{ ...entry, bytes: [] }] }] },
    ]);
  });

  test.each([
    ['length', 'max_output_tokens'],
    ['content_filter', 'content_filter'],
  ])('that ended by %s is incomplete', (finish, reason) => {
    const response = whole({ content: 'Hel' }, finish);
    expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason } });
    expect(response.output).toMatchObject([{ status: 'incomplete', content: [text('Hel')] }]);
  });

  test('of which usage is not known does not make it up', () => {
    const request = readResponseRequest(REQUEST);
    const choice = { index: 0, message: { content: 'Hi' }, finish_reason: 'stop' };
    expect(request.whole({ choices: [choice], usage: null }, LABELS)).not.toHaveProperty('usage');
  });

  test('says again what was asked, and never that it is stored', () => {
    const tools = [{ type: 'function', name: 'look' }];
    const asked = {
      ...REQUEST,
      instructions: 'Be brief.',
      store: true,
      temperature: 0.3,
      max_output_tokens: 50,
      metadata: { a: 'b' },
      reasoning: { effort: 'low' },
      text: { format: { type: 'json_object' }, verbosity: 'low' },
      tool_choice: 'required',
      parallel_tool_calls: false,
      truncation: 'auto',
      user: 'u',
      tools,
    };
    expect(whole({ content: '{}' }, 'stop', asked)).toMatchObject({
      instructions: 'Be brief.',
      store: false,
      background: false,
      temperature: 0.3,
      top_p: null,
      max_output_tokens: 50,
      metadata: { a: 'b' },
      reasoning: { effort: 'low', summary: null },
      text: { format: { type: 'json_object' }, verbosity: 'low' },
      tool_choice: 'required',
      parallel_tool_calls: false,
      previous_response_id: null,
      truncation: 'disabled',
      user: 'u',
      tools: [{ type: 'function', name: 'look', parameters: null, strict: null }],
    });
  });

  test('has the tier that served it', () => {
    const completion = { choices: [], service_tier: 'flex' };
    const request = readResponseRequest({ ...REQUEST, service_tier: 'auto' });
    expect(request.whole(completion, LABELS)).toMatchObject({ service_tier: 'flex', output: [] });
  });
});

describe('a streamed response', () => {
  const types = (events: JsonObject[]) => events.map(({ type }) => String(type).replace(/^response\./, ''));

  test('of text', () => {
    const events = streamed([
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'Hel' }),
      chunk({ content: 'lo' }),
      chunk({}, 'stop'),
    ]);
    expect(types(events)).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ]);
    expect(events[2]).toEqual({
      type: 'response.output_item.added',
      sequence_number: 2,
      output_index: 0,
      item: { id: 'msg_01k_0', type: 'message', status: 'in_progress', role: 'assistant', content: [] },
    });
    expect(events[4]).toEqual({
      type: 'response.output_text.delta',
      sequence_number: 4,
      item_id: 'msg_01k_0',
      output_index: 0,
      content_index: 0,
      delta: 'Hel',
      logprobs: [],
    });
    expect(finalOf(events)).toMatchObject({
      id: 'resp_01k',
      status: 'completed',
      output: [{ content: [text('Hello')] }],
      usage: { input_tokens: USAGE.prompt_tokens },
      credits_used: 0.002,
      model_used: 'maker/model',
      provider_used: 'host',
    });
    expect(asObject(events[0]?.response)).toMatchObject({ status: 'in_progress', output: [] });
  });

  test('of reasoning, then a call', () => {
    const piece = (args: string, more: object = {}) => ({
      tool_calls: [{ index: 0, ...more, function: { arguments: args } }],
    });
    const events = streamed([
      chunk({ reasoning: 'Let me ' }),
      chunk({ reasoning: 'look.' }),
      chunk({
        tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'look', arguments: '' } }],
      }),
      chunk(piece('{"at"')),
      chunk(piece(':1}')),
      chunk({}, 'tool_calls'),
    ]);
    expect(types(events)).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'reasoning_summary_part.added',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      'reasoning_summary_part.done',
      'output_item.done',
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
      'completed',
    ]);
    expect(events[9]).toMatchObject({
      output_index: 1,
      item: { id: 'fc_01k_1', type: 'function_call', status: 'in_progress', name: 'look', arguments: '' },
    });
    expect(events[12]).toMatchObject({ item_id: 'fc_01k_1', name: 'look', arguments: '{"at":1}' });
    expect(finalOf(events).output).toMatchObject([
      { id: 'rs_01k_0', type: 'reasoning', summary: [{ type: 'summary_text', text: 'Let me look.' }] },
      { id: 'fc_01k_1', call_id: 'call_1', arguments: '{"at":1}', status: 'completed' },
    ]);
  });

  test('of a call without parameters has arguments all the same', () => {
    const call = { index: 0, id: 'c', type: 'function', function: { name: 'go', arguments: '' } };
    const events = streamed([chunk({ tool_calls: [call] }), chunk({}, 'tool_calls')]);
    checkResponseEvents(events);
    expect(finalOf(events).output).toMatchObject([{ arguments: '{}' }]);
  });

  test('of calls whose pieces are mixed', () => {
    const piece = (index: number, args: string) =>
      chunk({ tool_calls: [{ index, function: { arguments: args } }] });
    const begin = (index: number) =>
      chunk({
        tool_calls: [{ index, id: `c${index}`, type: 'function', function: { name: 'look', arguments: '' } }],
      });
    const events = streamed([
      begin(0),
      begin(1),
      piece(0, '{"a":'),
      piece(1, '{"b":'),
      piece(0, '0}'),
      piece(1, '1}'),
      chunk({}, 'tool_calls'),
    ]);
    checkResponseEvents(events);
    expect(finalOf(events).output).toMatchObject([
      { call_id: 'c0', arguments: '{"a":0}' },
      { call_id: 'c1', arguments: '{"b":1}' },
    ]);
  });

  test('that was cut says which item is not whole', () => {
    const call = { index: 0, id: 'c', type: 'function', function: { name: 'go', arguments: '{"a' } };
    const events = streamed([
      chunk({ content: 'I go.' }),
      chunk({ tool_calls: [call] }),
      chunk({}, 'length'),
    ]);
    checkResponseEvents(events);
    expect(events.at(-1)?.type).toBe('response.incomplete');
    expect(finalOf(events)).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [
        { type: 'message', status: 'completed' },
        { type: 'function_call', status: 'incomplete', arguments: '{"a' },
      ],
    });
  });

  test('counts citations from the beginning of their own part', () => {
    const cited = { url: 'https://x.test/', title: 'X', start_index: 6, end_index: 9 };
    const events = streamed([
      chunk({ content: 'First.' }),
      chunk({ reasoning: 'Hm.' }),
      chunk({ content: 'Second.' }),
      chunk({ annotations: [{ type: 'url_citation', url_citation: cited }] }),
      chunk({}, 'stop'),
    ]);
    checkResponseEvents(events);
    const note = { type: 'url_citation', ...cited, start_index: 0, end_index: 3 };
    expect(asArray(finalOf(events).output)[2]).toMatchObject({
      content: [{ text: 'Second.', annotations: [note] }],
    });
    const added = events.find(({ type }) => type === 'response.output_text.annotation.added');
    expect(added).toMatchObject({ annotation_index: 0, annotation: note });
  });

  test('puts citations of an earlier text there, though too late for an event', () => {
    const cited = { url: 'https://x.test/', title: 'X', start_index: 1, end_index: 3 };
    const events = streamed([
      chunk({ content: 'First.' }),
      chunk({ reasoning: 'Hm.' }),
      chunk({ content: 'Second.' }),
      chunk({ annotations: [{ type: 'url_citation', url_citation: cited }] }),
      chunk({}, 'stop'),
    ]);
    expect(finalOf(events).output).toMatchObject([
      { content: [{ text: 'First.', annotations: [{ type: 'url_citation', ...cited }] }] },
      { type: 'reasoning' },
      { content: [{ text: 'Second.', annotations: [] }] },
    ]);
    expect(events.some(({ type }) => type === 'response.output_text.annotation.added')).toBe(false);
  });

  test('ignores other choices, and chunks that say nothing', () => {
    const other = { ...chunk({}), choices: [{ index: 1, delta: { content: 'B' }, finish_reason: 'length' }] };
    const events = streamed([
      chunk({ content: 'A' }),
      other,
      { ...chunk({}), choices: [] },
      chunk({}, 'stop'),
    ]);
    expect(finalOf(events)).toMatchObject({ status: 'completed', output: [{ content: [text('A')] }] });
  });

  test('pings with a comment', () => {
    expect(readResponseRequest(REQUEST).stream(LABELS).ping()).toBe(': ping\n\n');
  });

  test('holds back no event for a later one', () => {
    const stream = readResponseRequest(REQUEST).stream(LABELS);
    stream.push(chunk({ role: 'assistant' }));
    expect(responseEvents(stream.push(chunk({ content: 'A' })))).toMatchObject([
      { type: 'response.output_item.added' },
      { type: 'response.content_part.added' },
      { type: 'response.output_text.delta', delta: 'A' },
    ]);
    expect(responseEvents(stream.push(chunk({ content: 'B' })))).toMatchObject([{ delta: 'B' }]);
  });
});

describe('a stream that breaks', () => {
  const ERROR = {
    message: 'The provider failed.',
    type: 'upstream_error',
    code: 'upstream_incomplete',
    param: null,
    request_id: 'req_1',
  } as const;

  test('tells the error, then the failed response with what there is', () => {
    const stream = readResponseRequest(REQUEST).stream(LABELS);
    const events = responseEvents(stream.push(chunk({ content: 'Hel' })) + stream.fail(ERROR));
    checkResponseEvents(events);
    expect(events.at(-2)).toMatchObject({
      type: 'error',
      code: 'upstream_incomplete',
      message: 'The provider failed.',
      param: null,
    });
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: {
        id: 'resp_01k',
        status: 'failed',
        error: {
          code: 'server_error',
          message: 'The provider failed.',
          gateway_code: 'upstream_incomplete',
          request_id: 'req_1',
        },
        output: [{ status: 'incomplete', content: [text('Hel')] }],
      },
    });
  });

  test('before it began has its beginning all the same', () => {
    const events = responseEvents(readResponseRequest(REQUEST).stream(LABELS).fail(ERROR));
    checkResponseEvents(events);
    expect(events).toHaveLength(4);
  });

  test.each([
    ['rate_limit_error', 'upstream_rate_limited', 'rate_limit_exceeded'],
    ['invalid_request_error', 'content_filter', 'invalid_prompt'],
    ['server_error', 'internal_error', 'server_error'],
  ] as const)('by a %s (%s) has a code of OpenAI’s', (type, code, expected) => {
    const events = responseEvents(
      readResponseRequest(REQUEST)
        .stream(LABELS)
        .fail({ ...ERROR, type, code }),
    );
    expect(finalOf(events).error).toMatchObject({ code: expected, gateway_code: code });
  });

  test('and an error before an answer has the usual envelope', () => {
    expect(responses.error(ERROR)).toEqual({ error: ERROR });
  });
});
