import { describe, expect, it } from 'vitest';
import { PROBES } from '../../../src/evals/probes/definitions.ts';
import { ABILITIES, type Ability, type Observed } from '../../../src/evals/probes/types.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import type { Usage } from '../../../src/wires/types.ts';

const NO_USAGE = null;
const usage = (more: Partial<Usage>) => ({ inputTokens: 10, outputTokens: 5, ...more }) as Usage;

const says = (content: string, more: JsonObject = {}, counted: Usage | null = NO_USAGE): Observed => ({
  completion: { choices: [{ index: 0, message: { role: 'assistant', content }, ...more }] },
  usage: counted,
});

const calls = (...all: [name: string, args: string][]): Observed => ({
  completion: {
    choices: [
      {
        message: {
          content: null,
          tool_calls: all.map(([name, args]) => ({ type: 'function', function: { name, arguments: args } })),
        },
      },
    ],
  },
  usage: NO_USAGE,
});

const judge = (ability: Ability, ...answers: Observed[]) =>
  PROBES.find((probe) => probe.ability === ability)?.judge(answers);

const PARIS: [string, string] = ['get_weather', '{"city":"Paris"}'];

describe('probes', () => {
  it('are there for every ability, once', () => {
    expect(PROBES.map(({ ability }) => ability)).toEqual(ABILITIES);
  });

  const HONOURED: [Ability, ...Observed[]][] = [
    ['tools', calls(PARIS)],
    ['parallel_tool_calls', calls(PARIS, ['get_weather', '{"city":"Rome"}'])],
    ['tool_choice', calls(PARIS)],
    ['json_mode', says('{"red":1}')],
    ['json_schema', says('{"zq_colour":"teal","zq_count":3}')],
    ['logprobs', says('Hi', { logprobs: { content: [{ token: 'Hi', logprob: -0.1 }] } })],
    ['seed', says('qwer'), says('qwer')],
    ['n', { completion: { choices: [{ index: 0 }, { index: 1 }] }, usage: NO_USAGE }],
    ['penalties', says('la la la and then something else')],
    ['logit_bias', says('abc abc abc abc abc')],
    ['stop', says('1 2 3 4 5 ')],
    ['reasoning_effort', says('391', {}, usage({ reasoningTokens: 20 }))],
    ['images', says('Red.')],
    ['pdfs', says('A zebra')],
    ['audio', says('Tone', {}, usage({ inputAudioTokens: 4 }))],
    ['prompt_caching', says('Hi'), says('Hi', {}, usage({ cachedInputTokens: 1024 }))],
    ['assistant_prefill', says(' gamma delta')],
    ['streaming_usage', says('', {}, usage({}))],
  ];
  it.each(HONOURED)('see when %s is honoured', (ability, ...answers) => {
    expect(judge(ability, ...answers)?.result).toBe('honoured');
  });

  const IGNORED: [Ability, ...Observed[]][] = [
    ['tools', says('It is sunny in Paris.')],
    ['tools', calls(['get_weather', '{}'])],
    ['parallel_tool_calls', calls(PARIS)],
    ['tool_choice', says('Hello!')],
    ['json_mode', says('Red is a warm colour.')],
    ['json_schema', says('Hello!')],
    ['json_schema', says('{"greeting":"Hello"}')],
    ['json_schema', says('{"zq_colour":"red","zq_count":3}')],
    ['logprobs', says('Hi', { logprobs: null })],
    ['seed', says('qwer'), says('asdf')],
    ['seed', says(''), says('')],
    ['n', says('Hi')],
    ['penalties', says('la '.repeat(40))],
    ['logit_bias', says('Hi there, how are you?')],
    ['stop', says('1 2 3 4 5 6 7 8 9')],
    ['reasoning_effort', says('391', {}, usage({ reasoningTokens: 0 }))],
    ['images', says('I cannot see it.')],
    ['pdfs', says('No document.')],
    ['audio', says('Tone', {}, usage({ inputAudioTokens: 0 }))],
    [
      'prompt_caching',
      says('Hi', {}, usage({ cachedInputTokens: 9 })),
      says('Hi', {}, usage({ cachedInputTokens: 0 })),
    ],
    ['assistant_prefill', says('alpha beta gamma delta')],
    ['streaming_usage', says('')],
  ];
  it.each(IGNORED)('see when %s is ignored', (ability, ...answers) => {
    expect(judge(ability, ...answers)?.result).toBe('ignored');
  });

  it('tell a schema that is encouraged from one that is ignored', () => {
    expect(judge('json_schema', says('{"greeting":"Hello"}'))?.evidence).toContain('encouraged');
    expect(judge('json_schema', says('Hello!'))?.evidence).toBe('answered "Hello!"');
  });

  it('show the beginning of what was answered', () => {
    const evidence = judge('images', says('x'.repeat(5000)))?.evidence ?? '';
    expect(evidence.length).toBeLessThan(150);
  });
});
