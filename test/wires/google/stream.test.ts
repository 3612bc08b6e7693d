import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { asArray, asObject, type JsonObject } from '../../../src/lib/json.ts';
import { codec, fixture, fixturesWith, gather, metaOf, replay, targetOf } from './support.ts';

interface Expected {
  content: string;
  reasoning?: string;
  calls?: [name: string, args: unknown][];
  finish: string[];
  raw: string | null;
  finished?: boolean;
  usage: [input: number, output: number, reasoning: number];
}

/** Read from the recordings by eye. */
const EXPECTED: Record<string, Expected> = {
  'google-gen-s-google-model-iter-stream-0': {
    content: '',
    calls: [['get_capital', { country: 'France' }]],
    finish: ['tool_calls'],
    raw: 'STOP',
    usage: [52, 5, 0],
  },
  'google-gen-s-google-model-iter-stream-1': {
    content: '',
    calls: [['get_temperature', { city: 'Paris' }]],
    finish: ['tool_calls'],
    raw: 'STOP',
    usage: [64, 5, 0],
  },
  'hand-s-parallel-calls': {
    content: '',
    calls: [
      ['get_weather', { city: 'Paris' }],
      ['get_weather', { city: 'Zürich 🏔' }],
      ['get_time', {}],
    ],
    finish: ['tool_calls'],
    raw: 'STOP',
    usage: [40, 86, 60],
  },
  'hand-s-signature-at-end': {
    content: 'Hello world',
    reasoning: 'First idea. Second idea.',
    finish: ['stop'],
    raw: 'STOP',
    usage: [8, 22, 20],
  },
  'hand-s-safety': { content: 'To begin', finish: ['content_filter'], raw: 'SAFETY', usage: [5, 2, 0] },
  'hand-s-prompt-blocked': {
    content: '',
    finish: ['content_filter'],
    raw: 'PROHIBITED_CONTENT',
    usage: [12, 0, 0],
  },
  'hand-s-image': { content: 'Here it is:', finish: ['stop'], raw: 'STOP', usage: [7, 1124, 0] },
  'hand-s-logprobs': { content: 'né', finish: ['stop'], raw: 'STOP', usage: [3, 2, 0] },
  'hand-s-cut': { content: 'The answer is', finish: [], raw: null, finished: false, usage: [5, 3, 0] },
  'hand-s-code-and-search': {
    content: 'Zürich has\n```python\nprint(6*7)\n```\n\n```\n42\n```\n42 trams.',
    finish: ['stop'],
    raw: 'STOP',
    usage: [59, 12, 0],
  },
};

describe('streams give the same however they are cut', () => {
  for (const [name, expected] of Object.entries(EXPECTED)) {
    for (const size of [Number.POSITIVE_INFINITY, 7, 1]) {
      it(`${name} by ${size} bytes`, () => {
        const { choices, state } = replay(fixture(name, 'stream.txt'), size);
        const [heard] = choices;
        expect(choices).toHaveLength(1);
        expect(heard?.content).toBe(expected.content);
        expect(heard?.reasoning).toBe(expected.reasoning ?? '');
        const calls = heard?.toolCalls.map((call) => {
          const named = asObject(call.function) ?? {};
          return [named.name, JSON.parse(String(named.arguments))];
        });
        expect(calls).toEqual(expected.calls ?? []);
        expect(heard?.finish).toEqual(expected.finish);
        expect(state.rawFinishReason).toBe(expected.raw);
        expect(state.finished).toBe(expected.finished ?? true);
        expect(state.done).toBe(false);
        const { usage } = state;
        expect([usage?.inputTokens, usage?.outputTokens, usage?.reasoningTokens]).toEqual(expected.usage);
        expect(state.usageObject === null).toBe(expected.finished === false);
      });
    }
  }

  it('covers every recorded stream', () => {
    const others = [
      'google-gen-s-google-model-thinking-part-iter-0',
      'hand-s-error',
      'hand-s-two-candidates',
    ];
    expect([...Object.keys(EXPECTED), ...others].sort()).toEqual(fixturesWith('stream.txt').sort());
  });
});

describe('the recorded stream with thoughts', () => {
  const text = fixture('google-gen-s-google-model-thinking-part-iter-0', 'stream.txt');
  /** What the parts say, read without the decoder. */
  const parts = text
    .split(/\r?\n\r?\n/)
    .filter((event) => event.startsWith('data: '))
    .flatMap((event) => {
      const [candidate] = (
        JSON.parse(event.slice(6)) as { candidates: { content: { parts: JsonObject[] } }[] }
      ).candidates;
      return candidate?.content.parts ?? [];
    });
  const join = (thought: boolean): string =>
    parts
      .filter((part) => (part.thought === true) === thought)
      .map((part) => part.text)
      .join('');

  for (const size of [Number.POSITIVE_INFINITY, 7, 1]) {
    it(`by ${size} bytes`, () => {
      const { choices, state } = replay(text, size);
      const [heard] = choices;
      expect(heard?.reasoning).toBe(join(true));
      expect(heard?.reasoning.startsWith('**Clarifying User Goals**')).toBe(true);
      expect(heard?.content).toBe(join(false));
      expect(heard?.content.startsWith('This is a great question! Safely')).toBe(true);
      expect(heard?.content.endsWith('Always assume a driver might not see you.')).toBe(true);
      expect(heard?.finish).toEqual(['stop']);
      expect(state.upstreamId).toBe('beHBaJfEMIi-qtsP3769-Q8');
      expect(state.upstreamModel).toBe('gemini-2.5-pro');
      expect(state.usageObject).toMatchObject({
        prompt_tokens: 34,
        completion_tokens: 469 + 787,
        total_tokens: 1290,
        completion_tokens_details: { reasoning_tokens: 787 },
      });
      expect(state.outputChars).toBe(join(true).length + join(false).length);
    });
  }

  it('names the place of the signature: the first piece of the answer', () => {
    const signed = parts.find((part) => part.thoughtSignature !== undefined);
    const detail = replay(text).choices[0]?.details.find((entry) => entry.type === 'reasoning.encrypted');
    expect(detail).toEqual({
      type: 'reasoning.encrypted',
      data: signed?.thoughtSignature,
      id: null,
      format: 'google-gemini-v1',
      index: 1,
      part: { kind: 'text', start: 0, end: String(signed?.text).length },
    });
  });
});

describe('what streams carry', () => {
  it('gives calls of several events indexes and ids, and the signature to its call only', () => {
    const { choices, state } = replay(fixture('hand-s-parallel-calls', 'stream.txt'));
    const [heard] = choices;
    expect(heard?.toolCalls.map((call) => [call.index, call.id, call.type])).toEqual([
      [0, 'call_01abc_0', 'function'],
      [1, 'call_01abc_1', 'function'],
      [2, 'given-7', 'function'],
    ]);
    expect(heard?.toolCalls.map((call) => call.extra_content)).toEqual([
      { google: { thought_signature: 'c2lnLUE=' } },
      undefined,
      undefined,
    ]);
    expect(heard?.details).toEqual([
      {
        type: 'reasoning.encrypted',
        data: 'c2lnLUE=',
        id: 'call_01abc_0',
        format: 'google-gemini-v1',
        index: 0,
      },
    ]);
    expect(state.finishReason).toBe('tool_calls');
  });

  it('carries the signature of the empty last part', () => {
    const [heard] = replay(fixture('hand-s-signature-at-end', 'stream.txt')).choices;
    expect(heard?.details).toEqual([
      { type: 'reasoning.text', text: 'First idea. ', format: 'google-gemini-v1', index: 0 },
      { type: 'reasoning.text', text: 'Second idea.', format: 'google-gemini-v1', index: 0 },
      {
        type: 'reasoning.encrypted',
        data: 'c2lnLUVORA==',
        id: null,
        format: 'google-gemini-v1',
        index: 1,
        part: { kind: 'text', start: 11, end: 11 },
      },
    ]);
  });

  it('answers a blocked prompt with a refusal', () => {
    const { choices, state } = replay(fixture('hand-s-prompt-blocked', 'stream.txt'));
    expect(choices[0]?.refusal).toBe('The provider blocked the prompt (PROHIBITED_CONTENT).');
    expect(state.usageObject).toMatchObject({ prompt_tokens: 12, completion_tokens: 0, total_tokens: 12 });
  });

  it('keeps the ratings of a blocked answer, and not those of every event', () => {
    const [heard] = replay(fixture('hand-s-safety', 'stream.txt')).choices;
    expect(heard?.providerData).toEqual([
      {
        google: {
          safetyRatings: [
            { category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'HIGH', blocked: true },
          ],
        },
      },
    ]);
    expect(heard?.refusal).toBe('');
  });

  it('keeps two choices apart and ends when both have ended', () => {
    const { choices, state } = replay(fixture('hand-s-two-candidates', 'stream.txt'), 7);
    expect(choices.map((choice) => [choice.content, choice.finish])).toEqual([
      ['Heads up', ['stop']],
      ['Tails down', ['length']],
    ]);
    expect(state).toMatchObject({ finished: true, finishReason: 'stop', rawFinishReason: 'STOP' });
    expect(state.usageObject).toMatchObject({ completion_tokens: 4 });
  });

  it('is not finished while one choice is open', () => {
    const events = fixture('hand-s-two-candidates', 'stream.txt').split('\n\n');
    expect(replay(`${events.slice(0, 2).join('\n\n')}\n\n`).state.finished).toBe(false);
  });

  it('gives images in OpenRouter’s shape, with their signatures and tokens', () => {
    const { choices, state } = replay(fixture('hand-s-image', 'stream.txt'));
    expect(choices[0]?.images).toEqual([
      {
        type: 'image_url',
        image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' },
        index: 0,
        extra_content: { google: { thought_signature: 'c2lnLUlNRw==' } },
      },
    ]);
    expect(choices[0]?.details[0]).toMatchObject({ data: 'c2lnLUlNRw==', part: { kind: 'image', index: 0 } });
    expect(state.usage?.outputImageTokens).toBe(1120);
  });

  it('gives log probabilities in OpenAI’s shape', () => {
    expect(replay(fixture('hand-s-logprobs', 'stream.txt')).choices[0]?.logprobs).toEqual([
      {
        content: [
          {
            token: 'n',
            logprob: -0.1,
            bytes: [110],
            top_logprobs: [
              { token: 'n', logprob: -0.1, bytes: [110] },
              { token: 'm', logprob: -2.5, bytes: [109] },
            ],
          },
          {
            token: 'é',
            logprob: -0.2,
            bytes: [195, 169],
            top_logprobs: [{ token: 'é', logprob: -0.2, bytes: [195, 169] }],
          },
        ],
        refusal: null,
      },
    ]);
  });

  it('gives sources with offsets in characters and keeps the parts of code', () => {
    const [heard] = replay(fixture('hand-s-code-and-search', 'stream.txt')).choices;
    expect(heard?.annotations).toEqual([
      {
        type: 'url_citation',
        url_citation: {
          start_index: 0,
          end_index: 10,
          url: 'https://example.org/trams',
          title: 'example.org',
        },
      },
    ]);
    expect(asArray(asObject(heard?.providerData[0]?.google)?.parts)[0]).toEqual({
      start: 10,
      end: 36,
      part: {
        executableCode: { language: 'PYTHON', code: 'print(6*7)' },
        thoughtSignature: 'c2lnLUNPREU=',
      },
    });
  });
});

describe('faults in streams', () => {
  it('throws the mapped error of an error event', () => {
    const error = thrown(() => replay(fixture('hand-s-error', 'stream.txt')));
    expect(error).toMatchObject({ code: 'upstream_overloaded', retryable: true });
    expect(error.upstream).toMatchObject({ status: 200, type: 'UNAVAILABLE', code: '503' });
    expect(error.message).not.toContain('try again later');
  });

  it.each(['{"candidates": [', 'null', '42', '"text"', ''])('refuses data that is no answer: %s', (data) => {
    expect(thrown(() => start().push(data, null)).code).toBe('upstream_invalid_response');
  });

  it.each([
    'MALFORMED_FUNCTION_CALL',
    'UNEXPECTED_TOOL_CALL',
    'OTHER',
    'NO_IMAGE',
    'LANGUAGE',
    'SOMETHING_NEW',
  ])('treats %s as a failure, not as an end', (reason) => {
    const decoder = start();
    decoder.push(event([{ text: 'Half an' }]), null);
    const error = thrown(() => decoder.push(event([], reason), null));
    expect(error).toMatchObject({ code: 'upstream_error', retryable: true });
    expect(error.upstream?.type).toBe(reason);
    expect(decoder.state.finished).toBe(false);
  });

  it('passes on text behind the end, and says the end once', () => {
    const decoder = start();
    const out =
      decoder.push(event([{ text: 'a' }], 'STOP'), null) +
      decoder.push(event([{ text: 'b' }], 'STOP'), null) +
      decoder.push(event([{ text: 'c' }]), null);
    const [heard] = gather(out).choices;
    expect(heard).toMatchObject({ content: 'abc', finish: ['stop'] });
  });

  it('corrects the end when a call comes behind it', () => {
    const decoder = start();
    const out =
      decoder.push(event([{ text: 'a' }], 'STOP'), null) +
      decoder.push(event([{ functionCall: { name: 'f', args: {} } }]), null);
    expect(gather(out).choices[0]?.finish).toEqual(['stop', 'tool_calls']);
    expect(decoder.state.finishReason).toBe('tool_calls');
  });

  it('takes usage that comes after the end, and keeps what a later event leaves out', () => {
    const decoder = start();
    decoder.push('{"usageMetadata":{"promptTokenCount":9,"cachedContentTokenCount":4}}', null);
    decoder.push(event([{ text: 'a' }], 'STOP'), null);
    decoder.push('{"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3}}', null);
    expect(decoder.state.usageObject).toMatchObject({
      prompt_tokens: 9,
      completion_tokens: 3,
      prompt_tokens_details: { cached_tokens: 4 },
    });
  });

  it('ends open choices when the prompt is found blocked in the middle', () => {
    const decoder = start();
    const out =
      decoder.push(event([{ text: 'a' }]), null) +
      decoder.push('{"promptFeedback":{"blockReason":"OTHER","blockReasonMessage":"No."}}', null);
    expect(gather(out).choices[0]).toMatchObject({
      content: 'a',
      refusal: 'No.',
      finish: ['content_filter'],
    });
    expect(decoder.state.finished).toBe(true);
  });

  it('speaks the older dialect to those who do', () => {
    const decoder = codec.stream(targetOf('gemini-2.5-flash'), metaOf({ functions: [{ name: 'f' }] }));
    const out = decoder.push(event([{ functionCall: { name: 'f', args: { a: 1 } } }], 'STOP'), null);
    expect(gather(out).choices[0]).toMatchObject({
      functionCall: { name: 'f', arguments: '{"a":1}' },
      toolCalls: [],
      finish: ['function_call'],
    });
  });

  it('keeps parts that it does not know', () => {
    const part = { toolCall: { toolType: 'GOOGLE_SEARCH_WEB', id: 't1' }, thoughtSignature: 'c2ln' };
    const [heard] = gather(start().push(event([part], 'STOP'), null)).choices;
    expect(heard?.providerData).toEqual([{ google: { parts: [{ start: 0, end: 0, part }] } }]);
  });

  it('streams audio', () => {
    const inlineData = { mimeType: 'audio/L16;codec=pcm;rate=24000', data: 'AAEC' };
    expect(gather(start().push(event([{ inlineData }], 'STOP'), null)).choices[0]?.audio).toEqual(['AAEC']);
  });
});

function start() {
  return codec.stream(targetOf('gemini-2.5-flash'), metaOf());
}

function event(parts: JsonObject[], finishReason?: string): string {
  return JSON.stringify({ candidates: [{ content: { parts, role: 'model' }, index: 0, finishReason }] });
}

function thrown(act: () => unknown): GatewayError {
  try {
    act();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}
