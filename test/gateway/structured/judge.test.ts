import { describe, expect, test } from 'vitest';
import { AnswerCheck, unwrapped } from '../../../src/gateway/structured/answer-check.ts';
import { choicesOf, judge, unwrapAll } from '../../../src/gateway/structured/judge.ts';
import { onlyChoice, StreamedChoices } from '../../../src/gateway/structured/streamed.ts';
import type { JsonObject } from '../../../src/lib/json.ts';

const SCHEMA = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] };
const check = () => new AnswerCheck({ schema: SCHEMA });

const choice = (content: string | null, more: JsonObject = {}, message: JsonObject = {}): JsonObject => ({
  index: 0,
  message: { role: 'assistant', content, ...message },
  finish_reason: 'stop',
  ...more,
});
const completion = (...choices: JsonObject[]): JsonObject => ({ id: 'gen_1', choices });
const judged = (given: JsonObject, constrained = false) => judge(choicesOf(given), check(), constrained);

const CALLS = { tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }] };

describe('an answer is', () => {
  test.each<[string, JsonObject, string | null, string | null, string | null]>([
    ['validated, when it fits', completion(choice('{"a":1}')), 'validated', null, 'valid'],
    [
      'validated, when white space stands around it',
      completion(choice(' {"a":1}\n')),
      'validated',
      null,
      'valid',
    ],
    ['failed, when it does not fit', completion(choice('{"a":"1"}')), 'failed', 'invalid', 'invalid'],
    ['failed, when it is no JSON', completion(choice('It is one.')), 'failed', 'not_json', 'invalid'],
    ['failed, when it is empty', completion(choice('')), 'failed', 'not_json', 'invalid'],
    ['failed, when it says nothing', completion(choice(null)), 'failed', 'not_json', 'invalid'],
    [
      'failed through nobody’s fault, when it is cut off',
      completion(choice('{"a":', { finish_reason: 'length' })),
      'failed',
      'cut_off',
      null,
    ],
    [
      'validated, when it was whole at its limit',
      completion(choice('{"a":1}', { finish_reason: 'length' })),
      'validated',
      null,
      'valid',
    ],
    [
      'nothing, when it calls tools',
      completion(choice(null, { finish_reason: 'tool_calls' }, CALLS)),
      null,
      null,
      null,
    ],
    ['nothing, when it refuses', completion(choice(null, {}, { refusal: 'No.' })), null, null, null],
    [
      'nothing, when it was filtered',
      completion(choice('I ca', { finish_reason: 'content_filter' })),
      null,
      null,
      null,
    ],
    ['nothing, without choices', completion(), null, null, null],
    [
      'validated, when all choices fit',
      completion(choice('{"a":1}'), choice('{"a":2}')),
      'validated',
      null,
      'valid',
    ],
    [
      'failed, when one of them does not',
      completion(choice('{"a":1}'), choice('{}')),
      'failed',
      'invalid',
      'invalid',
    ],
    [
      'validated, when one calls tools and the other fits',
      completion(choice(null, {}, CALLS), choice('{"a":1}')),
      'validated',
      null,
      'valid',
    ],
  ])('%s', (_, given, name, reason, validity) => {
    const output = name === null ? null : { verdict: name, reason };
    expect(judged(given)).toEqual({ output, validity });
  });

  test('enforced, when decoding is constrained and it fits', () => {
    expect(judged(completion(choice('{"a":1}')), true).output?.verdict).toBe('enforced');
  });

  test('failed, when decoding was said to be constrained and it does not fit', () => {
    expect(judged(completion(choice('{"a":"1"}')), true)).toEqual({
      output: { verdict: 'failed', reason: 'invalid' },
      validity: 'invalid',
    });
  });

  test('unchecked, when the schema cannot be held against anything, also where decoding is constrained', () => {
    const lost = new AnswerCheck({ schema: { $ref: 'https://example.com/x' } });
    const choices = choicesOf(completion(choice('{"a":1}')));
    expect(judge(choices, lost, false)).toEqual({
      output: { verdict: 'unchecked', reason: 'unresolved_reference' },
      validity: null,
    });
    expect(judge(choices, lost, true)).toEqual({
      output: { verdict: 'unchecked', reason: 'unresolved_reference' },
      validity: null,
    });
    // What is no JSON fits no schema.
    expect(judge(choicesOf(completion(choice('{'))), lost, true).output?.verdict).toBe('failed');
  });

  test('unchecked, when it is too large', () => {
    const large = completion(choice(`{"a":1,"b":"${'x'.repeat(600_000)}"}`));
    expect(judged(large).output).toEqual({ verdict: 'unchecked', reason: 'answer_too_large' });
  });

  test.each([
    ['{"anything":[1]}', 'validated'],
    ['[1]', 'failed'],
    ['"text"', 'failed'],
    ['null', 'failed'],
  ])('of the mode without a schema, %s is %s', (text, name) => {
    const any = new AnswerCheck({ schema: null });
    expect(judge(choicesOf(completion(choice(text))), any, false).output?.verdict).toBe(name);
  });
});

describe('unwrapped', () => {
  test.each<[string, string | null]>([
    ['```json\n{"a":1}\n```', '{"a":1}'],
    ['```\n{"a":1}\n```', '{"a":1}'],
    ['```JSON5 \r\n{"a":1}```', '{"a":1}'],
    ['Here you are:\n\n```json\n{\n  "a": 1\n}\n```\nAnything else?', '{\n  "a": 1\n}'],
    ['```{"a":1}```', '{"a":1}'],
    ['```json\n{"a":"```js\\nx\\n```"}\n```', '{"a":"```js\\nx\\n```"}'],
    ['Sure! {"a":1}', '{"a":1}'],
    ['{"a":1} I hope that helps.', '{"a":1}'],
    ['The list: [1,2]', '[1,2]'],
    ['{"a":1}', null],
    [' {"a":1}\n', null],
    ['No JSON here.', null],
    ['} or {', null],
    ['', null],
  ])('%j is %j', (text, inner) => {
    expect(unwrapped(text)).toBe(inner);
  });

  test('a completion keeps all but the content of the choices that were not valid', () => {
    const given = completion(choice('{"a":1}', { index: 0 }), choice('```json\n{"a":2}\n```', { index: 1 }));
    expect(unwrapAll(given, check())).toEqual(
      completion(choice('{"a":1}', { index: 0 }), choice('{"a":2}', { index: 1 })),
    );
  });

  test.each<[string, JsonObject]>([
    ['does not fit inside either', completion(choice('```json\n{"a":"x"}\n```'))],
    ['has two blocks', completion(choice('```\n{"a":1}\n```\nor\n```\n{"a":2}\n```'))],
    ['was cut off', completion(choice('So: {"a":1} but', { finish_reason: 'length' }))],
    ['tells its tokens', completion(choice('```\n{"a":1}\n```', { logprobs: { content: [] } }))],
    ['has a choice that cannot be mended', completion(choice('```\n{"a":1}\n```'), choice('no'))],
  ])('a completion stays as it is that %s', (_, given) => {
    expect(unwrapAll(given, check())).toBeNull();
  });
});

describe('a stream', () => {
  const state = { content: '', finishReason: 'stop', toolCalls: false, otherOutput: false } as const;
  test.each([
    ['a text', { ...state, content: '{}' }, { text: '{}', finish: 'stop', exempt: false }],
    ['nothing', state, { text: '', finish: 'stop', exempt: false }],
    ['a call', { ...state, toolCalls: true }, { text: '', finish: 'stop', exempt: true }],
    ['a refusal', { ...state, otherOutput: true }, { text: '', finish: 'stop', exempt: true }],
    [
      'reasoning and a text',
      { ...state, content: '{', otherOutput: true },
      { text: '{', finish: 'stop', exempt: false },
    ],
    [
      'reasoning up to its limit',
      { ...state, otherOutput: true, finishReason: 'length' as const },
      { text: '', finish: 'length', exempt: false },
    ],
  ])('that says %s', (_, given, expected) => {
    expect(onlyChoice(given)).toEqual(expected);
  });

  test('of several choices is put together by their indexes', () => {
    const chunk = (...choices: JsonObject[]) => `data: ${JSON.stringify({ choices })}\n\n`;
    const choices = new StreamedChoices();
    choices.push(
      chunk({ index: 1, delta: { content: '{"a"' } }) + chunk({ index: 0, delta: { role: 'assistant' } }),
    );
    choices.push(chunk({ index: 0, delta: { refusal: 'No.' } }, { index: 1, delta: { content: ':1}' } }));
    choices.push(`: ping\n\n${chunk({ index: 1, delta: {}, finish_reason: 'stop' })}data: [DONE]\n\n`);
    expect(choices.all).toEqual([
      { text: '{"a":1}', finish: 'stop', exempt: false },
      { text: '', finish: null, exempt: true },
    ]);
  });
});
