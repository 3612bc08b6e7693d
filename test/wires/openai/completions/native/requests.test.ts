import { describe, expect, test } from 'vitest';
import { asArray, isObject, type JsonObject } from '../../../../../src/lib/json.ts';
import { completions } from '../../../../../src/wires/openai/completions/index.ts';
import type { NativeRequest } from '../../../../../src/wires/types.ts';
import { codecOf, nativeRequest, parsed, sent, targetOf } from '../../../native/support.ts';

const speaks = (quirk: object | undefined, body: JsonObject): boolean =>
  codecOf('completions').speaks(
    targetOf(quirk ? { completions: quirk as never } : {}),
    nativeRequest('completions', JSON.stringify(body)),
  );

describe('who is sent a completion as it is', () => {
  test.each([
    [undefined, {}, false],
    [{ models: [] }, {}, false],
    [{ models: ['up-*'] }, {}, true],
    [{ models: ['other'] }, {}, false],
    [{ models: [], insert: ['up-model'] }, {}, false],
    [{ models: [], insert: ['up-model'] }, { suffix: '' }, false],
    [{ models: [], insert: ['up-model'] }, { suffix: ' end' }, true],
    [{ models: [], insert: ['other'] }, { suffix: ' end' }, false],
  ])('%j, %j: %j', (quirk, more, expected) => {
    expect(speaks(quirk, { model: 'm', prompt: 'Hi', ...more })).toBe(expected);
  });
});

describe('what is sent', () => {
  const REST = '"prompt" : ["\\u0041", "b"],"echo":true , "logprobs":5,"best_of" : 4,"n":2,"unheard":1.50';

  test('is the bytes of the caller, with the name of the model', () => {
    const { text, path, dropped } = sent(
      'completions',
      `{"model":"m",${REST},"workflow":"w"}`,
      targetOf({ completions: { models: ['*'] } }),
      { extensions: ['workflow'] },
    );
    expect(text).toBe(`{"model":"up-model",${REST}}`);
    expect([path, dropped]).toEqual(['/completions', []]);
  });

  test.each([
    [undefined, undefined, { stream_options: { include_usage: true } }],
    [
      { include_obfuscation: false },
      undefined,
      { stream_options: { include_obfuscation: false, include_usage: true } },
    ],
    [{ include_usage: true }, undefined, { stream_options: { include_usage: true } }],
    [{ include_usage: true }, 'always', {}],
  ] as const)('asks for usage in streams: %j, %j', (options, streamUsage, expected) => {
    const body = { model: 'm', prompt: 'Hi', stream: true, stream_options: options };
    const target = targetOf({ completions: { models: ['*'] }, streamUsage });
    const { text } = sent('completions', JSON.stringify(body), target, { stream: true });
    expect(parsed(text)).toEqual({ model: 'up-model', prompt: 'Hi', stream: true, ...expected });
  });

  test.each([
    [{}, undefined, undefined],
    [{}, 400, 16],
    [{}, 8, 8],
    [{ max_tokens: 100 }, 400, 100],
    [{ max_tokens: 100 }, 40, 40],
    [{ max_tokens: 0 }, 40, 0],
  ])('%j within a limit of %j asks for %j', (body, maxOutputTokens, expected) => {
    const text = JSON.stringify({ model: 'm', prompt: 'Hi', ...body });
    const more: Partial<NativeRequest> = maxOutputTokens === undefined ? {} : { maxOutputTokens };
    expect(parsed(sent('completions', text, targetOf(), more).text).max_tokens).toBe(expected);
  });

  test('goes where the host has it, without what it refuses', () => {
    const target = targetOf({
      completions: {
        models: ['*'],
        path: '/beta/completions',
        drop: ['best_of'],
        rename: { seed: 'random_seed' },
      },
    });
    const got = sent('completions', '{"model":"m","prompt":"Hi","best_of":1,"seed":7}', target);
    expect(parsed(got.text)).toEqual({ model: 'up-model', prompt: 'Hi', random_seed: 7 });
    expect([got.path, got.dropped]).toEqual(['/beta/completions', ['best_of']]);
  });
});

describe('what routing goes by', () => {
  const sketch = (body: JsonObject) => completions.sketch?.({ model: 'm', ...body });

  test.each([
    ['several prompts', { prompt: ['A', 'b'], n: 3, max_tokens: 9 }, 6, 2, ['A', 'b'], 9],
    ['tokens', { prompt: [7, 50256] }, 1, 1, ['00070256'], undefined],
    [
      'several of tokens',
      { prompt: [[1], [2, 3]], best_of: 5, n: 2 },
      10,
      2,
      ['0001', '00020003'],
      undefined,
    ],
    ['a suffix', { prompt: 'A', suffix: 'z' }, 1, 1, ['A', 'z'], undefined],
    ['best_of', { prompt: 'A', best_of: 4 }, 4, 1, ['A'], undefined],
    ['scores alone', { prompt: 'A', echo: true, logprobs: 0, max_tokens: 0 }, 1, 1, ['A'], 1],
    ['more alternatives', { prompt: 'A', logprobs: 10 }, 1, 1, ['A'], undefined],
  ])('of %s', (_, body, answers, prompts, said, limit) => {
    const got = sketch({ ...body, workflow: 'w', stream: true, stream_options: { include_usage: true } });
    expect(got?.prompts).toBe(prompts);
    const { messages, n, max_completion_tokens: most, ...rest } = (got?.chat ?? {}) as JsonObject;
    expect(asArray(messages).map((message) => isObject(message) && message.content)).toEqual(said);
    expect([n, most]).toEqual([answers, limit]);
    expect(rest).toEqual({
      model: 'm',
      workflow: 'w',
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  test.each([
    [{}],
    [{ prompt: [] }],
    [{ prompt: [''], best_of: 1, n: 2 }],
    [{ prompt: ['a', 5] }],
    [{ prompt: [1.5] }],
    [{ prompt: [[]] }],
    [{ prompt: ['a', 'b'], max_tokens: -1 }],
    [{ prompt: ['a', 'b'], logprobs: true }],
    [{ prompt: ['a', 'b'], echo: 'yes' }],
    [{ prompt: 'a', suffix: 5 }],
    [{ prompt: ['a', 'b'], tools: [{}] }],
    [{ prompt: ['a', 'b'], max_completion_tokens: 5 }],
  ])('%j nobody could serve', (body) => {
    expect(sketch(body)).toBeNull();
  });
});

describe('going on where a text broke off', () => {
  const goOn = (body: JsonObject, text: string, outputTokens = 10) =>
    codecOf('completions').goingOn?.(nativeRequest('completions', JSON.stringify(body)), {
      text,
      outputTokens,
      created: 5,
    });

  test.each([
    [
      { prompt: 'Once', max_tokens: 40, echo: true, top_p: 0.5 },
      { prompt: 'Once upon ', max_tokens: 30, top_p: 0.5 },
    ],
    [
      { prompt: ['Once'], max_tokens: 8 },
      { prompt: 'Once upon ', max_tokens: 1 },
    ],
    [{ prompt: 'Once' }, { prompt: 'Once upon ' }],
  ])('%j', (body, expected) => {
    const next = goOn(body, ' upon ');
    expect(next?.body).toEqual(expected);
    expect(next && parsed(new TextDecoder().decode(next.bytes))).toEqual(expected);
    expect(next?.members.map(({ name }) => name).toSorted()).toEqual(Object.keys(expected).toSorted());
    expect(next?.echo).toEqual({ created: 5 });
  });

  test.each([
    [{ prompt: [1, 2] }, 'x'],
    [{ prompt: ['a', 'b'] }, 'x'],
    [{ prompt: 'a' }, 'half \ud83c'],
  ])('%j behind %j cannot be said', (body, text) => {
    expect(goOn(body, text)).toBeNull();
  });
});
