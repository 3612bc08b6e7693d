import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../../../src/errors.ts';
import { asArray, asObject, type JsonObject } from '../../../../../src/lib/json.ts';
import { requestOf } from '../../../../support/recorded-streams.ts';
import {
  codecOf,
  fixture,
  fixtures,
  META,
  nativeRequest,
  parsed,
  targetOf,
} from '../../../native/support.ts';

const decode = (text: string, asked: JsonObject = {}) => {
  const native = nativeRequest('completions', JSON.stringify({ model: 'm', prompt: 'Hi', ...asked }));
  return codecOf('completions').decode(text, targetOf(), { ...META, request: { ...requestOf(), native } });
};

const NAMES = fixtures('completions', 'response.json');

/** By hand, from the fixtures: input, cached and output tokens; why it ended. */
const EXPECTED: Record<string, [number, number, number, string, string]> = {
  'openai-hand-j-one': [5, 0, 7, 'length', 'length'],
  'openai-hand-j-several': [8, 0, 12, 'length', 'length'],
  'openai-hand-j-scored': [3, 0, 0, 'length', 'length'],
  'together-hand-j-eos': [7, 0, 3, 'stop', 'eos'],
  'deepseek-hand-j-insert': [18, 16, 12, 'stop', 'stop'],
};

describe.each(NAMES)('%s', (name) => {
  const text = fixture('completions', name, 'response.json');
  const given = parsed(text);

  test('is read', () => {
    const { usage, finishReason, rawFinishReason, upstreamId, upstreamModel } = decode(text);
    expect([
      usage?.inputTokens,
      usage?.cachedInputTokens,
      usage?.outputTokens,
      finishReason,
      rawFinishReason,
    ]).toEqual(EXPECTED[name]);
    expect([upstreamId, upstreamModel]).toEqual([given.id, given.model]);
  });
});

describe.each(NAMES.filter((name) => !name.startsWith('together')))('%s', (name) => {
  const text = fixture('completions', name, 'response.json');

  test('passes as it came', () => {
    const id = String(parsed(text).id);
    const at = text.indexOf(id);
    expect(decode(text).text).toBe(`${text.slice(0, at)}gen_01k${text.slice(at + id.length)}`);
  });
});

describe('a native text', () => {
  test('that deviates is written as it is described', () => {
    const text = fixture('completions', 'together-hand-j-eos', 'response.json');
    expect(parsed(decode(text).text)).toEqual({
      ...parsed(text),
      id: 'gen_01k',
      object: 'text_completion',
      choices: [{ text: ' Paris.', index: 0, finish_reason: 'stop', seed: 123, logprobs: null }],
    });
  });

  test.each([
    [{}, '{"b":1}', '{"b":1}'],
    [{ prompt: 'A is ', echo: true }, 'A is {"b":1}', '{"b":1}'],
    [{ prompt: ['A is '], echo: true }, 'A is {"b":1}', '{"b":1}'],
    [{ prompt: [5, 6], echo: true }, 'A is {"b":1}', 'A is {"b":1}'],
  ])('asked for with %j, says what is behind the prompt', (asked, text, said) => {
    const choices = [{ text, index: 0, logprobs: null, finish_reason: 'stop' }];
    expect(decode(JSON.stringify({ id: 'c', choices }), asked).said).toBe(said);
  });

  test('of which there are several is not one', () => {
    expect(decode(fixture('completions', 'openai-hand-j-several', 'response.json'))).not.toHaveProperty(
      'said',
    );
  });

  test.each([
    ['', 'upstream_invalid_response'],
    ['{}', 'upstream_invalid_response'],
    ['{"choices":[{"message":{"content":"Hi"}}]}', 'upstream_invalid_response'],
    ['{"error":{"code":"context_length_exceeded"}}', 'context_length_exceeded'],
    ['{"choices":[{"text":"a","index":0,"finish_reason":"abort"}]}', 'upstream_incomplete'],
  ])('%s is none', (text, code) => {
    let thrown: unknown;
    try {
      decode(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(GatewayError);
    expect(asObject(thrown as never)?.code).toBe(code);
  });
});

test('there are the fixtures that are told of', () => {
  expect(NAMES.toSorted()).toEqual(Object.keys(EXPECTED).toSorted());
  expect(asArray(NAMES)).not.toHaveLength(0);
});
