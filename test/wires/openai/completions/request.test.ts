import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/lib/json.ts';
import { REQUEST, read, refusal } from './support.ts';

/** What is asked beside the model and the prompt. */
function fields(body: JsonObject): JsonObject {
  const { model, messages, ...rest } = read(body).chat;
  expect(model).toBe(REQUEST.model);
  expect(messages).toEqual([{ role: 'user', content: 'Once upon' }]);
  return rest;
}

describe('a prompt', () => {
  test.each<[string, JsonObject['prompt'], string]>([
    ['a string', 'Once upon', 'Once upon'],
    ['an array of one', ['Once upon'], 'Once upon'],
    ['an empty one', '', ''],
  ])('as %s is what a user says', (_, prompt, content) => {
    expect(read({ prompt }).chat).toEqual({ model: 'asked/model', messages: [{ role: 'user', content }] });
  });

  test.each<[string, JsonObject, string, string]>([
    ['none', { model: 'm' }, 'missing_parameter', 'prompt'],
    ['null', { prompt: null }, 'missing_parameter', 'prompt'],
    ['an object', { prompt: {} }, 'invalid_type', 'prompt'],
    ['an empty array', { prompt: [] }, 'invalid_value', 'prompt'],
    ['several', { prompt: ['a', 'b'] }, 'unsupported_parameter', 'prompt'],
    ['tokens', { prompt: [1212, 318] }, 'unsupported_parameter', 'prompt'],
    ['arrays of tokens', { prompt: [[1212, 318]] }, 'unsupported_parameter', 'prompt'],
    ['what is no text among texts', { prompt: ['a', null] }, 'invalid_type', 'prompt[1]'],
    ['arrays of text', { prompt: [['a']] }, 'invalid_type', 'prompt[0]'],
  ])('refused: %s', (_, body, code, param) => {
    expect(refusal(body)).toEqual([code, param]);
  });
});

describe('fields', () => {
  test.each<[string, JsonObject, JsonObject]>([
    ['no limit of tokens', {}, {}],
    ['the limit of tokens', { max_tokens: 99 }, { max_completion_tokens: 99 }],
    ['log probabilities of the tokens alone', { logprobs: 0 }, { logprobs: true }],
    ['those of others too', { logprobs: 5 }, { logprobs: true, top_logprobs: 5 }],
    [
      'what both have',
      {
        temperature: 0.2,
        top_p: 0.5,
        n: 3,
        stop: ['\n'],
        presence_penalty: 1,
        frequency_penalty: -1,
        logit_bias: { '50256': -100 },
        seed: 4,
        user: 'u',
        stream: true,
        stream_options: { include_usage: true },
      },
      {
        temperature: 0.2,
        top_p: 0.5,
        n: 3,
        stop: ['\n'],
        presence_penalty: 1,
        frequency_penalty: -1,
        logit_bias: { '50256': -100 },
        seed: 4,
        user: 'u',
        stream: true,
        stream_options: { include_usage: true },
      },
    ],
    [
      "the gateway's own",
      {
        models: ['b'],
        provider: { only: ['x'] },
        policy: 'p',
        workflow: 'w',
        session_id: 's',
        midstream: 'error',
        max_wake_ms: 10,
        require_parameters: true,
        cache: false,
      },
      {
        models: ['b'],
        provider: { only: ['x'] },
        policy: 'p',
        workflow: 'w',
        session_id: 's',
        midstream: 'error',
        max_wake_ms: 10,
        require_parameters: true,
        cache: false,
      },
    ],
    ['what hosts know', { top_k: 5, reasoning_effort: 'none' }, { top_k: 5, reasoning_effort: 'none' }],
    ['what asks for nothing', { suffix: '', echo: false, best_of: 1, logit_bias: null }, {}],
    ['as many candidates as answers', { n: 2, best_of: 2 }, { n: 2 }],
    ['the prompt in front of the answer', { echo: true }, {}],
    ['no padding', { stream_options: { include_obfuscation: false } }, {}],
    ['what is no object of options', { stream_options: 'all' }, { stream_options: 'all' }],
  ])('%s', (_, body, expected) => {
    expect(fields(body)).toEqual(expected);
    expect(read(body).dropped).toEqual([]);
  });

  test('padding is left out, and said', () => {
    const { chat, dropped } = read({ stream_options: { include_usage: true, include_obfuscation: true } });
    expect(chat.stream_options).toEqual({ include_usage: true });
    expect(dropped).toEqual(['stream_options.include_obfuscation']);
  });

  test.each<[string, JsonObject, string, string]>([
    ['a suffix', { suffix: ' the end.' }, 'unsupported_parameter', 'suffix'],
    ['a suffix that is no text', { suffix: 1 }, 'invalid_type', 'suffix'],
    ['the best of several', { best_of: 2 }, 'unsupported_parameter', 'best_of'],
    ['more candidates than answers', { n: 2, best_of: 3 }, 'unsupported_parameter', 'best_of'],
    ['fewer candidates than answers', { n: 3, best_of: 2 }, 'invalid_value', 'best_of'],
    ['candidates in words', { best_of: '2' }, 'invalid_type', 'best_of'],
    ['no tokens', { max_tokens: 0 }, 'unsupported_parameter', 'max_tokens'],
    ['less than none', { max_tokens: -1 }, 'invalid_value', 'max_tokens'],
    ['half a token', { max_tokens: 1.5 }, 'invalid_type', 'max_tokens'],
    ['log probabilities as in chat', { logprobs: true }, 'invalid_type', 'logprobs'],
    ['too many alternatives', { logprobs: 6 }, 'invalid_value', 'logprobs'],
    ['fewer than no alternatives', { logprobs: -1 }, 'invalid_value', 'logprobs'],
    ['log probabilities of the prompt', { echo: true, logprobs: 0 }, 'unsupported_parameter', 'echo'],
    ['an echo in words', { echo: 'true' }, 'invalid_type', 'echo'],
    ['messages', { messages: [] }, 'unsupported_parameter', 'messages'],
    [
      'the limit by another name',
      { max_completion_tokens: 5 },
      'unsupported_parameter',
      'max_completion_tokens',
    ],
    ['alternatives by another name', { top_logprobs: 2 }, 'unsupported_parameter', 'top_logprobs'],
    ['tools', { tools: [] }, 'unsupported_parameter', 'tools'],
    ['functions', { functions: [] }, 'unsupported_parameter', 'functions'],
    ['sound', { modalities: ['audio'] }, 'unsupported_parameter', 'modalities'],
    ['a search', { web_search_options: {} }, 'unsupported_parameter', 'web_search_options'],
  ])('refused: %s', (_, body, code, param) => {
    expect(refusal({ ...REQUEST, ...body })).toEqual([code, param]);
  });
});
