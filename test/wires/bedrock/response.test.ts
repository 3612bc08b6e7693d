import { describe, expect, test } from 'vitest';
import { bedrock } from '../../../src/wires/bedrock/index.ts';
import { codec, fixture, meta, target, thrownBy } from './support.ts';

function decode(body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = codec.decode(text, target(), meta());
  return { answer, completion: JSON.parse(answer.text) };
}

const WHOLE = { stopReason: 'end_turn', usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } };

describe('a recorded answer', () => {
  test('that wrote to the cache', () => {
    const { answer, completion } = decode(fixture('bedrock-converse-j-cache-write-0', 'response.json'));
    expect(completion).toEqual({
      id: 'gen_1',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'nova',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: '21', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 1324,
        completion_tokens: 5,
        total_tokens: 1329,
        prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 1322 },
      },
    });
    expect(answer).toMatchObject({
      finishReason: 'stop',
      rawFinishReason: 'end_turn',
      usage: {
        inputTokens: 1324,
        outputTokens: 5,
        cachedInputTokens: 0,
        cacheWriteTokens: 1322,
        cacheWriteLongTokens: 0,
      },
    });
  });

  test('that read from it', () => {
    const { answer } = decode(fixture('bedrock-converse-j-cache-read-1', 'response.json'));
    expect(answer.usage).toMatchObject({ inputTokens: 1324, cachedInputTokens: 1322, cacheWriteTokens: 0 });
  });
});

describe('usage', () => {
  test.each([
    [
      'the cache within the input, as the total tells',
      { inputTokens: 100, outputTokens: 5, totalTokens: 105, cacheReadInputTokens: 90 },
      100,
      90,
    ],
    [
      'the cache beside it',
      { inputTokens: 10, outputTokens: 5, totalTokens: 105, cacheReadInputTokens: 90 },
      100,
      90,
    ],
    ['no total', { inputTokens: 10, outputTokens: 5, cacheReadInputTokens: 90 }, 100, 90],
    ['no cache', { inputTokens: 10, outputTokens: 5, totalTokens: 15 }, 10, 0],
  ])('with %s', (_, usage, input, cached) => {
    const { answer } = decode({ ...WHOLE, output: { message: { content: [] } }, usage });
    expect(answer.usage).toMatchObject({ inputTokens: input, outputTokens: 5, cachedInputTokens: cached });
  });

  test('tells writes that last an hour apart', () => {
    const usage = {
      inputTokens: 1,
      outputTokens: 1,
      totalTokens: 32,
      cacheWriteInputTokens: 30,
      cacheDetails: [
        { ttl: '1h', inputTokens: 20 },
        { ttl: '5m', inputTokens: 10 },
      ],
    };
    const { answer } = decode({ ...WHOLE, output: { message: { content: [] } }, usage });
    expect(answer.usage).toMatchObject({ cacheWriteTokens: 10, cacheWriteLongTokens: 20, inputTokens: 31 });
  });

  test('that is missing is unknown', () => {
    const { answer, completion } = decode({ stopReason: 'end_turn', output: { message: { content: [] } } });
    expect(answer.usage).toBeNull();
    expect(completion).not.toHaveProperty('usage');
  });
});

test('calls, reasoning and blocks of other kinds', () => {
  const { completion } = decode({
    ...WHOLE,
    stopReason: 'tool_use',
    output: {
      message: {
        role: 'assistant',
        content: [
          { reasoningContent: { reasoningText: { text: 'Hm.', signature: 'S' } } },
          { reasoningContent: { redactedContent: 'R' } },
          { text: 'Let me ' },
          { text: 'look.' },
          { toolUse: { toolUseId: 't1', name: 'look', input: { at: 1 } } },
          { video: { format: 'mp4' } },
        ],
      },
    },
  });
  expect(completion.choices[0]).toEqual({
    index: 0,
    finish_reason: 'tool_calls',
    logprobs: null,
    message: {
      role: 'assistant',
      content: 'Let me look.',
      refusal: null,
      reasoning: 'Hm.',
      reasoning_details: [
        { type: 'reasoning.text', text: 'Hm.', signature: 'S', format: 'bedrock-converse-v1', index: 0 },
        { type: 'reasoning.encrypted', data: 'R', format: 'bedrock-converse-v1', index: 1 },
      ],
      tool_calls: [{ id: 't1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } }],
      provider_data: { bedrock: { blocks: [{ video: { format: 'mp4' } }] } },
    },
  });
});

test.each([
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['guardrail_intervened', 'content_filter'],
  ['content_filtered', 'content_filter'],
  ['stop_sequence', 'stop'],
  ['something_new', 'stop'],
])('%s is %s', (raw, finish) => {
  const { answer } = decode({ ...WHOLE, stopReason: raw, output: { message: { content: [{ text: 'x' }] } } });
  expect(answer).toMatchObject({ finishReason: finish, rawFinishReason: raw });
});

test.each(['{"message":"x"}', '[]', 'not json', '{"output":{"message":{"content":[]}}}'])(
  '%s is no answer',
  (text) => {
    expect(thrownBy(() => decode(text)).code).toBe('upstream_invalid_response');
  },
);

test('an answer that was given up is an error', () => {
  const body = { ...WHOLE, stopReason: 'malformed_model_output', output: { message: { content: [] } } };
  expect(thrownBy(() => decode(body)).code).toBe('upstream_error');
});

describe('answers that are not 2xx', () => {
  test.each([
    [429, {}, '{"__type":"ThrottlingException","message":"Rate exceeded"}', 'upstream_rate_limited'],
    [
      400,
      { 'x-amzn-errortype': 'ValidationException:http://internal.amazon.com/coral/x/' },
      '{"message":"Bad"}',
      'upstream_invalid_request',
    ],
    [
      400,
      {},
      '{"__type":"com.amazon.coral.service#ExpiredTokenException","message":"x"}',
      'upstream_credentials_rejected',
    ],
    [
      403,
      { 'x-amzn-errortype': 'UnrecognizedClientException' },
      '{"message":"The security token is invalid."}',
      'upstream_credentials_rejected',
    ],
    [402, {}, '', 'upstream_credentials_rejected'],
    [403, {}, '{"Message":"User is not authorized"}', 'upstream_credentials_rejected'],
    [404, { 'x-amzn-errortype': 'ResourceNotFoundException' }, '{"message":"x"}', 'upstream_model_not_found'],
    [429, { 'x-amzn-errortype': 'ModelNotReadyException' }, '{"message":"x"}', 'upstream_overloaded'],
    [408, { 'x-amzn-errortype': 'ModelTimeoutException' }, '{"message":"x"}', 'upstream_timeout'],
    [424, { 'x-amzn-errortype': 'ModelErrorException' }, '{"message":"x"}', 'upstream_error'],
    [500, { 'x-amzn-errortype': 'constructor' }, '', 'upstream_error'],
    [502, {}, '<html>', 'upstream_error'],
  ])('%d %j %s', (status, headers, body, code) => {
    expect(bedrock.readError(status, new Headers(headers as Record<string, string>), body).code).toBe(code);
  });

  test('show their words for faults of the request only', () => {
    const read = (type: string) =>
      bedrock.readError(
        400,
        new Headers({ 'x-amzn-errortype': type, 'retry-after': '2' }),
        '{"message":"Words"}',
      );
    expect(read('ValidationException')).toMatchObject({ message: 'Words', retryAfterMs: 2000 });
    expect(read('AccessDeniedException').message).not.toContain('Words');
  });
});
