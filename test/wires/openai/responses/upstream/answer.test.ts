import { describe, expect, test } from 'vitest';
import { decode, recorded, response, said, thrown } from './support.ts';

test('a whole answer', () => {
  const { completion, ...answer } = decode(
    response([said('Hello.')], {
      service_tier: 'default',
      usage: {
        input_tokens: 90,
        input_tokens_details: { cached_tokens: 40 },
        output_tokens: 30,
        output_tokens_details: { reasoning_tokens: 11 },
        total_tokens: 120,
      },
    }),
  );
  expect(completion).toEqual({
    id: 'gen_1',
    object: 'chat.completion',
    created: 1_760_000_000,
    model: 'up-pro-1',
    service_tier: 'default',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Hello.', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: {
      prompt_tokens: 90,
      completion_tokens: 30,
      total_tokens: 120,
      prompt_tokens_details: { cached_tokens: 40, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 11, audio_tokens: 0 },
    },
  });
  expect(answer).toMatchObject({
    upstreamId: 'resp_up',
    upstreamModel: 'up-pro-1',
    rawFinishReason: 'completed',
    usage: { inputTokens: 90, cachedInputTokens: 40, outputTokens: 30, reasoningTokens: 11 },
  });
});

describe('why it ended', () => {
  const call = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{}' };
  test.each([
    [response([said('A')]), 'stop', 'completed'],
    [response([call]), 'tool_calls', 'completed'],
    [
      response([said('A')], { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }),
      'length',
      'max_output_tokens',
    ],
    [
      response([], { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }),
      'content_filter',
      'content_filter',
    ],
  ])('%#', (text, finish, raw) => {
    const { choice, finishReason, rawFinishReason } = decode(text);
    expect([choice.finish_reason, finishReason, rawFinishReason]).toEqual([finish, finish, raw]);
  });
});

describe('a response that is none', () => {
  test('failed', () => {
    const failed = response([], { status: 'failed', error: { code: 'server_error', message: 'Oh' } });
    expect(thrown(() => decode(failed)).code).toBe('upstream_error');
    const limited = response([], { status: 'failed', error: { code: 'rate_limit_exceeded', message: 'Oh' } });
    expect(thrown(() => decode(limited)).code).toBe('upstream_rate_limited');
  });

  test.each(['in_progress', 'queued', 'cancelled'])('%s', (status) => {
    expect(thrown(() => decode(response([], { status }))).code).toBe('upstream_incomplete');
  });

  test('is not readable', () => {
    for (const text of ['', '<html>', '{}', '{"output":1}'])
      expect(thrown(() => decode(text)).code).toBe('upstream_invalid_response');
  });
});

describe('the message', () => {
  test('texts of several messages are set apart, and citations stand in the whole', () => {
    const citation = {
      type: 'url_citation',
      url: 'https://x.example',
      title: 'X',
      start_index: 0,
      end_index: 4,
    };
    const file = { type: 'file_citation', file_id: 'file-1', index: 3 };
    const { message } = decode(response([said('I look.'), said('Here.', { annotations: [citation, file] })]));
    expect(message.content).toBe('I look.\n\nHere.');
    expect(message.annotations).toEqual([
      {
        type: 'url_citation',
        url_citation: { url: 'https://x.example', title: 'X', start_index: 9, end_index: 13 },
      },
    ]);
    expect(message.provider_data).toEqual({ openai: { annotations: [file] } });
  });

  test('a refusal', () => {
    const refused = { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] };
    expect(decode(response([refused])).message).toEqual({ role: 'assistant', content: null, refusal: 'No.' });
  });

  test('calls', () => {
    const { message } = decode(
      response([
        { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{"a":1}' },
        { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_2', name: 'sql', input: 'select 1' },
        { type: 'function_call', id: 'fc_2', call_id: 'call_3', name: 'g', arguments: '' },
      ]),
    );
    expect(message.content).toBeNull();
    expect(message.tool_calls).toEqual([
      { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
      { id: 'call_2', type: 'custom', custom: { name: 'sql', input: 'select 1' } },
      { id: 'call_3', type: 'function', function: { name: 'g', arguments: '{}' } },
    ]);
  });

  test('a call of the older dialect', () => {
    const { message, choice } = decode(
      response([{ type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{"a":1}' }]),
      { functions: [{ name: 'f' }] },
    );
    expect(message.function_call).toEqual({ name: 'f', arguments: '{"a":1}' });
    expect(message).not.toHaveProperty('tool_calls');
    expect(choice.finish_reason).toBe('function_call');
  });

  test('log probabilities', () => {
    const logprobs = [
      { token: 'A', logprob: -0.1, bytes: [65], top_logprobs: [{ token: 'B', logprob: -2, bytes: [66] }] },
    ];
    expect(decode(response([said('A', { logprobs })])).choice.logprobs).toEqual({
      content: logprobs,
      refusal: null,
    });
  });

  test('pictures, and items of tools that ran at the provider, which are counted', () => {
    const search = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search' } };
    const { message, usage } = decode(
      response([
        search,
        { type: 'image_generation_call', id: 'ig_1', result: 'AA==', output_format: 'webp' },
        said('Done.'),
      ]),
      { tools: [{ type: 'web_search' }, { type: 'image_generation' }] },
    );
    expect(message.images).toEqual([
      { type: 'image_url', image_url: { url: 'data:image/webp;base64,AA==' }, index: 0 },
    ]);
    expect(message.provider_data).toEqual({ openai: { items: [search] } });
    expect(usage?.toolCalls).toEqual({ web_search: 1, image_generation: 1 });
  });
});

test('a recorded answer with a summary, sealed reasoning and a call', () => {
  const file = 'openai-resp-j-openai-responses-thinking-with-tool-calls-0/response.json';
  const { message, choice, usage } = decode(recorded(file));
  const [shown, sealed] = message.reasoning_details as Record<string, string>[];
  expect(shown).toMatchObject({ type: 'reasoning.summary', format: 'openai-responses-v1', index: 0 });
  expect(shown?.summary).toBe(message.reasoning);
  expect(shown?.summary).toMatch(/^\*\*Creating a structured poem\*\*\n\n/);
  expect(sealed).toMatchObject({ type: 'reasoning.encrypted', format: 'openai-responses-v1', index: 1 });
  expect(sealed?.id).toMatch(/^rs_/);
  expect(sealed?.data).toMatch(/^gAAAA/);
  expect(choice.finish_reason).toBe('tool_calls');
  expect(usage).toMatchObject({ inputTokens: 124, outputTokens: 1926, reasoningTokens: 1792 });
});
