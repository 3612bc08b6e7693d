import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../../src/errors.ts';
import { isObject, type JsonObject } from '../../../../src/lib/json.ts';
import { list } from '../support.ts';
import { chunk, eventsOf, expectOrder, folded, LABELS, read, readAll, written } from './support.ts';

const USAGE = { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 };

const call = (index: number, more: { id?: string; name?: string; text?: string }): JsonObject => ({
  tool_calls: [
    {
      index,
      ...(more.id === undefined ? {} : { id: more.id, type: 'function' }),
      function: {
        ...(more.name === undefined ? {} : { name: more.name }),
        arguments: more.text ?? '',
      },
    },
  ],
});

describe('events', () => {
  test('of a text, to the letter', () => {
    const out = written([chunk({ role: 'assistant', content: '' }), chunk({ content: 'Hi' }, 'stop')], USAGE);
    expect(out).toBe(
      [
        'event: message_start\ndata: {"type":"message_start","message":{"id":"gen_1","type":"message",' +
          '"role":"assistant","model":"asked-model","content":[],"stop_reason":null,"stop_sequence":null,' +
          '"stop_details":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,' +
          '"cache_read_input_tokens":0,"output_tokens":0}}}',
        'event: content_block_start\ndata: {"type":"content_block_start","index":0,' +
          '"content_block":{"type":"text","text":""}}',
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,' +
          '"delta":{"type":"text_delta","text":"Hi"}}',
        'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}',
        'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn",' +
          '"stop_sequence":null,"stop_details":null},"usage":{"input_tokens":12,' +
          '"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":5}}',
        'event: message_stop\ndata: {"type":"message_stop"}',
        '',
      ].join('\n\n'),
    );
  });

  test('a ping, and the error of a stream that breaks', () => {
    const stream = readAll({}).stream(LABELS);
    expect(stream.ping()).toBe('event: ping\ndata: {"type":"ping"}\n\n');
    stream.push(chunk({ content: 'Hi' }));
    const { error } = new GatewayError('upstream_overloaded', { message: 'm' }).envelope('req_1');
    expect(stream.fail(error)).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"m",' +
        '"code":"upstream_overloaded"},"request_id":"req_1"}\n\n',
    );
  });

  test('the last chunk tells who served, and what it cost', () => {
    const stream = readAll({}).stream(LABELS);
    const out = stream.end({ usage: USAGE, credits_used: 0.5, model_used: 'a/b', provider_used: 'a' });
    const [, delta] = eventsOf(out);
    expect(delta).toMatchObject({ credits_used: 0.5, model_used: 'a/b', provider_used: 'a' });
  });

  test('usage: the cache counts apart', () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 9,
      prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 30 },
      completion_tokens_details: { reasoning_tokens: 4 },
    };
    const [, delta] = eventsOf(written([], usage));
    expect(delta?.usage).toEqual({
      input_tokens: 10,
      cache_read_input_tokens: 60,
      cache_creation_input_tokens: 30,
      output_tokens: 9,
      output_tokens_details: { thinking_tokens: 4 },
    });
  });
});

describe('stop reasons', () => {
  const cases: [finish: string, delta: JsonObject, expected: JsonObject][] = [
    ['stop', {}, { stop_reason: 'end_turn', stop_sequence: null, stop_details: null }],
    ['length', {}, { stop_reason: 'max_tokens' }],
    ['tool_calls', {}, { stop_reason: 'tool_use' }],
    [
      'content_filter',
      { refusal: 'Policy.' },
      { stop_reason: 'refusal', stop_details: { type: 'refusal', category: null, explanation: 'Policy.' } },
    ],
    [
      'stop',
      { provider_data: { anthropic: { stop_sequence: 'END' } } },
      { stop_reason: 'stop_sequence', stop_sequence: 'END' },
    ],
    [
      'content_filter',
      { provider_data: { anthropic: { stop_details: { type: 'refusal', category: 'bio' } } } },
      { stop_reason: 'refusal', stop_details: { type: 'refusal', category: 'bio' } },
    ],
  ];

  test.each(cases)('%s %j', (finish, delta, expected) => {
    const events = eventsOf(written([chunk(delta, finish)], USAGE, { stop_sequences: ['END'] }));
    expect(events.at(-2)?.delta).toMatchObject(expected);
  });

  test('a sequence that the host names beside the finish reason', () => {
    const last = {
      ...chunk({ content: 'x' }),
      choices: [{ delta: {}, finish_reason: 'stop', stop_reason: 'END' }],
    };
    expect(eventsOf(written([last], USAGE, { stop_sequences: ['END'] })).at(-2)?.delta).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: 'END',
    });
    // A token id, or a sequence that was not asked for.
    expect(eventsOf(written([last], USAGE)).at(-2)?.delta).toMatchObject({ stop_reason: 'end_turn' });
  });

  test('a refusal in the words of the model is text', async () => {
    const message = await folded(
      written([chunk({ refusal: 'I ' }), chunk({ refusal: "won't." }), chunk({}, 'stop')], USAGE),
    );
    expect(message.content).toEqual([{ type: 'text', text: "I won't." }]);
    expect(message.stop_reason).toBe('refusal');
  });
});

test('why the provider stopped an answer may come before its end', () => {
  const events = eventsOf(written([chunk({ refusal: 'Blocked.' }), chunk({}, 'content_filter')], USAGE));
  expect(events.map(({ type }) => type)).toEqual(['message_start', 'message_delta', 'message_stop']);
  expect(events[1]?.delta).toMatchObject({
    stop_reason: 'refusal',
    stop_details: { explanation: 'Blocked.' },
  });
});

describe('calls', () => {
  test('that come mixed are put one behind the other', async () => {
    const message = await folded(
      written(
        [
          chunk(call(0, { id: 'a', name: 'one' })),
          chunk(call(1, { id: 'b', name: 'two' })),
          chunk(call(0, { text: '{"x"' })),
          chunk(call(1, { text: '{"y":' })),
          chunk(call(0, { text: ':1}' })),
          chunk(call(1, { text: '2}' })),
          chunk({}, 'tool_calls'),
        ],
        USAGE,
      ),
    );
    expect(message.content).toEqual([
      { type: 'tool_use', id: 'a', name: 'one', input: { x: 1 } },
      { type: 'tool_use', id: 'b', name: 'two', input: { y: 2 } },
    ]);
  });

  test('without arguments, and without an id', async () => {
    const message = await folded(
      written(
        [chunk(call(0, { name: 'one' })), chunk(call(1, { id: 'b', name: 'two' })), chunk({}, 'tool_calls')],
        USAGE,
      ),
    );
    expect(message.content).toEqual([
      { type: 'tool_use', id: 'gen_1_0', name: 'one', input: {} },
      { type: 'tool_use', id: 'b', name: 'two', input: {} },
    ]);
  });
});

describe('reasoning of other models returns as it came', () => {
  /** What a client sends back of an answer, as the next model gets it. */
  async function returned(...deltas: JsonObject[]): Promise<unknown> {
    const message = await folded(written([...deltas.map((delta) => chunk(delta)), chunk({}, 'stop')], USAGE));
    const chat = read({
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: message.content ?? [] },
        { role: 'user', content: 'Go on' },
      ],
    });
    return chat.messages[1];
  }

  test('text alone, under the name that its host gave it', async () => {
    expect(await returned({ reasoning: 'Hm', reasoning_content: 'Hm' }, { content: 'Yes' })).toEqual({
      role: 'assistant',
      content: 'Yes',
      reasoning_content: 'Hm',
    });
    expect(await returned({ reasoning: 'H' }, { reasoning: 'm' }, { content: 'Yes' })).toEqual({
      role: 'assistant',
      content: 'Yes',
      reasoning: 'Hm',
    });
  });

  test('thoughts with their details, and the signature of a call', async () => {
    const format = 'google-gemini-v1';
    const signature = { type: 'reasoning.encrypted', data: 'c2ln', id: 'a', format, index: 1 };
    const said = await returned(
      { reasoning: 'H', reasoning_details: [{ type: 'reasoning.text', text: 'H', format, index: 0 }] },
      { reasoning: 'm', reasoning_details: [{ type: 'reasoning.text', text: 'm', format, index: 0 }] },
      { content: 'Yes' },
      { ...call(0, { id: 'a', name: 'one', text: '{}' }), reasoning_details: [signature] },
    );
    expect(said).toEqual({
      role: 'assistant',
      content: 'Yes',
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'one', arguments: '{}' } }],
      reasoning_details: [{ type: 'reasoning.text', text: 'Hm', format, index: 0 }, signature],
    });
  });

  test('thinking of Claude beside what its host alone can read', async () => {
    const own = {
      type: 'reasoning.text',
      text: 'Hm',
      signature: 'Eq',
      format: 'anthropic-claude-v1',
      index: 0,
    };
    const sealed = { type: 'reasoning.encrypted', data: 'R', format: 'bedrock-converse-v1', index: 1 };
    const delta = { reasoning: 'Hm', reasoning_details: [own, sealed] };
    const { content } = await folded(
      written([chunk(delta), chunk({ content: 'Yes' }), chunk({}, 'stop')], USAGE),
    );
    expect(content).toMatchObject([
      { type: 'thinking', thinking: 'Hm', signature: 'Eq' },
      { type: 'redacted_thinking' },
      { type: 'text', text: 'Yes' },
    ]);
    expect(await returned(delta, { content: 'Yes' })).toMatchObject({ reasoning_details: [own, sealed] });
  });
});

describe('whatever the chunks', () => {
  const text = fc.string({ minLength: 1, maxLength: 6 });
  const delta: fc.Arbitrary<JsonObject> = fc.oneof<fc.Arbitrary<JsonObject>[]>(
    text.map((content) => ({ content })),
    text.map((reasoning) => ({ reasoning })),
    text.map((refusal) => ({ refusal })),
    fc.record({ text, index: fc.nat(2) }).map(({ text: thought, index }) => ({
      reasoning: thought,
      reasoning_details: [{ type: 'reasoning.text', text: thought, format: 'anthropic-claude-v1', index }],
    })),
    fc
      .record({ format: fc.constantFrom('anthropic-claude-v1', 'google-gemini-v1'), data: text })
      .map((detail) => ({
        reasoning_details: [{ type: 'reasoning.encrypted', ...detail }],
      })),
    fc
      .record({ index: fc.nat(3), id: text, name: fc.option(text, { nil: undefined }), text })
      .map(({ index, name, ...more }) => call(index, name === undefined ? more : { ...more, name })),
    fc.constant({ annotations: [{ type: 'url_citation', url_citation: { url: 'https://a.example' } }] }),
    fc.constant({}),
  );

  test('blocks are started, added to and stopped one behind the other', () => {
    fc.assert(
      fc.property(fc.array(delta, { maxLength: 30 }), (deltas) => {
        const events = eventsOf(written([...deltas.map((one) => chunk(one)), chunk({}, 'stop')], USAGE));
        expectOrder(events);
      }),
    );
  });

  test('text and calls arrive whole', () => {
    fc.assert(
      fc.property(fc.array(delta, { maxLength: 30 }), (deltas) => {
        const events = eventsOf(written([...deltas.map((one) => chunk(one)), chunk({}, 'stop')], USAGE));
        // Whose words a refusal is shows at the end.
        const said = ['content', 'refusal'].flatMap((name) => deltas.map((one) => one[name] ?? '')).join('');
        const told = events.map(({ delta: part }) =>
          isObject(part) && part.type === 'text_delta' ? part.text : '',
        );
        expect(told.join('')).toBe(said);
        const indexes = new Set(deltas.flatMap((one) => list(one.tool_calls).map(({ index }) => index)));
        const calls = events.filter(
          ({ content_block: block }) => isObject(block) && block.type === 'tool_use',
        );
        expect(calls).toHaveLength(indexes.size);
      }),
    );
  });

  test('calls whose pieces come mixed have their own arguments', async () => {
    const pieces = fc
      .record({
        input: fc.dictionary(text, fc.jsonValue({ maxDepth: 1 }), { minKeys: 1, maxKeys: 3 }),
        cut: fc.nat(20),
      })
      .map(({ input, cut }) => {
        const json = JSON.stringify(input);
        return { json, pieces: [json.slice(0, cut), json.slice(cut)] };
      });
    const calls = fc.array(pieces, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(calls, fc.array(fc.nat(3), { maxLength: 12 }), async (given, turns) => {
        const begun = given.map((_, index) => chunk(call(index, { id: `id_${index}`, name: `n${index}` })));
        const queues = given.map((one) => [...one.pieces]);
        const order = [...turns, ...given.flatMap((_, index) => [index, index])];
        const rest = order.flatMap((index) => {
          const piece = queues[index]?.shift();
          return piece === undefined ? [] : [chunk(call(index, { text: piece }))];
        });
        const message = await folded(written([...begun, ...rest, chunk({}, 'tool_calls')], USAGE));
        expect(message.content).toEqual(
          given.map(({ json }, index) => ({
            type: 'tool_use',
            id: `id_${index}`,
            name: `n${index}`,
            input: JSON.parse(json),
          })),
        );
      }),
      { numRuns: 50 },
    );
  });
});
