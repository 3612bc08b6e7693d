import { describe, expect, test } from 'vitest';
import { asObject, type JsonObject } from '../../../src/lib/json.ts';
import { chunk, list, replay, STOP, sse } from './support.ts';

const USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
const USAGE_CHUNK = { ...chunk({}), choices: [], usage: USAGE };

/** The one chunk that comes of a delta, as the client gets it. */
function passed(upstream: JsonObject): JsonObject {
  const { chunks, error } = replay(sse(upstream));
  expect(error).toBeNull();
  expect(chunks).toHaveLength(1);
  return chunks[0] ?? {};
}

function delta(upstream: JsonObject): JsonObject {
  return asObject(list(passed(upstream).choices)[0]?.delta) ?? {};
}

describe('what the schema allows passes as it is', () => {
  test.each<[string, JsonObject]>([
    [
      'logprobs',
      chunk({ content: 'a' }, {}, { logprobs: { content: [{ token: 'a', logprob: -1e-7 }], refusal: null } }),
    ],
    ['labels', chunk({}, { system_fingerprint: 'fp_1', service_tier: 'default', obfuscation: 'x' })],
    ['unknown members', chunk({ content: 'a', x: [1, { y: null }] }, { z: { id: 'other' } }, { w: 1.5 })],
    ['a refusal', chunk({ refusal: 'No.' })],
    ['an old function call', chunk({ function_call: { name: 'f', arguments: '' } })],
    [
      'reasoning',
      chunk({ reasoning: 'r', reasoning_details: [{ type: 'reasoning.text', text: 'r', index: 0 }] }),
    ],
    ['both names of reasoning', chunk({ reasoning: 'r', reasoning_content: 'r' })],
    [
      'annotations',
      chunk({ annotations: [{ type: 'url_citation', url_citation: { url: 'https://a.example' } }] }),
    ],
    [
      'a custom tool',
      chunk({ tool_calls: [{ index: 0, id: 'c', type: 'custom', custom: { name: 'f', input: '' } }] }),
    ],
  ])('%s', (_, upstream) => {
    for (const data of [JSON.stringify(upstream), JSON.stringify(upstream, null, 1).replaceAll('\n', '')]) {
      expect(replay(sse(data)).out).toBe(sse(data.replace('"chatcmpl-1"', '"gen_1"')));
    }
  });

  test('numbers, escapes and doubled members keep their spelling', () => {
    const data =
      '{"id":"c","object":"chat.completion.chunk","created":1754432623,"model":"m","seed":12345678901234567890,' +
      '"choices":[{"index":0,"delta":{"content":"\\u00e9\\/ 😀"},"logprobs":{"x":1.0e-0},"finish_reason":null}],"a":1,"a":2}';
    expect(replay(`data: ${data}\n\n`).out).toBe(`data: ${data.replace('"id":"c"', '"id":"gen_1"')}\n\n`);
  });

  test('several choices, ended one after the other', () => {
    const at = (index: number, of: JsonObject, finish: string | null = null): JsonObject =>
      chunk(of, {}, { index, finish_reason: finish });
    const events = [
      at(0, { content: 'a' }),
      at(1, { content: 'b' }),
      at(0, {}, 'stop'),
      at(1, { content: 'c' }),
      at(1, {}, 'length'),
    ];
    const half = replay(sse(...events.slice(0, 4)));
    expect(half.state.finished).toBe(false);
    const { choices, state } = replay(sse(...events));
    expect(choices.map(({ content, finish }) => [content, finish])).toEqual([
      ['a', ['stop']],
      ['bc', ['length']],
    ]);
    // The stream's reason is that of the first choice.
    expect(state).toMatchObject({ finished: true, done: false, finishReason: 'stop' });
  });

  test('the reason of another choice until the first has one', () => {
    const end = (index: number, reason: string): JsonObject =>
      chunk({}, {}, { index, finish_reason: reason });
    expect(replay(sse(end(2, 'length'))).state).toMatchObject({ finishReason: 'length', finished: true });
    expect(replay(sse(end(2, 'length'), end(1, 'stop'))).state.finishReason).toBe('length');
    expect(replay(sse(end(2, 'length'), end(0, 'stop'))).state.finishReason).toBe('stop');
    const bare = { ...chunk({}), choices: [{ delta: {}, finish_reason: 'stop' }] };
    expect(replay(sse(end(2, 'length'), bare)).state.finishReason).toBe('stop');
  });

  test('several choices in one chunk', () => {
    const upstream = chunk({ content: 'a' });
    upstream.choices = [
      ...list(upstream.choices),
      { index: 1, delta: { content: 'b' }, finish_reason: 'stop' },
    ];
    expect(passed(upstream)).toEqual({ ...upstream, id: 'gen_1' });
  });
});

describe('usage', () => {
  test('in a chunk of its own', () => {
    const { state, chunks } = replay(sse(chunk({ content: 'a' }), STOP, USAGE_CHUNK, '[DONE]'));
    expect(state).toMatchObject({
      usage: { inputTokens: 10, outputTokens: 5 },
      usageObject: USAGE,
      done: true,
    });
    expect(chunks).toHaveLength(2);
  });

  test('beside the last choice: the choice goes on, the usage does not', () => {
    const text = sse(chunk({ content: 'a' }), {
      ...chunk({ content: 'b' }, {}, { finish_reason: 'stop' }),
      usage: USAGE,
    });
    for (const includeUsage of [true, false]) {
      const { state, chunks, choices } = replay(text, { includeUsage });
      expect(state).toMatchObject({ usage: { outputTokens: 5 }, finished: true });
      expect(choices[0]).toMatchObject({ content: 'ab', finish: ['stop'] });
      expect(chunks[1]).not.toHaveProperty('usage');
    }
  });

  test('twice: the last counts', () => {
    const later = { prompt_tokens: 10, completion_tokens: 7, total_tokens: 17 };
    const { state } = replay(sse({ ...STOP, usage: USAGE }, { ...USAGE_CHUNK, usage: later }, '[DONE]'));
    expect(state).toMatchObject({ usage: { outputTokens: 7 }, usageObject: later });
  });

  test('in every chunk, growing', () => {
    const grown = (completion_tokens: number): JsonObject => ({ prompt_tokens: 10, completion_tokens });
    const { state } = replay(
      sse(
        { ...chunk({ content: 'a' }), usage: grown(1) },
        { ...chunk({ content: 'b' }), usage: grown(2) },
        STOP,
      ),
    );
    expect(state.usage?.outputTokens).toBe(2);
  });

  test('never', () => {
    expect(replay(sse(chunk({ content: 'a' }), STOP, '[DONE]')).state).toMatchObject({
      usage: null,
      usageObject: null,
      finished: true,
    });
  });

  test('without a count is none, and does not undo one', () => {
    const { state, chunks } = replay(sse({ ...STOP, usage: USAGE }, { ...USAGE_CHUNK, usage: {} }));
    expect(state.usage?.outputTokens).toBe(5);
    expect(chunks).toHaveLength(1);
  });

  test('behind the last word of the host', () => {
    expect(replay(sse(STOP, USAGE_CHUNK)).state).toMatchObject({
      finished: true,
      done: false,
      usageObject: USAGE,
    });
  });

  test('in an event without choices', () => {
    const { choices: _, ...bare } = USAGE_CHUNK;
    expect(replay(sse(STOP, bare))).toMatchObject({ chunks: [{}], state: { usageObject: USAGE } });
  });

  test.each([
    [
      'last',
      '{"id":"c","object":"chat.completion.chunk","created":5,"model":"m","choices":[],"usage":null}',
      ',"usage":null',
    ],
    [
      'first',
      '{"usage":null,"id":"c","object":"chat.completion.chunk","created":5,"model":"m","choices":[]}',
      '"usage":null,',
    ],
    [
      'with spaces',
      '{"id": "c", "object": "chat.completion.chunk", "created": 5, "model": "m", "usage": null, "choices": []}',
      ', "usage": null',
    ],
  ])('null, %s: seen by those that asked for it only', (_, data, cut) => {
    const spliced = data.replace('"c"', '"gen_1"');
    expect(replay(sse(data), { includeUsage: true }).out).toBe(sse(spliced));
    expect(replay(sse(data)).out).toBe(sse(spliced.replace(cut, '')));
  });

  test('null, and the same words elsewhere', () => {
    const upstream = { ...chunk({ content: ',"usage":null', x: { a: 1, usage: null } }), usage: null };
    const { usage: _, ...expected } = { ...upstream, id: 'gen_1' };
    expect(passed(upstream)).toEqual(expected);
  });
});

describe('labels', () => {
  test('are ours where the host gives none', () => {
    const bare = { choices: [{ index: 0, delta: { content: 'a' }, finish_reason: null }] };
    expect(passed(bare)).toEqual({
      id: 'gen_1',
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: 'asked-model',
      choices: bare.choices,
    });
    expect(replay(sse(bare)).state).toMatchObject({
      upstreamId: null,
      upstreamModel: null,
      created: 1_700_000_000,
    });
  });

  test.each<[JsonObject, JsonObject]>([
    [{ id: undefined }, {}],
    [{ object: undefined }, {}],
    [{ object: '' }, {}],
    [{ model: undefined }, { model: 'asked-model' }],
    [{ model: '' }, { model: 'asked-model' }],
    [{ created: undefined }, { created: 1_700_000_000 }],
    [{ created: null }, { created: 1_700_000_000 }],
  ])('one alone: %j', (label, expected) => {
    expect(passed(chunk({ content: 'a' }, label))).toEqual({
      ...chunk({ content: 'a' }, { id: 'gen_1' }),
      ...expected,
    });
  });

  test('of the first chunk are those of the stream', () => {
    const { state } = replay(sse(chunk({}), chunk({}, { id: 'b', created: 5, model: 'other' }), STOP));
    expect(state).toMatchObject({
      upstreamId: 'chatcmpl-1',
      upstreamModel: 'up-model',
      created: 1_754_432_623,
    });
  });

  test('of the first chunk hold for those that have none', () => {
    const { chunks } = replay(
      sse(chunk({ content: 'a' }), { choices: [{ index: 0, delta: { content: 'b' }, finish_reason: null }] }),
    );
    expect(chunks[1]).toMatchObject({
      created: 1_754_432_623,
      model: 'up-model',
      object: 'chat.completion.chunk',
    });
  });

  test('may come after a chunk that only tells of filters', () => {
    const filters = {
      choices: [],
      created: 0,
      id: '',
      model: '',
      object: '',
      prompt_filter_results: [{ prompt_index: 0 }],
    };
    const { chunks, state } = replay(sse(filters, chunk({ content: 'a' }), STOP));
    expect(chunks[0]).toMatchObject({
      choices: [],
      model: 'asked-model',
      prompt_filter_results: [{ prompt_index: 0 }],
    });
    expect(state).toMatchObject({
      upstreamId: 'chatcmpl-1',
      upstreamModel: 'up-model',
      created: 1_754_432_623,
    });
  });

  test('an id that stands elsewhere too is only replaced at the top', () => {
    const call = { index: 0, id: 'chatcmpl-1', type: 'function', function: { name: 'f', arguments: '{}' } };
    const upstream = chunk({ content: '"id":"chatcmpl-1"', tool_calls: [call] }, { x: { id: 'chatcmpl-1' } });
    expect(passed(upstream)).toEqual({ ...upstream, id: 'gen_1' });
  });

  test('an id that changes from chunk to chunk', () => {
    const { chunks, state } = replay(
      sse(chunk({}, { id: 'a' }), chunk({}, { id: 'b' }), chunk({}, { id: 'a' })),
    );
    expect(chunks.map(({ id }) => id)).toEqual(['gen_1', 'gen_1', 'gen_1']);
    expect(state.upstreamId).toBe('a');
  });

  test.each(['a"b\\c', 'é/😀', ''])('an id with other characters: %j', (id) => {
    expect(passed(chunk({ content: 'a' }, { id }))).toEqual(chunk({ content: 'a' }, { id: 'gen_1' }));
  });

  test('an id whose spelling is not JSON.stringify’s', () => {
    const data = JSON.stringify(chunk({ content: 'a' }, { id: 'a/b' })).replace('a/b', 'a\\/b');
    expect(replay(sse(data)).chunks).toEqual([chunk({ content: 'a' }, { id: 'gen_1' })]);
  });
});

describe('events that are no chunks', () => {
  test('pings, comments, empty data and strange objects say nothing', () => {
    const text =
      ': OPENROUTER PROCESSING\n\n: keep-alive\n\nevent: ping\ndata: {"type":"ping"}\n\ndata:\n\ndata: \n\nid: 1\nretry: 5\n\n' +
      sse(chunk({ content: 'a' }), STOP) +
      ': ping\n\ndata: [DONE]\n\n';
    const { choices, chunks, error, state } = replay(text);
    expect(error).toBeNull();
    expect(chunks).toHaveLength(2);
    expect(choices[0]?.content).toBe('a');
    expect(state).toMatchObject({ finished: true, done: true });
  });

  test('an event over several lines is one chunk on one line', () => {
    const data = JSON.stringify(chunk({ content: 'a\nb' }), null, 1).replaceAll('\n', '\ndata: ');
    expect(replay(`data: ${data}\n\n`).chunks).toEqual([chunk({ content: 'a\nb' }, { id: 'gen_1' })]);
  });

  test('line ends of any kind, a byte order mark, no last blank line', () => {
    const plain = sse(chunk({ content: 'é😀' }), STOP, '[DONE]');
    for (const text of [
      plain.replaceAll('\n', '\r\n'),
      plain.replaceAll('\n', '\r'),
      `\uFEFF${plain}`,
      plain.trimEnd(),
      plain.replaceAll('data: ', 'data:'),
    ]) {
      const got = replay(text);
      expect(got.out).toBe(replay(plain).out);
      expect(got.state.done).toBe(true);
    }
  });

  test('a stream that is cut is not finished', () => {
    const text = sse(chunk({ content: 'a' }), chunk({ content: 'b' }));
    expect(replay(text).state).toMatchObject({ finished: false, done: false, finishReason: null });
    // Half an event at the end is no JSON, and no finish either.
    const cut = replay(sse(chunk({ content: 'a' })) + sse(STOP).slice(0, -20));
    expect(cut.error?.code).toBe('upstream_invalid_response');
    expect(cut.state.finished).toBe(false);
  });

  test('nothing at all', () => {
    expect(replay('')).toMatchObject({ out: '', error: null, state: { finished: false, done: false } });
    expect(replay('data: [DONE]\n\n')).toMatchObject({ out: '', state: { finished: false, done: true } });
  });
});

describe('the size of what was sent', () => {
  test('counts text, reasoning, refusals and arguments', () => {
    const { state } = replay(
      sse(
        chunk({ role: 'assistant', content: 'four' }),
        chunk({ reasoning: 'fives' }),
        chunk({ reasoning_content: 'sixsix' }),
        chunk({ reasoning: 'once', reasoning_content: 'once' }),
        chunk({ refusal: 'no' }),
        chunk({
          tool_calls: [
            { index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          ],
        }),
        chunk({ content: [{ type: 'thinking', thinking: 'hm' }, 'seven77'] }),
        STOP,
      ),
    );
    expect(state.outputChars).toBe(4 + 5 + 6 + 4 + 2 + 7 + 9);
  });
});

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
