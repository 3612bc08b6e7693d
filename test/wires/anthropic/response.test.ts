import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import { mergeUsage, readUsage } from '../../../src/wires/anthropic/usage.ts';
import { codec, fixture, list, meta, parse, target } from './support.ts';

function decode(body: string, request: JsonObject = {}, structuredOutput?: boolean) {
  const capabilities = structuredOutput === undefined ? {} : { structuredOutput };
  const answer = codec().decode(body, target('claude-sonnet-4-5', { capabilities }), meta(request));
  const completion = parse(answer.text);
  const choice = list(completion.choices)[0] ?? {};
  return { ...answer, completion, choice, message: parse(JSON.stringify(choice.message)) };
}

describe('whole answers, recorded', () => {
  test('text with cache reads', () => {
    const got = decode(fixture('anthropic-messages-j-anthropic-cache-real-api-0', 'response.json'));
    expect(got.message.content).toMatch(
      /^# What is Python\?\n\nPython is a high-level.*Netflix, NASA, and Instagram\.$/s,
    );
    expect(got.choice).toMatchObject({ index: 0, finish_reason: 'stop', logprobs: null });
    expect(got.completion).toMatchObject({
      id: 'gen_1',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'claude-sonnet-4-5-20250929',
      usage: {
        prompt_tokens: 1114,
        completion_tokens: 406,
        total_tokens: 1520,
        prompt_tokens_details: { cached_tokens: 1111, cache_write_tokens: 0 },
      },
    });
    expect(got.usage).toMatchObject({ inputTokens: 1114, cachedInputTokens: 1111, outputTokens: 406 });
    expect(got).toMatchObject({
      finishReason: 'stop',
      rawFinishReason: 'end_turn',
      upstreamId: 'msg_01UUPT9QdZnZSRzcQJkjG25U',
      upstreamModel: 'claude-sonnet-4-5-20250929',
    });
  });

  test('thinking with its signature', () => {
    const got = decode(fixture('anthropic-messages-j-anthropic-clear-thinking-1-0', 'response.json'));
    expect(got.message).toMatchObject({ content: '925 ÷ 5 = 185', reasoning: '925 divided by 5 = 185' });
    const [detail, ...more] = list(got.message.reasoning_details);
    expect(more).toEqual([]);
    expect(detail).toMatchObject({
      type: 'reasoning.text',
      text: '925 divided by 5 = 185',
      format: 'anthropic-claude-v1',
      index: 0,
    });
    expect(detail?.signature).toMatch(/^Er4BCkYICxgC.*wGsH8MtUIqxRgB$/);
  });

  test('thinking tokens are reasoning tokens', () => {
    const name = 'anthropic-messages-j-anthropic-thinking-roundtrip-wire-stable-ag-ui-0-1-13-1';
    const got = decode(fixture(name, 'response.json'));
    expect(got.message.content).toBe('OK');
    expect(got.usage).toMatchObject({ inputTokens: 115, outputTokens: 31, reasoningTokens: 24 });
  });

  test('a tool call, and no content beside it', () => {
    const got = decode(fixture('anthropic-messages-j-anthropic-json-other-tool-1-0', 'response.json'));
    expect(got.message).toEqual({
      role: 'assistant',
      content: null,
      refusal: null,
      tool_calls: [
        {
          id: 'toolu_01PQjhxo3eirCdKNvCJrKc8f',
          type: 'function',
          function: { name: 'weather', arguments: '{"location":"San Francisco"}' },
        },
      ],
    });
    expect(got).toMatchObject({ finishReason: 'tool_calls', rawFinishReason: 'tool_use' });
  });

  test('of Vertex AI, with its id and the model without its snapshot', () => {
    const got = decode(fixture('hand-j-vertex-anthropic-text', 'response.json'));
    expect(got.message).toEqual({
      role: 'assistant',
      content: 'Hello! How can I help you today?',
      refusal: null,
    });
    expect(got).toMatchObject({
      finishReason: 'stop',
      upstreamId: 'msg_vrtx_01VbkEfkYNKPQRDyX5DQS7cR',
      upstreamModel: 'claude-sonnet-4-5',
      usage: { inputTokens: 10, outputTokens: 12, cachedInputTokens: 0 },
    });
  });

  test('a stop sequence is a stop, and white space stays', () => {
    const got = decode(fixture('anthropic-messages-j-stop-settings-anthropic-0', 'response.json'));
    expect(got.message).toEqual({
      role: 'assistant',
      content: 'The beautiful city of ',
      refusal: null,
      provider_data: { anthropic: { stop_sequence: 'Paris' } },
    });
    expect(got).toMatchObject({ finishReason: 'stop', rawFinishReason: 'stop_sequence' });
  });

  test.each([
    [
      'anthropic-messages-j-anthropic-model-retrying-after-empty-response-0',
      '# Hi there! 👋\n\nHow can I help you today?',
      26,
    ],
    ['anthropic-messages-j-image-url-input-0', /^This is a potato\./, 296],
    [
      'anthropic-messages-j-anthropic-tool-with-thinking-1',
      /largest city in your country is \*\*Mexico City\*\*/,
      566,
    ],
  ])('%s', (name, content, input) => {
    const got = decode(fixture(name, 'response.json'));
    expect(got.message.content).toEqual(
      typeof content === 'string' ? content : expect.stringMatching(content),
    );
    expect(got.usage?.inputTokens).toBe(input);
    expect(got.finishReason).toBe('stop');
  });

  test('arguments keep every character', () => {
    const got = decode(
      fixture('anthropic-messages-j-tool-choice-matrix-none-with-output-anthropic-0', 'response.json'),
    );
    const [call] = list(got.message.tool_calls);
    const named = parse(JSON.stringify(call?.function));
    expect(named.name).toBe('final_result');
    const input = parse(String(named.arguments));
    expect(input.city).toBe('Paris');
    expect(input.summary).toContain('La Ville Lumière');
  });
});

describe('whole answers, by hand', () => {
  test('every kind of block has its place', () => {
    const got = decode(fixture('hand-j-everything', 'response.json'));
    expect(got.message).toEqual({
      role: 'assistant',
      content: "I'll look. Born in 1916.",
      refusal: null,
      reasoning: 'Hmm.',
      reasoning_details: [
        {
          type: 'reasoning.text',
          text: 'Hmm.',
          signature: 'sig-one',
          format: 'anthropic-claude-v1',
          index: 0,
        },
        { type: 'reasoning.encrypted', data: 'EmwK', format: 'anthropic-claude-v1', index: 1 },
      ],
      tool_calls: [
        { id: 'toolu_01A', type: 'function', function: { name: 'save', arguments: '{"year":1916}' } },
        { id: 'toolu_01B', type: 'function', function: { name: 'now', arguments: '{}' } },
      ],
      annotations: [
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
      ],
      provider_data: {
        anthropic: {
          container: { id: 'container_1', expires_at: '2026-01-01T00:00:00Z' },
          blocks: [
            expect.objectContaining({ type: 'server_tool_use', input: { query: 'x' } }),
            expect.objectContaining({ type: 'web_search_tool_result' }),
          ],
        },
      },
    });
    expect(got.usage).toMatchObject({
      inputTokens: 240,
      cachedInputTokens: 200,
      cacheWriteTokens: 10,
      cacheWriteLongTokens: 20,
      outputTokens: 50,
      reasoningTokens: 15,
      upstreamCostUsd: null,
      estimated: false,
    });
    expect(got.usage?.raw).toMatchObject({ server_tool_use: { web_search_requests: 1 } });
  });

  test('a refusal', () => {
    const got = decode(fixture('hand-j-refusal', 'response.json'));
    expect(got.message).toMatchObject({ content: null, refusal: 'Blocked under the usage policy.' });
    expect(got).toMatchObject({ finishReason: 'content_filter', rawFinishReason: 'refusal' });
  });

  test('compaction is billed and kept', () => {
    const got = decode(fixture('hand-j-compaction', 'response.json'));
    expect(got.usage).toMatchObject({ inputTokens: 203_000, outputTokens: 4500 });
    expect(got.message).toMatchObject({
      content: 'On.',
      provider_data: { anthropic: { blocks: [{ type: 'compaction', content: 'Summary' }] } },
    });
  });

  test.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['pause_turn', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'content_filter'],
    ['tool_use', 'stop'],
    ['something_new', 'stop'],
  ])('stop reason %s without calls is %s', (reason, finish) => {
    const got = decode(JSON.stringify({ content: [{ type: 'text', text: 'a' }], stop_reason: reason }));
    expect(got).toMatchObject({ finishReason: finish, rawFinishReason: reason, usage: null });
    expect(got.completion).not.toHaveProperty('usage');
    expect(got.completion.model).toBe('asked-model');
  });

  test('the answer tool becomes the content, with finish stop', () => {
    const format = { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } };
    const call = { type: 'tool_use', id: 't', name: 'structured_output', input: { city: 'Paris' } };
    const got = decode(
      JSON.stringify({ content: [call], stop_reason: 'tool_use' }),
      { response_format: format },
      false,
    );
    expect(got.message).toEqual({ role: 'assistant', content: '{"city":"Paris"}', refusal: null });
    expect(got.finishReason).toBe('stop');
  });

  test('a caller of the older dialect gets function_call', () => {
    const call = { type: 'tool_use', id: 't', name: 'now', input: {} };
    const got = decode(JSON.stringify({ content: [call], stop_reason: 'tool_use' }), {
      functions: [{ name: 'now' }],
    });
    expect(got.message).toMatchObject({ function_call: { name: 'now', arguments: '{}' } });
    expect(got.message).not.toHaveProperty('tool_calls');
    expect(got.finishReason).toBe('function_call');
  });

  test.each(['', 'null', '<html>', '{"content":"text"}', '{"type":"message"}'])(
    '%j cannot be read',
    (body) => {
      expect(() => decode(body)).toThrow(expect.objectContaining({ code: 'upstream_invalid_response' }));
    },
  );

  test('an error with status 200 is an error', () => {
    const body = '{"type":"error","error":{"type":"api_error","message":"secret"}}';
    expect(() => decode(body)).toThrow(GatewayError);
    expect(() => decode(body)).toThrow(expect.objectContaining({ code: 'upstream_error' }));
  });
});

describe('usage', () => {
  test.each<[string, JsonObject, JsonObject]>([
    ['nothing', {}, { inputTokens: 0, outputTokens: 0 }],
    [
      'nulls',
      { input_tokens: 5, output_tokens: 2, cache_read_input_tokens: null },
      { inputTokens: 5, outputTokens: 2 },
    ],
    [
      'writes without their split are short ones',
      { input_tokens: 1, cache_creation_input_tokens: 10 },
      { inputTokens: 11, cacheWriteTokens: 10, cacheWriteLongTokens: 0 },
    ],
    [
      'an advisor is priced as another model',
      {
        input_tokens: 1,
        output_tokens: 2,
        iterations: [{ type: 'advisor_message', input_tokens: 900, output_tokens: 9 }],
      },
      { inputTokens: 1, outputTokens: 2 },
    ],
    [
      'a fallback is at the top already',
      {
        input_tokens: 1,
        output_tokens: 2,
        iterations: [
          { type: 'compaction', input_tokens: 900, output_tokens: 9 },
          { type: 'fallback_message', input_tokens: 1, output_tokens: 2 },
        ],
      },
      { inputTokens: 1, outputTokens: 2 },
    ],
  ])('%s', (_, raw, expected) => {
    expect(readUsage(raw)).toMatchObject(expected);
    expect(readUsage(raw).raw).toBe(raw);
  });

  test('the end of a stream corrects its start, and takes nothing back', () => {
    const start = {
      input_tokens: 43,
      cache_read_input_tokens: 9,
      output_tokens: 1,
      service_tier: 'standard',
    };
    const end = {
      input_tokens: 61,
      cache_read_input_tokens: 0,
      cache_creation_input_tokens: null,
      output_tokens: 0,
    };
    expect(mergeUsage(start, end)).toEqual({
      input_tokens: 61,
      cache_read_input_tokens: 9,
      output_tokens: 0,
      service_tier: 'standard',
    });
    expect(mergeUsage(null, { input_tokens: 0 })).toEqual({ input_tokens: 0 });
  });
});
