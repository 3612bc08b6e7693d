import { describe, expect, test } from 'vitest';
import { decode, events, recorded, replay, response } from './support.ts';

const CREATED = {
  type: 'response.created',
  response: {
    id: 'resp_up',
    created_at: 1_760_000_000,
    model: 'up-pro-1',
    status: 'in_progress',
    output: [],
  },
};
const MESSAGE = { id: 'msg_1', type: 'message', role: 'assistant', content: [] };
const begun = (index: number, item: object) => ({
  type: 'response.output_item.added',
  output_index: index,
  item,
});
const text = (delta: string, index = 0, more: object = {}) => ({
  type: 'response.output_text.delta',
  output_index: index,
  content_index: 0,
  delta,
  ...more,
});
const done = (index: number, item: object) => ({
  type: 'response.output_item.done',
  output_index: index,
  item,
});
const ended = (more: object = {}, type = 'response.completed') => ({
  type,
  response: { ...JSON.parse(response([])), ...more },
});

const RECORDED = [
  'openai-resp-s-openai-image-generation-tool-1-0',
  'openai-resp-s-programmatic-tool-calling-1-0',
  'openai-resp-s-openai-client-tool-search-streaming-1',
  'deepseek-resp-s-deepseek-responses-function-tool-stream-1',
  'xai-resp-s-xai-text-with-reasoning-streaming-store-false-1-0',
  'openresponses-resp-s-openai-pdf-input-file-1-0',
];

describe('recorded streams', () => {
  test.each(RECORDED)('%s is the same however it is cut', (name) => {
    const sse = recorded(`${name}/stream.txt`);
    const whole = replay(sse);
    expect(whole.error).toBeNull();
    expect(whole.finish).toHaveLength(1);
    expect(whole.state).toMatchObject({ finished: true, done: true });
    for (const size of [1, 7]) expect(replay(sse, size)).toEqual(whole);
  });

  test.each(RECORDED)('%s says what its last event says whole', (name) => {
    const sse = recorded(`${name}/stream.txt`);
    const last = sse.trimEnd().split('\n\n').at(-1) ?? '';
    const { response: told } = JSON.parse(last.slice(last.indexOf('data: ') + 'data: '.length));
    const { message, choice, usage } = decode(JSON.stringify(told));
    const heard = replay(sse);
    expect(heard.content).toBe(message.content ?? '');
    expect(heard.reasoning).toBe(message.reasoning ?? '');
    expect(heard.calls.map(({ index: _, ...call }) => call)).toEqual(message.tool_calls ?? []);
    expect(heard.finish).toEqual([choice.finish_reason]);
    expect(heard.state.usage).toEqual(usage);
    // What is sealed is encrypted anew for each event.
    const seals = (details: unknown) =>
      (details as { type: string; id?: string }[])
        .filter(({ type }) => type === 'reasoning.encrypted')
        .map(({ data: _, ...detail }: { type: string; data?: string }) => detail);
    expect(seals(heard.details)).toEqual(seals(message.reasoning_details ?? []));
  });
});

test('text', () => {
  const heard = replay(
    events(
      CREATED,
      begun(0, MESSAGE),
      text('Hel', 0, { logprobs: [{ token: 'Hel', logprob: -0.5, top_logprobs: [] }] }),
      text('lo.'),
      ended({ service_tier: 'default' }),
    ),
  );
  expect(heard.chunks[0]).toEqual({
    id: 'gen_1',
    object: 'chat.completion.chunk',
    created: 1_760_000_000,
    model: 'up-pro-1',
    choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }],
  });
  expect(heard.content).toBe('Hello.');
  expect(heard.logprobs).toEqual([{ token: 'Hel', logprob: -0.5, bytes: null, top_logprobs: [] }]);
  expect(heard.chunks.at(-1)).toMatchObject({ service_tier: 'default' });
  expect(heard.state).toMatchObject({
    content: 'Hello.',
    otherOutput: false,
    toolCalls: false,
    outputChars: 6,
    finishReason: 'stop',
    rawFinishReason: 'completed',
    upstreamId: 'resp_up',
    usage: { inputTokens: 90, outputTokens: 30 },
    usageObject: { prompt_tokens: 90, completion_tokens: 30, total_tokens: 120 },
  });
});

test('nothing is said before the model has begun to', () => {
  expect(
    replay(events(CREATED, { ...CREATED, type: 'response.in_progress' }, begun(0, MESSAGE))).chunks,
  ).toEqual([]);
  expect(
    replay(events(CREATED, begun(0, { type: 'reasoning', id: 'rs_1', summary: [] }))).chunks,
  ).toHaveLength(1);
});

test('reasoning, calls and text in the order in which they come', () => {
  const summary = (delta: string, part: number) => ({
    type: 'response.reasoning_summary_text.delta',
    output_index: 0,
    summary_index: part,
    delta,
  });
  const call = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '' };
  const pass = (delta: string) => ({
    type: 'response.function_call_arguments.delta',
    output_index: 1,
    delta,
  });
  const heard = replay(
    events(
      CREATED,
      begun(0, { type: 'reasoning', id: 'rs_1', summary: [] }),
      summary('First ', 0),
      summary('this.', 0),
      summary('Then that.', 1),
      done(0, { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' }),
      begun(1, call),
      pass('{"a"'),
      pass(':1}'),
      done(1, { ...call, arguments: '{"a":1}' }),
      begun(2, { type: 'reasoning', id: 'rs_2', summary: [] }),
      done(2, { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: 'gBBB' }),
      ended(),
    ),
  );
  const format = 'openai-responses-v1';
  expect(heard.reasoning).toBe('First this.\n\nThen that.');
  expect(heard.details).toEqual([
    { type: 'reasoning.summary', summary: 'First ', format, index: 0 },
    { type: 'reasoning.summary', summary: 'this.', format, index: 0 },
    { type: 'reasoning.summary', summary: '\n\nThen that.', format, index: 0 },
    { type: 'reasoning.encrypted', data: 'gAAA', id: 'rs_1', format, index: 1 },
    { type: 'reasoning.encrypted', data: 'gBBB', id: 'rs_2', format, index: 2, after: { text: 0, calls: 1 } },
  ]);
  expect(heard.calls).toEqual([
    { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
  ]);
  expect(heard.finish).toEqual(['tool_calls']);
  expect(heard.state).toMatchObject({ toolCalls: true, otherOutput: true });
});

test('what no event has told of is said at the end', () => {
  const call = { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{"a":1}' };
  const message = { ...MESSAGE, content: [{ type: 'output_text', text: 'Hi', annotations: [] }] };
  const heard = replay(events(ended({ output: [message, call] })));
  expect(heard).toMatchObject({ content: 'Hi', finish: ['tool_calls'], calls: [{ id: 'call_1' }] });
  expect(replay(events(CREATED, done(0, message), ended({ output: [message] }))).content).toBe('Hi');
});

test('citations come with their events', () => {
  const annotation = {
    type: 'url_citation',
    url: 'https://x.example',
    title: 'X',
    start_index: 1,
    end_index: 3,
  };
  const message = {
    ...MESSAGE,
    content: [{ type: 'output_text', text: 'There', annotations: [annotation] }],
  };
  const heard = replay(
    events(
      CREATED,
      begun(0, MESSAGE),
      text('Hm.'),
      begun(1, MESSAGE),
      text('There', 1),
      { type: 'response.output_text.annotation.added', output_index: 1, content_index: 0, annotation },
      done(1, message),
      ended(),
    ),
  );
  expect(heard.content).toBe('Hm.\n\nThere');
  expect(heard.annotations).toEqual([
    {
      type: 'url_citation',
      url_citation: { url: 'https://x.example', title: 'X', start_index: 6, end_index: 8 },
    },
  ]);
});

test('a call of the older dialect', () => {
  const call = { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '' };
  const heard = replay(
    events(CREATED, begun(0, call), done(0, { ...call, arguments: '{"a":1}' }), ended()),
    undefined,
    { functions: [{ name: 'f' }] },
  );
  expect(heard.functionCall).toEqual({ name: 'f', arguments: '{"a":1}' });
  expect(heard.finish).toEqual(['function_call']);
});

describe('a stream that is not whole', () => {
  const head = [CREATED, begun(0, MESSAGE), text('Hel')];

  test('has no end of its own', () => {
    expect(replay(events(...head)).state).toMatchObject({ finished: false, done: false, content: 'Hel' });
    expect(replay(`${events(...head)}data: [DONE]\n\n`).state).toMatchObject({ finished: false, done: true });
  });

  test.each([
    [{ type: 'error', code: 'server_error', message: 'Oh', param: null }, 'upstream_error'],
    [
      { type: 'error', error: { type: 'rate_limit_error', code: 'rate_limit_exceeded' } },
      'upstream_rate_limited',
    ],
    [
      ended({ status: 'failed', error: { code: 'server_error', message: 'Oh' } }, 'response.failed'),
      'upstream_error',
    ],
    [
      ended(
        { status: 'failed', error: { code: 'context_length_exceeded', message: 'Oh' } },
        'response.failed',
      ),
      'context_length_exceeded',
    ],
  ])('%j', (event, code) => {
    const heard = replay(events(...head, event));
    expect(heard.error?.code).toBe(code);
    expect(heard.finish).toEqual([]);
  });

  test.each([
    ['max_output_tokens', 'length'],
    ['content_filter', 'content_filter'],
  ])('for %s it says so', (reason, finish) => {
    const incomplete = ended({ status: 'incomplete', incomplete_details: { reason } }, 'response.incomplete');
    const heard = replay(events(...head, incomplete));
    expect(heard.finish).toEqual([finish]);
    expect(heard.state).toMatchObject({ finished: true, rawFinishReason: reason });
  });

  test('for an error in the shape of another API', () => {
    const error = { error: { message: 'Oh', type: 'server_error', code: 429 } };
    const heard = replay(`${events(...head)}data: ${JSON.stringify(error)}\n\n`);
    expect(heard).toMatchObject({ content: 'Hel', finish: [], error: { code: 'upstream_rate_limited' } });
  });

  test('for garbage', () => {
    expect(replay(`${events(...head)}data: {"type":\n\n`).error?.code).toBe('upstream_invalid_response');
  });

  test('has called what it has called', () => {
    const search = { type: 'web_search_call', id: 'ws_1', action: { type: 'search' } };
    const heard = replay(
      events(CREATED, begun(0, search), done(0, search), begun(1, MESSAGE), text('A', 1)),
      undefined,
      {
        tools: [{ type: 'web_search' }],
      },
    );
    expect(heard.state.hostedCalls).toEqual({ web_search: 1 });
  });
});
