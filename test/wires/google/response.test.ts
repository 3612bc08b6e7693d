import { describe, expect, it } from 'vitest';
import { asArray, asObject, type JsonObject } from '../../../src/lib/json.ts';
import { decode, fixture, fixtureJson, fixturesWith } from './support.ts';

const answer = (parts: JsonObject[], more: JsonObject = {}) => ({
  candidates: [{ content: { parts, role: 'model' }, finishReason: 'STOP', index: 0, ...more }],
  modelVersion: 'gemini-x',
});

/** Read from the recordings by eye. */
const RECORDED: Record<string, { content: string | null; finish: string; calls: [string, unknown][] }> = {
  'google-gen-j-google-decimal-native-output-0': { content: '{"amount": 12.34}', finish: 'stop', calls: [] },
  'google-gen-j-google-instructions-only-with-tool-calls-0': {
    content: null,
    finish: 'tool_calls',
    calls: [
      ['generate_topic', {}],
      ['generate_topic', {}],
      ['generate_topic', {}],
    ],
  },
  'google-gen-j-google-model-max-tokens-0': {
    content: 'The capital of France is',
    finish: 'length',
    calls: [],
  },
  'google-gen-j-google-tool-call-gemini3-0': {
    content: null,
    finish: 'tool_calls',
    calls: [['weather', { location: 'San Francisco' }]],
  },
  'google-gen-j-google-validated-accepts-what-auto-accepts-validated-1': {
    content:
      'I have recorded a tree with root "root" and two children "a" and "b", and a deep value of "hello".',
    finish: 'stop',
    calls: [],
  },
  'google-gen-j-multimodal-tool-return-matrix-tool-return-content-binary-doc-1': {
    content: 'I received a file that appears to be a dummy PDF, containing the text "Dummy PDF file".',
    finish: 'stop',
    calls: [],
  },
  'google-gen-j-native-output-with-function-tools-1': {
    content: '{\n  "city": "Mexico City",\n  "country": "Mexico"\n} ',
    finish: 'stop',
    calls: [],
  },
  'google-gen-j-thinking-with-tool-calls-from-other-model-2': {
    content: null,
    finish: 'tool_calls',
    calls: [['final_result', { city: 'Mexico City', country: 'Mexico' }]],
  },
  'google-gen-j-tool-choice-matrix-auto-google-1': {
    content: 'The weather in Paris is sunny with a temperature of 22C.',
    finish: 'stop',
    calls: [],
  },
};

describe('recorded answers', () => {
  it.each(Object.entries(RECORDED))('%s', (name, expected) => {
    const { message, choices, completion } = decode(fixture(name, 'response.json'));
    expect(message.role).toBe('assistant');
    expect(message.content).toBe(expected.content);
    expect(choices[0]?.finish_reason).toBe(expected.finish);
    const calls = asArray(message.tool_calls).map((call) => {
      const named = asObject(asObject(call)?.function) ?? {};
      return [named.name, JSON.parse(String(named.arguments))];
    });
    expect(calls).toEqual(expected.calls);
    expect(completion).toMatchObject({ id: 'gen_01abc', object: 'chat.completion', created: 1_700_000_000 });
  });

  it('of Vertex AI have usage beside the type of traffic, thinking included', () => {
    const { answer: decoded, message } = decode(fixture('hand-j-vertex-text', 'response.json'));
    expect(message.content).toBe('Pineapple belongs on pizza.');
    expect(decoded).toMatchObject({
      finishReason: 'stop',
      rawFinishReason: 'STOP',
      upstreamModel: 'gemini-2.5-flash',
      upstreamId: 'dQ8aaMi7KqWQmecPpMq9mAE',
      // 7 + 6 + 28 = 41: thoughts stand beside the candidates.
      usage: { inputTokens: 7, outputTokens: 34, reasoningTokens: 28 },
    });
  });

  it('all have one choice, the provider’s model and id, and the raw reason', () => {
    for (const name of fixturesWith('response.json').filter((entry) => entry.startsWith('google-gen-'))) {
      const recorded = fixtureJson(name, 'response.json');
      const { answer: decoded, choices, completion } = decode(recorded);
      expect(choices).toHaveLength(1);
      expect(completion.model).toBe(recorded.modelVersion);
      expect(decoded.upstreamModel).toBe(recorded.modelVersion);
      expect(decoded.upstreamId).toBe(recorded.responseId);
      expect(['STOP', 'MAX_TOKENS']).toContain(decoded.rawFinishReason);
      expect(decoded.finishReason).toBe(choices[0]?.finish_reason);
    }
  });

  it('carries the signature of the first of parallel calls on that call', () => {
    const name = 'google-gen-j-google-instructions-only-with-tool-calls-0';
    const { message } = decode(fixture(name, 'response.json'));
    const recorded = fixtureJson(name, 'response.json') as unknown as {
      candidates: { content: { parts: { thoughtSignature?: string }[] } }[];
    };
    const signature = recorded.candidates[0]?.content.parts[0]?.thoughtSignature;
    expect(asArray(message.tool_calls).map((call) => asObject(call)?.extra_content)).toEqual([
      { google: { thought_signature: signature } },
      undefined,
      undefined,
    ]);
    expect(asArray(message.tool_calls).map((call) => asObject(call)?.id)).toEqual([
      'call_01abc_0',
      'call_01abc_1',
      'call_01abc_2',
    ]);
    expect(message.reasoning_details).toEqual([
      {
        type: 'reasoning.encrypted',
        data: signature,
        id: 'call_01abc_0',
        format: 'google-gemini-v1',
        index: 0,
      },
    ]);
  });
});

describe('messages', () => {
  it('joins text, thoughts and their details', () => {
    const { message } = decode(
      answer([
        { text: 'Hm. ', thought: true },
        { text: 'Yes.', thought: true },
        { text: 'Sealed.', thought: true, thoughtSignature: 'c2ln' },
        { text: 'Hel' },
        { text: 'lo', thoughtSignature: 'dHh0' },
      ]),
    );
    expect(message).toEqual({
      role: 'assistant',
      content: 'Hello',
      refusal: null,
      reasoning: 'Hm. Yes.Sealed.',
      reasoning_details: [
        { type: 'reasoning.text', text: 'Hm. Yes.', format: 'google-gemini-v1', index: 0 },
        { type: 'reasoning.text', text: 'Sealed.', signature: 'c2ln', format: 'google-gemini-v1', index: 1 },
        {
          type: 'reasoning.encrypted',
          data: 'dHh0',
          id: null,
          format: 'google-gemini-v1',
          index: 2,
          part: { kind: 'text', start: 3, end: 5 },
        },
      ],
    });
  });

  it('keeps text beside calls, and the provider’s own call ids', () => {
    const { message, choices } = decode(
      answer([{ text: 'Let me see.' }, { functionCall: { id: 'x1', name: 'f', args: { b: 2 } } }]),
    );
    expect(message.content).toBe('Let me see.');
    expect(message.tool_calls).toEqual([
      { id: 'x1', type: 'function', function: { name: 'f', arguments: '{"b":2}' } },
    ]);
    expect(choices[0]?.finish_reason).toBe('tool_calls');
  });

  it('gives each choice its own, with ids that differ', () => {
    const call = { content: { parts: [{ functionCall: { name: 'f' } }] }, finishReason: 'STOP' };
    const { choices } = decode({
      candidates: [
        call,
        { ...call, index: 1 },
        { content: { parts: [{ text: 'x' }] }, finishReason: 'SAFETY', index: 2 },
      ],
    });
    expect(choices.map((choice) => [choice.index, choice.finish_reason])).toEqual([
      [0, 'tool_calls'],
      [1, 'tool_calls'],
      [2, 'content_filter'],
    ]);
    const ids = choices
      .slice(0, 2)
      .map((choice) => asObject(asArray(asObject(choice.message)?.tool_calls)[0])?.id);
    expect(ids).toEqual(['call_01abc_0', 'call_01abc_1']);
  });

  it('gives images and audio', () => {
    const image = decode(answer([{ inlineData: { mimeType: 'image/jpeg', data: '/9j/' } }])).message;
    expect(image.content).toBe('');
    expect(image.images).toEqual([
      { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,/9j/' }, index: 0 },
    ]);
    const audio = (data: string) => ({ inlineData: { mimeType: 'audio/L16;rate=24000', data } });
    expect(decode(answer([audio(btoa('abcd')), audio(btoa('e'))])).message).toMatchObject({
      content: null,
      audio: { id: 'audio_01abc', data: btoa('abcde'), expires_at: 1_700_003_600, transcript: '' },
    });
  });

  it('does not show images that are thoughts', () => {
    const part = { inlineData: { mimeType: 'image/png', data: 'AAAA' }, thought: true };
    const { message } = decode(answer([part, { text: 'done' }]));
    expect(message.images).toBeUndefined();
    expect(message.provider_data).toEqual({ google: { parts: [{ start: 0, end: 0, part }] } });
  });

  it('shows code and its failure, in a fence that holds', () => {
    const { message } = decode(
      answer([
        { executableCode: { language: 'PYTHON', code: 'print("```")' } },
        { codeExecutionResult: { outcome: 'OUTCOME_FAILED', output: 'boom' } },
      ]),
    );
    expect(message.content).toBe('\n````python\nprint("```")\n````\n\nOUTCOME_FAILED\n\n```\nboom\n```\n');
  });

  it('gives sources: backed stretches, others, and citations', () => {
    const { message } = decode(
      answer([{ text: 'Äh. Paris is big.' }], {
        groundingMetadata: {
          webSearchQueries: ['paris'],
          groundingChunks: [
            { web: { uri: 'https://a.example', title: 'A' } },
            { retrievedContext: { uri: 'https://b.example' } },
          ],
          groundingSupports: [
            {
              segment: { startIndex: 5, endIndex: 18, text: 'Paris is big.' },
              groundingChunkIndices: [0, 9],
            },
          ],
        },
        citationMetadata: { citationSources: [{ startIndex: 0, endIndex: 4, uri: 'https://c.example' }] },
      }),
    );
    const citation = (start_index: number, end_index: number, url: string, title = '') => ({
      type: 'url_citation',
      url_citation: { start_index, end_index, url, title },
    });
    expect(message.annotations).toEqual([
      citation(4, 17, 'https://a.example', 'A'),
      citation(0, 0, 'https://b.example'),
      citation(0, 3, 'https://c.example'),
    ]);
    expect(message.provider_data).toMatchObject({
      google: { groundingMetadata: { webSearchQueries: ['paris'] } },
    });
  });

  it('gives log probabilities', () => {
    const { choices } = decode(
      answer([{ text: 'a' }], {
        logprobsResult: { chosenCandidates: [{ token: 'a', logProbability: -1 }, { token: 'b' }] },
      }),
    );
    expect(choices[0]?.logprobs).toEqual({
      content: [
        { token: 'a', logprob: -1, bytes: [97], top_logprobs: [] },
        { token: 'b', logprob: -9999, bytes: [98], top_logprobs: [] },
      ],
      refusal: null,
    });
  });

  it('speaks the older dialect, and keeps a second call', () => {
    const second = { functionCall: { name: 'g', args: {} } };
    const { message, choices } = decode(answer([{ functionCall: { name: 'f', args: {} } }, second]), {
      functions: [{ name: 'f' }],
    });
    expect(message.function_call).toEqual({ name: 'f', arguments: '{}' });
    expect(message).not.toHaveProperty('tool_calls');
    expect(message.provider_data).toEqual({ google: { parts: [{ start: 0, end: 0, part: second }] } });
    expect(choices[0]?.finish_reason).toBe('function_call');
  });
});

describe('ends', () => {
  it.each([
    'SAFETY',
    'RECITATION',
    'BLOCKLIST',
    'PROHIBITED_CONTENT',
    'SPII',
    'IMAGE_SAFETY',
    'IMAGE_PROHIBITED_CONTENT',
    'IMAGE_RECITATION',
  ])('%s is a content filter', (reason) => {
    const { answer: decoded, message } = decode({
      candidates: [{ finishReason: reason, finishMessage: 'Why.' }],
    });
    expect(decoded).toMatchObject({ finishReason: 'content_filter', rawFinishReason: reason });
    expect(message).toMatchObject({ content: null, refusal: 'Why.' });
  });

  it.each(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS', 'OTHER', 'FUTURE'])(
    '%s is a failure',
    (reason) => {
      expect(() => decode({ candidates: [{ finishReason: reason }] })).toThrow(
        expect.objectContaining({
          code: 'upstream_error',
          upstream: expect.objectContaining({ type: reason }),
        }),
      );
    },
  );

  it('answers a blocked prompt as a refusal', () => {
    const {
      answer: decoded,
      message,
      choices,
    } = decode({
      promptFeedback: { blockReason: 'SAFETY' },
      usageMetadata: { promptTokenCount: 4, totalTokenCount: 4 },
    });
    expect(decoded).toMatchObject({ finishReason: 'content_filter', rawFinishReason: 'SAFETY' });
    expect(decoded.usage?.inputTokens).toBe(4);
    expect(choices).toHaveLength(1);
    expect(message).toEqual({
      role: 'assistant',
      content: null,
      refusal: 'The provider blocked the prompt (SAFETY).',
    });
  });

  it('has an empty answer where the provider gave one', () => {
    expect(decode({ candidates: [{ finishReason: 'STOP', content: {} }] }).message.content).toBe('');
  });

  it.each([
    ['{}', 'upstream_invalid_response'],
    ['{"candidates":[]}', 'upstream_invalid_response'],
    ['<html>', 'upstream_invalid_response'],
    ['[]', 'upstream_invalid_response'],
    ['{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}', 'upstream_incomplete'],
    ['{"error":{"code":500,"status":"INTERNAL","message":"x"}}', 'upstream_error'],
  ])('refuses %s', (text, code) => {
    expect(() => decode(text)).toThrow(expect.objectContaining({ code }));
  });
});
