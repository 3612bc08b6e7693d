import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/errors.ts';
import { decode, replay, sse, thrownBy } from './support.ts';

describe('an error inside a 200', () => {
  const CASES: [string, unknown, ErrorCode][] = [
    ['OpenRouter’s status', { code: 429, message: 'Rate limited', metadata: {} }, 'upstream_rate_limited'],
    [
      'OpenRouter’s status of the request',
      { code: 400, message: 'Token limit reached' },
      'upstream_invalid_request',
    ],
    ['OpenRouter’s word', { code: 'server_error', message: 'Provider disconnected' }, 'upstream_error'],
    ['a status as text', { code: '503', message: 'x' }, 'upstream_overloaded'],
    [
      'Groq’s failed tool use',
      {
        message: 'Tool call validation failed',
        type: 'invalid_request_error',
        code: 'tool_use_failed',
        failed_generation: '{}',
        status_code: 400,
      },
      'upstream_invalid_request',
    ],
    [
      'the same without its status',
      { message: 'Tool call validation failed', type: 'invalid_request_error', code: 'tool_use_failed' },
      'upstream_invalid_request',
    ],
    [
      'vLLM',
      { object: 'error', message: 'x', type: 'BadRequestError', code: 400 },
      'upstream_invalid_request',
    ],
    [
      'a context that is too long',
      { code: 'context_length_exceeded', message: 'x' },
      'context_length_exceeded',
    ],
    ['only words', 'Overloaded', 'upstream_error'],
    ['an odd number', { code: 1301, message: 'x' }, 'upstream_error'],
    ['nothing', {}, 'upstream_error'],
  ];

  test.each(CASES)('%s, in a stream', (_, error, code) => {
    for (const more of [
      {},
      { id: 'x', object: 'chat.completion.chunk', choices: [{ index: 0, delta: {} }] },
    ]) {
      const got = replay(sse({ ...more, error } as never, '[DONE]'));
      expect(got.error).toMatchObject({ code });
      expect(got.out).toBe('');
      expect(got.state.finished).toBe(false);
    }
  });

  test.each(CASES)('%s, in an answer', (_, error, code) => {
    expect(thrownBy(() => decode({ id: 'x', error })).code).toBe(code);
    expect(thrownBy(() => decode({ id: 'x', error, choices: [] })).code).toBe(code);
  });

  test('Groq says it with an event name', () => {
    const text =
      'event: error\ndata: {"error":{"message":"Failed to call a function.","type":"invalid_request_error",' +
      '"code":"tool_use_failed","failed_generation":"{\\"name\\": 1}","status_code":400}}\n\ndata: [DONE]\n\n';
    expect(replay(text).error).toMatchObject({
      code: 'upstream_invalid_request',
      message: 'Failed to call a function.',
      upstream: { type: 'invalid_request_error', code: 'tool_use_failed' },
    });
  });

  test('an event of that name is one without the member too', () => {
    const { error } = replay('event: error\ndata: {"message":"Busy","code":503}\n\n');
    expect(error?.code).toBe('upstream_overloaded');
  });

  test('an object of that name is one too', () => {
    const body = { object: 'error', message: 'Too long', type: 'BadRequestError', param: null, code: 400 };
    expect(replay(sse(body)).error).toMatchObject({ code: 'upstream_invalid_request', message: 'Too long' });
    expect(thrownBy(() => decode(body))).toMatchObject({
      code: 'upstream_invalid_request',
      message: 'Too long',
    });
  });

  test.each([
    [{ code: 429 }, 429],
    [{ code: 'x', status_code: 503 }, 503],
    [{ code: 1301 }, 200],
    [{ code: 600 }, 200],
    [{ code: 399 }, 200],
    [{ code: 400.5 }, 200],
  ])('%j has the status %d', (error, status) => {
    expect(replay(sse({ error })).error?.upstream?.status).toBe(status);
  });

  test('`error: null` is none', () => {
    const choices = [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }];
    expect(decode({ error: null, choices }).message.content).toBe('Hi');
  });
});

describe('an answer that broke off', () => {
  test.each<[Record<string, unknown>, ErrorCode]>([
    [{ finish_reason: 'error' }, 'upstream_error'],
    [{ finish_reason: 'error', error: { code: 502, message: 'x' } }, 'upstream_error'],
    [{ finish_reason: 'stop', error: { code: 429, message: 'x' } }, 'upstream_rate_limited'],
    [{ finish_reason: 'network_error' }, 'upstream_error'],
    [{ finish_reason: 'insufficient_system_resource' }, 'upstream_overloaded'],
    [{ finish_reason: 'abort' }, 'upstream_incomplete'],
  ])('%j is never a stop', (choice, code) => {
    const text = sse(
      { id: 'a', choices: [{ index: 0, delta: { content: 'Half of' } }] },
      { id: 'a', choices: [{ index: 0, delta: { content: '' }, ...(choice as object) }] },
      '[DONE]',
    );
    const got = replay(text);
    expect(got.error?.code).toBe(code);
    expect(got.choices[0]).toMatchObject({ content: 'Half of', finish: [] });
    expect(got.state.finished).toBe(false);

    const message = { role: 'assistant', content: 'Half of' };
    expect(thrownBy(() => decode({ id: 'a', choices: [{ index: 0, message, ...choice }] })).code).toBe(code);
    // Whichever of the choices it is.
    const whole = { index: 0, message, finish_reason: 'stop' };
    expect(thrownBy(() => decode({ id: 'a', choices: [whole, { index: 1, message, ...choice }] })).code).toBe(
      code,
    );
  });

  test('the word is kept', () => {
    const text = sse({ id: 'a', choices: [{ index: 0, delta: {}, finish_reason: 'network_error' }] });
    expect(replay(text).state.rawFinishReason).toBe('network_error');
    expect(replay(text).error?.upstream).toEqual({
      status: 200,
      code: 'network_error',
      body: text.slice('data: '.length).trimEnd(),
    });
  });
});

describe('what cannot be read', () => {
  test.each(['{"id":', '<html></html>', '[]', 'null', '"text"', '42', '{"choices'])('%s', (data) => {
    expect(replay(`data: ${data}\n\n`).error).toMatchObject({
      code: 'upstream_invalid_response',
      upstream: { status: 200, body: data },
    });
    expect(thrownBy(() => decode(data)).code).toBe('upstream_invalid_response');
  });

  test.each([
    '',
    '{}',
    '{"choices":[]}',
    '{"choices":[{}]}',
    '{"choices":[null]}',
    '{"choices":[{"index":0,"text":"x"}]}',
  ])('an answer without a message: %s', (body) => {
    expect(thrownBy(() => decode(body)).code).toBe('upstream_invalid_response');
  });
});
