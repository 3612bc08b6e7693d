import { describe, expect, test } from 'vitest';
import { asObject, type JsonObject } from '../../../src/lib/json.ts';
import type { FinishReason, Quirks, Usage } from '../../../src/wires/types.ts';
import { fixture, fixturesWith, list, parse, replay } from './support.ts';

interface Expected {
  quirks?: Quirks;
  content?: string;
  /** First and last words. */
  reasoning?: [from: string, to: string, length: number];
  call?: { id: string; name: string; arguments: string };
  finish: FinishReason[];
  raw: string;
  usage: Partial<Usage>;
  model: string;
  upstreamId: string;
}

const NOTHING = { cachedInputTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, upstreamCostUsd: null };

const STREAMS: Record<string, Expected> = {
  'alibaba-chat-s-alibaba-reasoning-0': {
    reasoning: ['We are asked: "How many', 'So final answer: 3.', 3301],
    finish: ['stop'],
    raw: 'stop',
    usage: { ...NOTHING, inputTokens: 24, outputTokens: 1355, reasoningTokens: 1084 },
    model: 'qwen3-max',
    upstreamId: 'chatcmpl-3792851e-8f1b-9182-a1dc-b84603c81344',
  },
  'deepseek-chat-s-deepseek-tool-call-0': {
    content: '',
    reasoning: ['The user is asking for the weather', 'parameter set to "San Francisco".', 191],
    call: {
      id: 'call_00_ioIn7yN9p1ZOMNpDLwd4MgAF',
      name: 'weather',
      arguments: '{"location": "San Francisco"}',
    },
    finish: ['tool_calls'],
    raw: 'tool_calls',
    usage: { ...NOTHING, inputTokens: 339, outputTokens: 83, cachedInputTokens: 320, reasoningTokens: 39 },
    model: 'deepseek-reasoner',
    upstreamId: 'cca85624-4056-401f-b220-d77601d1f70d',
  },
  'groq-chat-s-tool-use-failed-error-streaming-1': {
    content: '',
    reasoning: ['We need to call the function', 'e.g., "example".', 92],
    call: {
      id: 'fc_bfb39741-3748-4def-9886-a93fc9c64a90',
      name: 'get_something_by_name',
      arguments: '{"name":"example"}',
    },
    finish: ['tool_calls'],
    raw: 'tool_calls',
    usage: { ...NOTHING, inputTokens: 304, outputTokens: 49, reasoningTokens: 23 },
    model: 'openai/gpt-oss-120b',
    upstreamId: 'chatcmpl-e35442a8-12c0-4fb4-8be4-0e51727ce7b7',
  },
  'groq-chat-s-tool-use-failed-error-streaming-with-text-1': {
    content: '',
    reasoning: ['We need to comply with tool usage now.', 'with response "no".', 727],
    call: {
      id: 'fc_299e8414-9e94-4d9c-bd06-c096f8919768',
      name: 'final_result',
      arguments: '{"response":"no"}',
    },
    finish: ['tool_calls'],
    raw: 'tool_calls',
    usage: { ...NOTHING, inputTokens: 343, outputTokens: 180, reasoningTokens: 153 },
    model: 'openai/gpt-oss-120b',
    upstreamId: 'chatcmpl-0b76b1ce-aa40-4950-9c90-a167b11d4b09',
  },
  // Chunks of the filters have no id, no model and no delta.
  'hand-s-azure-content-filter': {
    content: 'Color is',
    finish: ['stop'],
    raw: 'stop',
    usage: { ...NOTHING, inputTokens: 14, outputTokens: 2 },
    model: 'gpt-4o',
    upstreamId: 'chatcmpl-7rCNsVeZy0PGnX3H6jK8STps5nZUY',
  },
  'hand-s-fireworks-usage': {
    content: 'Hello!',
    finish: ['stop'],
    raw: 'stop',
    usage: { ...NOTHING, inputTokens: 9, outputTokens: 3, cachedInputTokens: 4 },
    model: 'accounts/fireworks/models/gpt-oss-20b',
    upstreamId: '8e3a9d1c-54c3-4e0b-a9b5-8c6a7d2b9f10',
  },
  // No delta names a role.
  'hand-s-workers-ai-text': {
    content: 'Hello!',
    finish: ['stop'],
    raw: 'stop',
    usage: { ...NOTHING, inputTokens: 45, outputTokens: 2 },
    model: '@cf/meta/llama-3.1-8b-instruct',
    upstreamId: 'id-1767312000000',
  },
  'mistral-chat-s-mistral-tool-call-0': {
    content: '',
    call: { id: 'gSIMJiOkT', name: 'weather', arguments: '{"location": "San Francisco"}' },
    finish: ['tool_calls'],
    raw: 'tool_calls',
    usage: { ...NOTHING, inputTokens: 124, outputTokens: 22 },
    model: 'mistral-small-latest',
    upstreamId: 'b3999b8c93e04e11bcbff7bcab829667',
  },
  'openai-chat-s-mcp-tools-cached-across-activities-1': {
    content: '',
    call: { id: 'call_Vz0Sie91Ap56nH0ThKGrZXT7', name: 'get_weather', arguments: '{"city":"Mexico City"}' },
    finish: ['tool_calls'],
    raw: 'tool_calls',
    usage: { ...NOTHING, inputTokens: 423, outputTokens: 15 },
    model: 'gpt-4o-2024-08-06',
    upstreamId: 'chatcmpl-C1KMJC4uUHgeJ4A0e8jM8wufrmdxX',
  },
  'openai-chat-s-run-stream-sync-streams-real-model-1': {
    content: 'The capital of the UK is London.',
    finish: ['stop'],
    raw: 'stop',
    usage: { ...NOTHING, inputTokens: 78, outputTokens: 9 },
    model: 'gpt-4o-mini-2024-07-18',
    upstreamId: 'chatcmpl-Dx0Xq5Xx9rHB2ehcHZCRDsnuymUXc',
  },
  // Usage in every chunk, the last one counts; the last chunk calls itself `chat.completion.done`.
  'perplexity-chat-s-perplexity-text-0': {
    content: '**EcoVista Day**[1][5]',
    finish: ['stop'],
    raw: 'stop',
    usage: { ...NOTHING, inputTokens: 11, outputTokens: 434 },
    model: 'sonar',
    upstreamId: 'a3d55d44-63f9-4704-bb26-e17be1ddab3a',
  },
  // The reason to finish comes with the arguments, and again with usage and the number of a seed.
  'together-chat-s-tool-call-0': {
    content: '',
    call: { id: 'call_yu1mxtmex7x48nximi9c8jpo', name: 'get_weather', arguments: '{"city":"Paris"}' },
    finish: ['tool_calls', 'tool_calls'],
    raw: 'tool_calls',
    usage: { ...NOTHING, inputTokens: 194, outputTokens: 19 },
    model: 'meta-llama/Llama-3.3-70B-Instruct-Turbo',
    upstreamId: 'ogzjfRD-6Ng1vN-9f391a2bb8ca75e1',
  },
  // 12 + 1 + 290 = 303: reasoning stands beside the completion, not in it. A tick is 10^-10 USD.
  'xai-chat-s-xai-text-0': {
    quirks: { reasoningOutsideCompletion: true },
    content: 'Hello',
    reasoning: ['First, the user', 'said', 20],
    finish: ['stop'],
    raw: 'stop',
    usage: {
      inputTokens: 12,
      outputTokens: 291,
      cachedInputTokens: 11,
      reasoningTokens: 290,
      upstreamCostUsd: expect.closeTo(0.000146625, 12),
    },
    model: 'grok-3-mini',
    upstreamId: '7327b9f5-1c2f-0a15-3fef-c14a71c460d3',
  },
};

const ENDS_IN_ERROR = 'openrouter-chat-s-openrouter-stream-error-0';

/** The events of a recording, parsed by nothing of ours. */
function upstreamChunks(name: string): JsonObject[] {
  return fixture(name, 'stream.txt')
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => parse(line.slice(6)));
}

test('every recorded stream has its expectations', () => {
  expect([...Object.keys(STREAMS), ENDS_IN_ERROR].toSorted()).toEqual(fixturesWith('stream.txt').toSorted());
});

describe.each(Object.entries(STREAMS))('%s', (name, expected) => {
  const text = fixture(name, 'stream.txt');
  const options = { quirks: expected.quirks ?? {} };

  test.each([Number.POSITIVE_INFINITY, 7, 1])('at %d bytes a push', (size) => {
    const got = replay(text, { ...options, size: Math.min(size, text.length * 4) });
    expect(got.error).toBeNull();
    expect(got.state).toMatchObject({
      finished: true,
      done: true,
      finishReason: expected.finish.at(-1),
      rawFinishReason: expected.raw,
      usage: expected.usage,
      upstreamModel: expected.model,
      upstreamId: expected.upstreamId,
    });
    expect(got.choices).toHaveLength(1);
    const [heard] = got.choices;
    if (expected.content !== undefined) expect(heard?.content).toBe(expected.content);
    const [from, to, length] = expected.reasoning ?? ['', '', 0];
    expect(heard?.reasoning).toHaveLength(length);
    expect(heard?.reasoning.startsWith(from)).toBe(true);
    expect(heard?.reasoning.endsWith(to)).toBe(true);
    expect(heard?.calls).toEqual(expected.call ? [{ ...expected.call, types: ['function'] }] : []);
    expect(heard?.finish).toEqual(expected.finish);
    expect(got.out).toBe(replay(text, options).out);
  });

  test('what the host sent is in what the client gets', () => {
    const upstream = upstreamChunks(name).filter(
      (chunk) => list(chunk.choices).length > 0 || !('usage' in chunk),
    );
    const got = replay(text, options);
    const heard = got.chunks.filter((chunk) => list(chunk.choices).length > 0);
    expect(heard).toHaveLength(upstream.length);
    for (const [at, chunk] of upstream.entries()) {
      const { id: _, usage: __, object: ___, created, model, ...rest } = chunk;
      // So that clients which read its delta go on working.
      if (list(rest.choices).length === 0) rest.choices = [{ index: 0, delta: {}, finish_reason: null }];
      // Chunks of content filters have neither.
      expect(heard[at]).toMatchObject(model === '' ? rest : { created, model, ...rest });
    }
  });

  test('the usage of the host, word for word, for the last chunk', () => {
    const last = upstreamChunks(name).findLast((chunk) => asObject(chunk.usage))?.usage;
    const { state } = replay(text, options);
    expect(state.usageObject).toEqual(last);
    expect(state.usage?.raw).toEqual(last);
  });
});

test('a long text arrives whole', () => {
  const [heard] = replay(fixture('alibaba-chat-s-alibaba-reasoning-0', 'stream.txt')).choices;
  expect(heard?.content).toHaveLength(816);
  expect(heard?.content.startsWith('The word **"strawberry"** contains **3** instances')).toBe(true);
  expect(heard?.content.endsWith('returns `3`).  \n\n**Answer: 3**')).toBe(true);
});

describe('bytes that need no change are not changed', () => {
  test.each([
    'openai-chat-s-mcp-tools-cached-across-activities-1',
    'openai-chat-s-run-stream-sync-streams-real-model-1',
  ])('%s, for a client that asked for usage: all but the id, the usage chunk and the end', (name) => {
    const text = fixture(name, 'stream.txt');
    const { upstreamId } = STREAMS[name] ?? { upstreamId: '' };
    const events = text.trimEnd().split('\n\n').slice(0, -2);
    const expected = events.map((event) => `${event.replace(`"id":"${upstreamId}"`, '"id":"gen_1"')}\n\n`);
    expect(replay(text, { includeUsage: true }).out).toBe(expected.join(''));
  });

  test('for one that did not, the null usage goes too', () => {
    const text = fixture('openai-chat-s-run-stream-sync-streams-real-model-1', 'stream.txt');
    const out = replay(text).out;
    expect(out).toBe(replay(text, { includeUsage: true }).out.replaceAll(',"usage":null', ''));
    expect(out).not.toContain('usage');
  });

  test('a stream with usage beside a choice: all but that chunk', () => {
    const name = 'groq-chat-s-tool-use-failed-error-streaming-1';
    const text = fixture(name, 'stream.txt');
    const { upstreamId } = STREAMS[name] ?? { upstreamId: '' };
    const events = text.trimEnd().split('\n\n').slice(0, -2);
    const expected = events.map((event) => `${event.replace(`"id":"${upstreamId}"`, '"id":"gen_1"')}\n\n`);
    expect(replay(text).out.startsWith(expected.join(''))).toBe(true);
    // What the host says of usage under a name of its own is its own.
    expect(replay(text).chunks.at(-1)).toMatchObject({
      x_groq: { id: 'req_01khrvt32ze9rb75za4xqmdz13', usage: { prompt_tokens: 304 } },
      choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'tool_calls' }],
    });
  });
});

describe(ENDS_IN_ERROR, () => {
  test.each([Number.POSITIVE_INFINITY, 7, 1])('at %d bytes a push', (size) => {
    const text = fixture(ENDS_IN_ERROR, 'stream.txt');
    const { error, state, choices } = replay(text, { size: Math.min(size, text.length * 4) });
    expect(error).toMatchObject({
      code: 'upstream_invalid_request',
      message: 'Token limit reached',
      retryable: false,
    });
    expect(choices).toEqual([
      {
        content: '',
        reasoning: 'We need to respond to a greeting. The user',
        refusal: '',
        calls: [],
        finish: ['length', 'length'],
      },
    ]);
    // The host counts in the chunk of the error. 11 of 10 tokens as reasoning cannot be: all of them.
    expect(state.usage).toMatchObject({
      inputTokens: 43,
      outputTokens: 10,
      reasoningTokens: 10,
      upstreamCostUsd: 0,
    });
    expect(state.done).toBe(false);
  });
});
