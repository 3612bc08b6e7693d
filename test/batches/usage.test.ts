import { expect, it } from 'vitest';
import { usageOf } from '../../src/batches/lines/usage.ts';

const of = (answer: unknown) =>
  usageOf(new TextEncoder().encode(typeof answer === 'string' ? answer : JSON.stringify(answer)));

it.each([
  [
    'a chat completion',
    {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 3 },
    },
    { input: 10, cached: 4, output: 5, reasoning: 3 },
  ],
  [
    'a response',
    {
      input_tokens: 10,
      output_tokens: 5,
      input_tokens_details: { cached_tokens: 4 },
      output_tokens_details: { reasoning_tokens: 3 },
    },
    { input: 10, cached: 4, output: 5, reasoning: 3 },
  ],
  [
    'a message, whose input is what no cache had',
    { input_tokens: 10, cache_read_input_tokens: 100, cache_creation_input_tokens: 20, output_tokens: 5 },
    { input: 130, cached: 100, output: 5, reasoning: 0 },
  ],
  ['embeddings', { prompt_tokens: 8, total_tokens: 8 }, { input: 8, cached: 0, output: 0, reasoning: 0 }],
  [
    'nulls',
    { prompt_tokens: null, prompt_tokens_details: null },
    { input: 0, cached: 0, output: 0, reasoning: 0 },
  ],
])('what %s took is read from its usage', (_, usage, expected) => {
  expect(of({ id: 'x', usage, text: '"usage"' })).toEqual(expected);
});

it.each([
  ['no usage', {}],
  ['a null', { usage: null }],
  ['no JSON', 'usage'],
  ['a list', []],
])('an answer with %s says nothing', (_, answer) => {
  expect(of(answer)).toBeNull();
});
