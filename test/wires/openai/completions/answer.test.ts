import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../../src/errors.ts';
import type { JsonObject } from '../../../../src/lib/json.ts';
import { completions } from '../../../../src/wires/openai/completions/index.ts';
import {
  choice,
  choicesOf,
  chunk,
  chunksOf,
  LABELS,
  LAST,
  REQUEST,
  streamed,
  USAGE,
  whole,
} from './support.ts';

const text = (said: string, finish: string | null = null, index = 0): JsonObject => ({
  text: said,
  index,
  logprobs: null,
  finish_reason: finish,
});

describe('a whole completion', () => {
  test('has the text, and the usage as it is', () => {
    expect(whole([choice({ content: ' a time' })])).toEqual({
      ...LABELS,
      object: 'text_completion',
      choices: [text(' a time', 'stop')],
      usage: USAGE,
    });
  });

  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'content_filter'],
    ['tool_calls', 'stop'],
  ])('that ended for %s ends for %s', (finish, expected) => {
    expect(choicesOf(whole([choice({ content: 'a' }, finish)]))).toEqual([text('a', expected)]);
  });

  test('has several answers, each behind the prompt where that is asked for', () => {
    const answers = [choice({ content: ' a' }), choice({ content: ' b' }, 'length', { index: 1 })];
    expect(choicesOf(whole(answers, { n: 2 }))).toEqual([text(' a', 'stop'), text(' b', 'length', 1)]);
    expect(choicesOf(whole(answers, { n: 2, echo: true }))).toEqual([
      text('Once upon a', 'stop'),
      text('Once upon b', 'length', 1),
    ]);
  });

  test.each<[string, JsonObject, string]>([
    ['a refusal', { content: null, refusal: 'I cannot.' }, 'I cannot.'],
    ['a refusal behind text', { content: 'Well. ', refusal: 'I cannot.' }, 'Well. I cannot.'],
    ['no reasoning', { content: 'So.', reasoning: 'Hm.', reasoning_content: 'Hm.' }, 'So.'],
    ['nothing', { content: null }, ''],
  ])('says %s', (_, message, expected) => {
    expect(choicesOf(whole([choice(message)]))).toEqual([text(expected, 'stop')]);
  });

  test('leaves out usage that nobody knows, and keeps how it was made', () => {
    const { whole: write } = completions.read(REQUEST);
    const completion = {
      choices: [],
      usage: null,
      system_fingerprint: 'fp_1',
      service_tier: 'default',
      x: 1,
    };
    expect(write(completion, LABELS)).toEqual({
      ...LABELS,
      object: 'text_completion',
      choices: [],
      system_fingerprint: 'fp_1',
      service_tier: 'default',
    });
  });
});

describe('a stream', () => {
  test('has a chunk for each piece, and ends with usage and [DONE]', () => {
    const shell = { ...LABELS, object: 'text_completion' };
    expect(
      streamed([
        chunk({ role: 'assistant', content: '' }),
        chunk({ reasoning: 'Hm' }),
        chunk({ content: ' a' }),
        chunk({ content: ' time' }),
        chunk({}, 'stop'),
      ]),
    ).toEqual([
      { ...shell, choices: [text(' a')] },
      { ...shell, choices: [text(' time')] },
      { ...shell, choices: [text('', 'stop')] },
      {
        ...shell,
        choices: [text('')],
        usage: USAGE,
        credits_used: 0.002,
        model_used: 'maker/model',
        provider_used: 'host',
        fallback_from: [],
      },
    ]);
  });

  test('that was asked for usage ends with a chunk of no choices', () => {
    const options = { stream_options: { include_usage: true } };
    const stream = completions.read({ ...REQUEST, ...options }).stream(LABELS);
    const [piece, last] = chunksOf(
      stream.push(chunk({ content: 'a' }, 'stop')) + stream.end({ ...LAST, choices: [], usage: null }),
    );
    expect(piece).toHaveProperty('usage', null);
    expect(last).toMatchObject({ choices: [], usage: null, credits_used: 0.002 });
  });

  test('says the prompt first, once for each answer', () => {
    const chunks = streamed(
      [
        chunk({ role: 'assistant' }),
        chunk({ content: ' b' }, null, { index: 1 }),
        chunk({ content: ' a' }),
        chunk({}, 'stop'),
        chunk({}, 'stop', { index: 1 }),
      ],
      { n: 2, echo: true },
    );
    expect(chunks.flatMap(choicesOf).slice(0, -1)).toEqual([
      text('Once upon'),
      text('Once upon b', null, 1),
      text(' a'),
      text('', 'stop'),
      text('', 'stop', 1),
    ]);
  });

  test('that refuses says so as text', () => {
    const chunks = streamed([chunk({ refusal: 'I ' }), chunk({ refusal: 'cannot.' }), chunk({}, 'stop')]);
    expect(chunks.map((one) => choicesOf(one)[0]?.text)).toEqual(['I ', 'cannot.', '', '']);
  });

  test('that breaks ends with the error', () => {
    const stream = completions.read(REQUEST).stream(LABELS);
    const { error } = new GatewayError('upstream_incomplete').envelope('req_1');
    const chunks = chunksOf(stream.push(chunk({ content: ' a' })) + stream.fail(error));
    expect(chunks[1]).toEqual({
      ...LABELS,
      object: 'text_completion',
      choices: [text('', 'error')],
      error,
    });
    expect(chunks).toHaveLength(2);
  });

  test('says with a comment that it lives', () => {
    expect(completions.read(REQUEST).stream(LABELS).ping()).toMatch(/^:.*\n\n$/);
  });
});

const token = (said: string, logprob: number, top: [string, number][] = []): JsonObject => ({
  token: said,
  logprob,
  bytes: [...new TextEncoder().encode(said)],
  top_logprobs: top.map(([other, value]) => ({ token: other, logprob: value, bytes: null })),
});

describe('log probabilities', () => {
  test('are parallel arrays, with the place of each token in characters', () => {
    const content = [
      token('Grüezi', -0.1, [
        ['Grüezi', -0.1],
        ['Hoi', -2.5],
      ]),
      token(' 👋', -0.2, [['!', -0.15]]),
      token('.', -0.3),
    ];
    const answer = whole([
      choice({ content: 'Grüezi 👋.' }, 'stop', { logprobs: { content, refusal: null } }),
    ]);
    expect(choicesOf(answer)[0]?.logprobs).toEqual({
      tokens: ['Grüezi', ' 👋', '.'],
      token_logprobs: [-0.1, -0.2, -0.3],
      top_logprobs: [{ Grüezi: -0.1, Hoi: -2.5 }, { ' 👋': -0.2, '!': -0.15 }, { '.': -0.3 }],
      text_offset: [0, 6, 8],
    });
  });

  test('of tokens that are parts of a character stand where it begins', () => {
    // '👋' is f0 9f 91 8b; OpenAI's models say it in several tokens.
    const content = [
      token('a', -1),
      { token: '\\xf0\\x9f', logprob: -1, bytes: [0xf0, 0x9f], top_logprobs: [] },
      { token: '\\x91', logprob: -1, bytes: [0x91], top_logprobs: [] },
      { token: '\\x8bb', logprob: -1, bytes: [0x8b, 0x62], top_logprobs: [] },
      token('c', -1),
    ];
    const answer = whole([choice({ content: 'a👋bc' }, 'stop', { logprobs: { content, refusal: null } })]);
    expect(choicesOf(answer)[0]?.logprobs).toMatchObject({ text_offset: [0, 1, 1, 1, 3] });
  });

  test('of tokens whose bytes nobody gave are placed by their text', () => {
    const bare = ['ä', 'ö'].map((said) => ({ token: said, logprob: -1, bytes: null, top_logprobs: [] }));
    const answer = whole([choice({ content: 'äö' }, 'stop', { logprobs: { content: bare, refusal: null } })]);
    expect(choicesOf(answer)[0]?.logprobs).toMatchObject({ text_offset: [0, 1] });
  });

  test('keep tokens of any name', () => {
    const content = [token('__proto__', -1, [['constructor', -2]])];
    const answer = whole([choice({ content: '__proto__' }, 'stop', { logprobs: { content } })]);
    expect(JSON.stringify(choicesOf(answer)[0]?.logprobs)).toContain('{"__proto__":-1,"constructor":-2}');
  });

  test('of a refusal stand behind those of the text', () => {
    const logprobs = { content: [token('Well', -1)], refusal: [token('No', -2)] };
    const answer = whole([choice({ content: 'Well', refusal: 'No' }, 'stop', { logprobs })]);
    expect(choicesOf(answer)[0]?.logprobs).toMatchObject({ tokens: ['Well', 'No'], text_offset: [0, 4] });
  });

  test('may come behind their text in a stream', () => {
    const chunks = streamed(
      [
        chunk({ content: 'ab' }),
        chunk({}, null, { logprobs: { content: [token('a', -1), token('b', -2)], refusal: null } }),
        chunk({}, null, { logprobs: { content: [], refusal: null } }),
        chunk({ content: 'c' }, 'stop', { logprobs: { content: [token('c', -3)], refusal: null } }),
      ],
      { logprobs: 0 },
    );
    expect(chunks.slice(0, 3).map((one) => choicesOf(one)[0])).toMatchObject([
      { text: 'ab', logprobs: null },
      { text: '', logprobs: { tokens: ['a', 'b'], text_offset: [0, 1] } },
      { text: 'c', logprobs: { tokens: ['c'], text_offset: [2] }, finish_reason: 'stop' },
    ]);
    expect(chunks).toHaveLength(4);
  });
});
