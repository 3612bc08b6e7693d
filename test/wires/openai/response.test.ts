import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/lib/json.ts';
import { decode } from './support.ts';

function answer(message: JsonObject, choice: JsonObject = {}, more: JsonObject = {}): JsonObject {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_754_432_623,
    model: 'up-model',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'a', refusal: null, ...message },
        logprobs: null,
        finish_reason: 'stop',
        ...choice,
      },
    ],
    ...more,
  };
}

/** The message as the client gets it. */
function message(of: JsonObject): JsonObject {
  return decode(answer(of)).message;
}

describe('what the schema allows passes byte for byte', () => {
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{"x":1}' } };
  test.each<[string, JsonObject]>([
    [
      'labels',
      answer({}, {}, { system_fingerprint: 'fp', service_tier: 'default', usage: { prompt_tokens: 1 } }),
    ],
    [
      'logprobs',
      answer({}, { logprobs: { content: [{ token: 'a', logprob: -0.5, top_logprobs: [] }], refusal: null } }),
    ],
    ['unknown members', answer({ x: { id: 'chatcmpl-2' } }, { y: [null] }, { z: 1 })],
    [
      'calls',
      answer({ content: null, tool_calls: [call, { ...call, id: 'd' }] }, { finish_reason: 'tool_calls' }),
    ],
    ['an old function call', answer({ content: null, function_call: { name: 'f', arguments: '{}' } })],
    [
      'a custom tool',
      answer({ tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'f', input: 'x' } }] }),
    ],
    ['sound', answer({ content: null, audio: { id: 'a', data: 'AAAA', expires_at: 1, transcript: 't' } })],
    [
      'annotations',
      answer({ annotations: [{ type: 'url_citation', url_citation: { url: 'https://a.example' } }] }),
    ],
    [
      'reasoning',
      answer({ reasoning: 'r', reasoning_content: 'r', reasoning_details: [{ type: 'reasoning.text' }] }),
    ],
    ['a refusal', answer({ content: null, refusal: 'No.' }, { finish_reason: 'content_filter' })],
  ])('%s', (_, upstream) => {
    const spaced = JSON.stringify(upstream, null, 1).replaceAll('\n', '');
    for (const text of [JSON.stringify(upstream), spaced]) {
      expect(decode(text).answer.text).toBe(text.replace('"chatcmpl-1"', '"gen_1"'));
    }
  });

  test('several choices', () => {
    const [first] = answer({}).choices as JsonObject[];
    const upstream = { ...answer({}), choices: [first, { ...first, index: 1, finish_reason: 'length' }] };
    const { answer: got } = decode(upstream);
    expect(got.text).toBe(JSON.stringify(upstream).replace('chatcmpl-1', 'gen_1'));
    expect(got.finishReason).toBe('stop');
  });

  test('numbers, escapes, spaces and doubled members', () => {
    const text =
      '\n\n{ "id" : "x", "object": "chat.completion","id":"chatcmpl-1","created":1754432623,"model":"m",\n' +
      '"seed":12345678901234567890,"choices":[{"index":0,"logprobs":null,"finish_reason":"stop","message":' +
      '{"role":"assistant","refusal":null,"content":"\\u00e9\\/ 😀 \\"id\\":\\"chatcmpl-1\\""}}]}\n';
    expect(decode(text).answer.text).toBe(text.replace('"id":"chatcmpl-1"', '"id":"gen_1"'));
  });

  test('an id that stands elsewhere too is only replaced at the top', () => {
    const { id, ...rest } = answer({ x: { id: 'chatcmpl-1' } });
    for (const upstream of [
      { id, ...rest },
      { ...rest, id },
    ]) {
      expect(decode(upstream).completion).toEqual({ ...upstream, id: 'gen_1' });
    }
  });
});

describe('repairs', () => {
  test('labels that are missing or empty', () => {
    const choices = [{ message: { content: 'a' }, finish_reason: 'stop' }];
    const expected = {
      id: 'gen_1',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'asked-model',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'a', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
    };
    expect(decode({ choices })).toMatchObject({
      completion: expected,
      answer: { upstreamId: null, upstreamModel: null, usage: null },
    });
    expect(
      decode({ id: '', object: 'text_completion', created: null, model: '', choices }).completion,
    ).toEqual(expected);
  });

  test.each<[JsonObject, JsonObject]>([
    [{ id: undefined }, {}],
    [{ id: '' }, {}],
    [{ id: null }, {}],
    [{ object: undefined }, {}],
    [{ object: 'text_completion' }, {}],
    [{ model: undefined }, { model: 'asked-model' }],
    [{ model: '' }, { model: 'asked-model' }],
    [{ created: undefined }, { created: 1_700_000_000 }],
    [{ created: '1' }, { created: 1_700_000_000 }],
  ])('one label alone: %j', (label, expected) => {
    expect(decode(answer({}, {}, label)).completion).toEqual({ ...answer({}), id: 'gen_1', ...expected });
  });

  test.each<[string, JsonObject]>([
    ['index', { index: undefined }],
    ['logprobs', { logprobs: undefined }],
    ['finish reason', { finish_reason: undefined }],
  ])('one member of a choice alone: %s', (_, choice) => {
    expect(decode(answer({}, choice)).completion).toEqual({ ...answer({}), id: 'gen_1' });
  });

  test.each<[string, JsonObject, JsonObject]>([
    ['role', { role: undefined }, {}],
    ['another role', { role: 'model' }, {}],
    ['refusal', { refusal: undefined }, {}],
    ['content', { content: undefined }, { content: null }],
    ['content in parts', { content: ['a'] }, { content: 'a' }],
    ['reasoning', { reasoning_content: 'r' }, { reasoning_content: 'r', reasoning: 'r' }],
  ])('one member of a message alone: %s', (_, sent, expected) => {
    expect(decode(answer(sent)).completion).toEqual({ ...answer(expected), id: 'gen_1' });
  });

  test('indexes of several choices', () => {
    const choice = { message: { content: 'a' }, finish_reason: 'stop' };
    expect(decode({ choices: [choice, choice] }).choices.map(({ index }) => index)).toEqual([0, 1]);
  });

  test.each<[unknown, string, string | null, string | null]>([
    ['eos', 'stop', 'eos', 'stop'],
    ['eos_token', 'stop', 'eos_token', 'stop'],
    ['end_turn', 'stop', 'end_turn', 'stop'],
    ['stop_sequence', 'stop', 'stop_sequence', 'stop'],
    ['max_tokens', 'length', 'max_tokens', 'length'],
    ['model_context_window_exceeded', 'length', 'model_context_window_exceeded', 'length'],
    ['tool_use', 'tool_calls', 'tool_use', 'tool_calls'],
    ['refusal', 'content_filter', 'refusal', 'content_filter'],
    ['__proto__', 'stop', '__proto__', 'stop'],
    ['', 'stop', null, null],
    [null, 'stop', null, null],
  ])('finish reason %j', (sent, shown, raw, mapped) => {
    const { choices, answer: got } = decode(answer({}, { finish_reason: sent as string }));
    expect(choices[0]?.finish_reason).toBe(shown);
    expect(got).toMatchObject({ rawFinishReason: raw, finishReason: mapped });
  });

  test('content in parts, as Mistral’s reasoning models send it', () => {
    const thinking = { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }], closed: true };
    expect(
      message({ content: [thinking, { type: 'text', text: 'Yes' }, { type: 'text', text: '.' }] }),
    ).toMatchObject({
      content: 'Yes.',
      reasoning: 'Hm.',
    });
    expect(message({ content: [thinking] })).toMatchObject({ content: null, reasoning: 'Hm.' });
    expect(message({ content: [{ type: 'thinking', thinking: 'Hm.' }, 'Yes'] })).toMatchObject({
      content: 'Yes',
      reasoning: 'Hm.',
    });
    const odd = {
      type: 'thinking',
      thinking: [{ type: 'text', text: 'H' }, { type: 'x' }, null, { text: 'm' }],
    };
    expect(message({ content: [odd] })).toMatchObject({ content: null, reasoning: 'Hm' });
    expect(message({ content: [thinking, 'Yes'], reasoning: 'own' })).toMatchObject({ reasoning: 'own' });
    expect(message({ content: [null, 1, { type: 'image_url' }] })).toMatchObject({ content: '' });
  });

  test('reasoning under its other name, which stays', () => {
    expect(message({ reasoning_content: 'r' })).toMatchObject({ reasoning: 'r', reasoning_content: 'r' });
    // One that is there already is not written over, whatever else is repaired.
    expect(message({ reasoning: 'own', reasoning_content: 'r', tool_calls: null })).toMatchObject({
      reasoning: 'own',
      reasoning_content: 'r',
    });
    expect(message({ reasoning_content: null })).not.toHaveProperty('reasoning');
  });

  test('tool calls', () => {
    const fn = { name: 'f', arguments: '{}' };
    const whole = [{ id: 'c', type: 'function', function: fn }];
    expect(message({ tool_calls: [{ id: 'c', function: fn }] }).tool_calls).toEqual(whole);
    expect(message({ tool_calls: [{ id: 'c', type: null, function: fn }] }).tool_calls).toEqual(whole);
    for (const none of [null, undefined]) {
      const sent = { id: 'c', type: 'function', function: { name: 'f', arguments: none } };
      expect(message({ tool_calls: [sent] }).tool_calls).toEqual(whole);
    }
    const object = { id: 'c', type: 'function', function: { name: 'f', arguments: { x: [1] } } };
    expect(message({ tool_calls: [object] }).tool_calls).toEqual([
      { id: 'c', type: 'function', function: { name: 'f', arguments: '{"x":[1]}' } },
    ]);
    expect(message({ tool_calls: [null, 'x', { id: 'c', function: fn }] }).tool_calls).toEqual(whole);
    const other = { id: 'c', type: 'other', function: { name: 'f', arguments: {} } };
    expect(message({ tool_calls: [other] }).tool_calls).toMatchObject([{ type: 'other' }]);
    const array = { id: 'c', type: 'function', function: { name: 'f', arguments: [1] } };
    expect(message({ tool_calls: [array] }).tool_calls).toMatchObject([{ function: { arguments: '[1]' } }]);
    expect(message({ tool_calls: null })).not.toHaveProperty('tool_calls');
    expect(message({ tool_calls: {} })).not.toHaveProperty('tool_calls');
    expect(message({ tool_calls: [] }).tool_calls).toEqual([]);
  });

  test('a role and a content that are missing', () => {
    expect(message({ role: null, content: undefined, refusal: undefined })).toEqual({
      role: 'assistant',
      content: null,
      refusal: null,
    });
  });

  test('repairing one thing changes no other', () => {
    const upstream = answer(
      { tool_calls: null, x: 1 },
      { y: 2, content_filter_results: {} },
      { z: 3, usage: { a: 1 } },
    );
    const expected = {
      ...answer({ x: 1 }, { y: 2, content_filter_results: {} }, { z: 3, usage: { a: 1 } }),
      id: 'gen_1',
    };
    expect(decode(upstream).completion).toEqual(expected);
  });
});
