import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/lib/json.ts';
import { chunk, list, passed, replay, STOP, sse } from './support.ts';

describe('what the schema allows passes as it is', () => {
  test.each<[string, JsonObject]>([
    [
      'logprobs',
      chunk({ content: 'a' }, {}, { logprobs: { content: [{ token: 'a', logprob: -1e-7 }], refusal: null } }),
    ],
    ['labels', chunk({}, { system_fingerprint: 'fp_1', service_tier: 'default', obfuscation: 'x' })],
    ['unknown members', chunk({ content: 'a', x: [1, { y: null }] }, { z: { id: 'other' } }, { w: 1.5 })],
    ['a refusal', chunk({ refusal: 'No.' })],
    ['a piece of a call', chunk({ tool_calls: [{ index: 0, function: { arguments: '{' } }] })],
    ['an end', chunk({}, {}, { finish_reason: 'tool_calls' })],
    [
      'a call',
      chunk({
        tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '' } }],
      }),
    ],
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
    const { state } = replay(sse(chunk({}), chunk({}, { id: 'b', created: 5, model: 'other' })));
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
    expect(replay(sse(filters)).state.finished).toBe(false);
    const { chunks, state } = replay(sse(filters, chunk({ content: 'a' }), STOP));
    expect(chunks[0]).toMatchObject({
      // So that clients which read its delta go on working.
      choices: [{ index: 0, delta: {}, finish_reason: null }],
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

  test('also where it stands elsewhere first, or is spelled in another way next', () => {
    const { id, ...rest } = chunk({ tool_calls: [{ index: 0, id: 'chatcmpl-1', type: 'function' }] });
    const late = { ...rest, id };
    expect(passed(late)).toEqual({ ...late, id: 'gen_1' });
    const spaced = JSON.stringify(chunk({ content: 'a' }), null, 1).replaceAll('\n', '');
    const { chunks } = replay(sse(chunk({ content: 'a' }), spaced));
    expect(chunks).toEqual([
      chunk({ content: 'a' }, { id: 'gen_1' }),
      chunk({ content: 'a' }, { id: 'gen_1' }),
    ]);
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
