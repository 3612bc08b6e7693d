import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import type { Usage } from '../../../src/wires/types.ts';
import { type Collected, fixture, fixturesWith, replay, target } from './support.ts';

interface Expected {
  content?: string;
  reasoning?: string;
  calls?: Collected['calls'];
  details?: JsonObject[];
  refusal?: string;
  finish: string[];
  rawFinish: string | null;
  model: string;
  usage: Partial<Usage>;
  /** Options of the replay. */
  body?: JsonObject;
  structuredOutput?: boolean;
}

const FORMAT = 'anthropic-claude-v1';

const SCHEMA_REQUEST: JsonObject = {
  response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } },
};

const CASES: Record<string, Expected> = {
  'anthropic-messages-s-anthropic-clear-thinking-1-0': {
    content: '925 ÷ 5 = 185',
    reasoning: 'The previous result was 925. Now I need to divide that by 5.\n\n925 ÷ 5 = 185',
    finish: ['stop'],
    rawFinish: 'end_turn',
    model: 'claude-sonnet-4-5-20250929',
    usage: { inputTokens: 69, outputTokens: 53 },
  },
  'anthropic-messages-s-anthropic-json-tool-1-0': {
    content: '',
    calls: [
      {
        id: 'toolu_01KFbKqPYSuAKujiL6mTfzYA',
        name: 'json',
        arguments: '{"elements": [{"location": "San Francisco", "temperature": 58, "condition": "sunny"}]}',
      },
    ],
    finish: ['tool_calls'],
    rawFinish: 'tool_use',
    model: 'claude-haiku-4-5-20251001',
    usage: { inputTokens: 849, outputTokens: 47 },
  },
  'anthropic-messages-s-anthropic-message-delta-input-tokens-0': {
    content: 'pong',
    finish: ['stop'],
    rawFinish: 'end_turn',
    model: 'claude-opus-4-5-20251101',
    // The end corrects the 43 input tokens of the start.
    usage: { inputTokens: 61, outputTokens: 2 },
  },
  'anthropic-messages-s-anthropic-refusal-0': {
    content: '',
    refusal:
      "This request triggered restrictions on violative cyber content and was blocked under Anthropic's Usage Policy.",
    finish: ['content_filter'],
    rawFinish: 'refusal',
    model: 'claude-fable-5',
    usage: { inputTokens: 18, outputTokens: 5 },
  },
  'hand-s-parallel-tools': {
    content: 'Checking both cities. ✓',
    calls: [
      { id: 'toolu_01A', name: 'get_weather', arguments: '{"city":"Paris"}' },
      { id: 'toolu_01B', name: 'get_weather', arguments: '{"city":"Köln"}' },
      { id: 'toolu_01C', name: 'now', arguments: '{}' },
    ],
    finish: ['tool_calls'],
    rawFinish: 'tool_use',
    model: 'claude-sonnet-4-5-20250929',
    usage: { inputTokens: 20, outputTokens: 90 },
  },
  'hand-s-thinking-tool': {
    content: '',
    reasoning: 'I need the weather.',
    details: [
      { type: 'reasoning.text', text: 'I need the ', format: FORMAT, index: 0 },
      { type: 'reasoning.text', text: 'weather.', format: FORMAT, index: 0 },
      {
        type: 'reasoning.text',
        text: '',
        signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b==',
        format: FORMAT,
        index: 0,
      },
    ],
    calls: [{ id: 'toolu_02A', name: 'get_weather', arguments: '{"city":"Rome"}' }],
    finish: ['tool_calls'],
    rawFinish: 'tool_use',
    model: 'claude-sonnet-4-5-20250929',
    usage: { inputTokens: 20, outputTokens: 60, reasoningTokens: 41 },
  },
  'hand-s-redacted-thinking': {
    content: 'Done.',
    reasoning: 'Let me see.',
    details: [
      { type: 'reasoning.text', text: 'Let me see.', format: FORMAT, index: 0 },
      { type: 'reasoning.text', text: '', signature: 'sig-one', format: FORMAT, index: 0 },
      { type: 'reasoning.encrypted', data: 'EmwKAhgBEgy3va3pzix/LafPsn4=', format: FORMAT, index: 1 },
      { type: 'reasoning.text', text: '', signature: 'sig-omitted', format: FORMAT, index: 2 },
    ],
    finish: ['stop'],
    rawFinish: 'end_turn',
    model: 'claude-sonnet-4-5-20250929',
    usage: { outputTokens: 30 },
  },
  'hand-s-overloaded-midway': {
    content: 'The answer',
    finish: [],
    rawFinish: null,
    model: 'claude-sonnet-4-5-20250929',
    usage: { inputTokens: 20, outputTokens: 1 },
  },
  'hand-s-cut': {
    content: 'The answer is',
    finish: [],
    rawFinish: null,
    model: 'claude-sonnet-4-5-20250929',
    usage: { inputTokens: 20, outputTokens: 1 },
  },
  'hand-s-refusal-midway': {
    content: 'First, ',
    refusal: 'The provider stopped the answer because of its usage policy.',
    finish: ['content_filter'],
    rawFinish: 'refusal',
    model: 'claude-fable-5',
    usage: { outputTokens: 4 },
  },
  'hand-s-cache-usage': {
    content: 'Hi',
    finish: ['stop'],
    rawFinish: 'end_turn',
    model: 'claude-sonnet-4-5-20250929',
    usage: {
      inputTokens: 189_607,
      cachedInputTokens: 188_086,
      cacheWriteTokens: 500,
      cacheWriteLongTokens: 1000,
      outputTokens: 12,
    },
  },
  'hand-s-answer-tool': {
    content: '{"city":"Paris","n":2}',
    finish: ['stop'],
    rawFinish: 'tool_use',
    model: 'claude-sonnet-4-5-20250929',
    usage: { outputTokens: 25 },
    body: SCHEMA_REQUEST,
    structuredOutput: false,
  },
  'hand-s-web-search': {
    content: "I'll look. Born in 1916. See page 2.",
    finish: ['stop'],
    rawFinish: 'end_turn',
    model: 'claude-sonnet-4-5-20250929',
    usage: { inputTokens: 2682, outputTokens: 70 },
  },
  'hand-s-pause-turn': {
    content: 'Still searching.',
    finish: ['stop'],
    rawFinish: 'pause_turn',
    model: 'claude-sonnet-4-5-20250929',
    usage: { outputTokens: 9 },
  },
  'hand-s-unknown-events': {
    content: 'AB',
    finish: ['stop'],
    rawFinish: 'stop_sequence',
    model: 'claude-sonnet-5',
    usage: { inputTokens: 7, outputTokens: 3 },
  },
};

function run(name: string, bytesPerPush: number): Collected {
  const expected = CASES[name];
  const to = target('claude-sonnet-4-5', {
    capabilities: expected?.structuredOutput === false ? { structuredOutput: false } : {},
  });
  return replay(fixture(name, 'stream.txt'), bytesPerPush, { to, body: expected?.body ?? {} });
}

describe('streams', () => {
  test('every stream fixture has its expectation', () => {
    expect(Object.keys(CASES).sort()).toEqual(fixturesWith('stream.txt').sort());
  });

  for (const [name, expected] of Object.entries(CASES)) {
    for (const bytesPerPush of [1, 7, 1 << 20]) {
      test(`${name}, ${bytesPerPush} bytes a push`, () => {
        const got = run(name, bytesPerPush);
        expect(got.content).toBe(expected.content);
        expect(got.reasoning).toBe(expected.reasoning ?? '');
        expect(got.calls).toEqual(expected.calls ?? []);
        if (expected.details) expect(got.details).toEqual(expected.details);
        expect(got.refusal).toBe(expected.refusal ?? null);
        expect(got.finish).toEqual(expected.finish);
        expect(got.state.rawFinishReason).toBe(expected.rawFinish);
        expect(got.state.finishReason).toBe(expected.finish[0] ?? null);
        expect(got.state.finished).toBe(expected.finish.length > 0);
        expect(got.state.done).toBe(expected.finish.length > 0);
        expect(got.state.upstreamModel).toBe(expected.model);
        expect(got.state.usage).toMatchObject(expected.usage);
        expect(got.chunks.every((chunk) => chunk.model === expected.model)).toBe(true);
      });
    }
  }

  test('the first chunk has the role and an empty content, and only the last a finish reason', () => {
    const { chunks } = run('hand-s-parallel-tools', 64);
    expect(chunks[0]?.choices).toEqual([
      { index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null },
    ]);
    expect(chunks.at(-1)?.choices).toEqual([{ index: 0, delta: {}, finish_reason: 'tool_calls' }]);
    const roles = chunks.filter((chunk) => JSON.stringify(chunk).includes('"role"'));
    expect(roles).toHaveLength(1);
  });

  test('signatures of the recorded stream reach the client', () => {
    const { details } = run('anthropic-messages-s-anthropic-clear-thinking-1-0', 512);
    const signatures = details.filter((detail) => typeof detail.signature === 'string');
    expect(signatures).toHaveLength(1);
    expect(signatures[0]?.signature).toMatch(
      /^EvQBCkYICxgCKkAxhD4NUKFzudtZ6NzbZdEiBACIScTzqj.*oPr\/4yzNgvi\/EhT6Ca17BgB$/,
    );
  });

  test('an overloaded event is the same error as status 529', () => {
    const { error, state } = run('hand-s-overloaded-midway', 32);
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject({
      code: 'upstream_overloaded',
      message: 'The provider is overloaded.',
      upstream: { status: 200, type: 'overloaded_error' },
    });
    expect(state).toMatchObject({ finished: false, done: false, usageObject: null, outputChars: 10 });
  });

  test('a cut stream is neither finished nor done', () => {
    const { error, state } = run('hand-s-cut', 32);
    expect(error).toBeNull();
    expect(state).toMatchObject({ finished: false, done: false, finishReason: null, usageObject: null });
  });

  test('usage in the shape of OpenAI counts the cache as input', () => {
    expect(run('hand-s-cache-usage', 99).state.usageObject).toEqual({
      prompt_tokens: 189_607,
      completion_tokens: 12,
      total_tokens: 189_619,
      prompt_tokens_details: { cached_tokens: 188_086, cache_write_tokens: 1500 },
      completion_tokens_details: { reasoning_tokens: 0 },
    });
  });

  test("the provider's own tools and its citations are not lost", () => {
    const { blocks, annotations, chunks } = run('hand-s-web-search', 50);
    expect(blocks).toMatchObject([
      { type: 'server_tool_use', name: 'web_search', input: { query: 'Claude Shannon' } },
      { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_01' },
    ]);
    expect(annotations).toEqual([
      {
        type: 'url_citation',
        url_citation: {
          start_index: 11,
          end_index: 24,
          url: 'https://example.com/shannon',
          title: 'Shannon',
          content: 'Born April 30, 1916',
        },
      },
    ]);
    expect(JSON.stringify(chunks)).toContain('"document_title":"Life"');
  });

  test('the stop sequence that was met is told in the last chunk', () => {
    const { chunks } = run('hand-s-unknown-events', 50);
    expect(chunks.at(-1)?.choices).toEqual([
      {
        index: 0,
        delta: { provider_data: { anthropic: { stop_sequence: 'END' } } },
        finish_reason: 'stop',
      },
    ]);
  });

  test('a caller of the older dialect gets function_call', () => {
    const got = replay(fixture('hand-s-thinking-tool', 'stream.txt'), 40, {
      body: { functions: [{ name: 'get_weather' }] },
    });
    expect(got.functionCall).toEqual({ name: 'get_weather', arguments: '{"city":"Rome"}' });
    expect(got.calls).toEqual([]);
    expect(got.finish).toEqual(['function_call']);
  });

  test('without the request for it, the answer tool is a tool like any other', () => {
    const got = replay(fixture('hand-s-answer-tool', 'stream.txt'), 40);
    expect(got.content).toBe('');
    expect(got.calls).toHaveLength(1);
    expect(got.finish).toEqual(['tool_calls']);
  });

  test('text before the answer tool is not part of the answer; without the tool it is the answer', () => {
    const before =
      'data: {"type":"message_start","message":{"id":"m","model":"x","usage":{"input_tokens":1,"output_tokens":1}}}\n\n' +
      'data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n' +
      'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{\\"a\\":1}"}}\n\n' +
      'data: {"type":"content_block_stop","index":0}\n\n';
    const tool =
      'data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"structured_output","input":{"b":2}}}\n\n' +
      'data: {"type":"content_block_stop","index":1}\n\n';
    const end = (reason: string) =>
      `data: {"type":"message_delta","delta":{"stop_reason":"${reason}"},"usage":{"output_tokens":5}}\n\n` +
      'data: {"type":"message_stop"}\n\n';
    const options = {
      to: target('claude-sonnet-4-5', { capabilities: { structuredOutput: false } }),
      body: SCHEMA_REQUEST,
    };
    expect(replay(before + tool + end('tool_use'), 30, options).content).toBe('{"b":2}');
    expect(replay(before + end('end_turn'), 30, options).content).toBe('{"a":1}');
  });

  test('a second call of the answer tool does not spoil the first', () => {
    const call = (index: number, input: string) =>
      `data: {"type":"content_block_start","index":${index},"content_block":{"type":"tool_use","id":"t${index}","name":"structured_output","input":{}}}\n\n` +
      `data: {"type":"content_block_delta","index":${index},"delta":{"type":"input_json_delta","partial_json":"${input}"}}\n\n` +
      `data: {"type":"content_block_stop","index":${index}}\n\n`;
    const to = target('claude-sonnet-4-5', { capabilities: { structuredOutput: false } });
    const got = replay(call(0, '{}') + call(1, '[]'), 30, { to, body: SCHEMA_REQUEST });
    expect(got.content).toBe('{}');
    expect(got.calls).toEqual([]);
  });

  test('a host that ends its streams as OpenAI does', () => {
    const got = replay(`${fixture('hand-s-pause-turn', 'stream.txt')}data: [DONE]\n\n`, 30);
    expect(got.error).toBeNull();
    expect(replay('data: [DONE]\n\n', 30).state).toMatchObject({ done: true, finished: false });
  });

  test.each([
    ['no JSON', 'data: {"type":"mess\n\n'],
    ['no object', 'data: [1]\n\n'],
    [
      'a delta of a block that was never opened',
      'data: {"type":"content_block_delta","index":4,"delta":{"type":"input_json_delta","partial_json":"x"}}\n\n',
    ],
  ])('%s cannot be read', (_, sse) => {
    expect(replay(sse, 1000).error).toMatchObject({ code: 'upstream_invalid_response' });
  });
});
