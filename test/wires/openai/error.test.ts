import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/errors.ts';
import { openai } from '../../../src/wires/openai/index.ts';
import { fixture, fixturesWith, parse } from './support.ts';

function read(status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return openai.readError(status, new Headers(headers), text);
}

describe('recorded errors', () => {
  test.each<[string, ErrorCode, string | null]>([
    ['groq-err400-tool-use-failed-error-with-text-0', 'upstream_invalid_request', null],
    // The name of the model is ours, not the caller's.
    ['openai-err400-model-name-suggestion-openai-responses-0', 'upstream_model_not_found', null],
    [
      'openai-err400-multimodal-tool-return-matrix-tool-return-content-url-force--2-2',
      'upstream_invalid_request',
      'input[4].content[0].file_data',
    ],
    ['openai-err400-reasoning-model-legacy-parameter-error-0', 'upstream_invalid_request', 'max_tokens'],
  ])('%s', (name, code, param) => {
    const body = fixture(name, 'response.json');
    const sent = parse(body).error as Record<string, string>;
    const error = read(400, body);
    expect(error).toMatchObject({
      code,
      param,
      upstream: { status: 400, type: 'invalid_request_error', code: sent.code, body: body.slice(0, 1024) },
    });
    if (code === 'upstream_invalid_request') expect(error.message).toBe(sent.message);
    else expect(error.message).not.toContain('gpt-5.2-proo');
  });

  test('are four', () => {
    expect(fixturesWith('response.json').filter((name) => name.includes('-err4'))).toHaveLength(4);
  });
});

describe('a model that is loading', () => {
  // https://huggingface.co/docs/api-inference/en/errors, and the server's README of llama.cpp.
  test.each<[string, number, unknown, Record<string, string>, ErrorCode, number | null]>([
    [
      'Hugging Face',
      503,
      { error: 'Model v/m is currently loading', estimated_time: 20.5 },
      {},
      'upstream_waking',
      20_500,
    ],
    [
      'a host that nests it',
      503,
      { error: { message: 'Loading', estimated_time: 3 } },
      {},
      'upstream_waking',
      3_000,
    ],
    [
      'a host that says so twice',
      503,
      { error: 'Loading', estimated_time: 20 },
      { 'retry-after': '4' },
      'upstream_waking',
      4_000,
    ],
    [
      'llama.cpp',
      503,
      { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } },
      {},
      'upstream_waking',
      null,
    ],
    [
      'a code',
      503,
      { error: { message: 'Wait.', code: 'model_loading' } },
      { 'retry-after': '2' },
      'upstream_waking',
      2_000,
    ],
    ['nobody: an overload', 503, { error: { message: 'Busy.' } }, {}, 'upstream_overloaded', null],
    ['nobody: another status', 500, { error: 'Broken', estimated_time: 20 }, {}, 'upstream_error', null],
  ])('is told of by %s', (_, status, body, headers, code, retryAfterMs) => {
    expect(read(status, body, headers)).toMatchObject({ code, retryAfterMs });
  });
});

describe('by status', () => {
  test.each<[number, ErrorCode, boolean]>([
    [400, 'upstream_invalid_request', false],
    [401, 'upstream_credentials_rejected', true],
    [402, 'upstream_credentials_rejected', true],
    [403, 'upstream_credentials_rejected', true],
    [404, 'upstream_model_not_found', true],
    [405, 'upstream_invalid_request', false],
    [408, 'upstream_timeout', true],
    [409, 'upstream_error', true],
    [413, 'request_too_large', false],
    [422, 'upstream_invalid_request', false],
    [425, 'upstream_overloaded', true],
    [429, 'upstream_rate_limited', true],
    [498, 'upstream_overloaded', true],
    [500, 'upstream_error', true],
    [502, 'upstream_error', true],
    [503, 'upstream_overloaded', true],
    [504, 'upstream_timeout', true],
    [520, 'upstream_error', true],
    [524, 'upstream_timeout', true],
    [529, 'upstream_overloaded', true],
    [302, 'upstream_error', true],
  ])('%d is %s', (status, code, retryable) => {
    const page = '<html><head><title>Bad gateway</title></head><body>nginx</body></html>';
    for (const body of ['', page, '{"error":', '[]', 'null', '42', '{"error":null}', '{}']) {
      const error = read(status, body);
      expect(error).toMatchObject({ code, retryable, upstream: { status, body } });
      expect(error.message).not.toContain('nginx');
    }
  });

  test('a page of any length is cut', () => {
    expect(read(502, 'x'.repeat(5000)).upstream?.body).toHaveLength(1024);
  });
});

describe('by code or type, whatever the status', () => {
  test.each<[number, Record<string, unknown>, ErrorCode]>([
    [400, { code: 'context_length_exceeded', type: 'invalid_request_error' }, 'context_length_exceeded'],
    [400, { code: 'content_filter', innererror: { code: 'ResponsibleAIPolicyViolation' } }, 'content_filter'],
    [
      400,
      { code: 'invalid_request', innererror: { code: 'ResponsibleAIPolicyViolation' } },
      'content_filter',
    ],
    [400, { code: 'content_policy_violation', type: 'image_generation_user_error' }, 'content_filter'],
    [400, { code: 'invalid_prompt', type: 'invalid_request_error' }, 'content_filter'],
    [400, { code: 'data_inspection_failed', type: 'data_inspection_failed' }, 'content_filter'],
    [400, { type: 'content_filter' }, 'content_filter'],
    [403, { code: 403, metadata: { reasons: ['violence'], flagged_input: '…' } }, 'content_filter'],
    [403, { code: 403, metadata: { provider_name: 'x' } }, 'upstream_credentials_rejected'],
    [400, { code: 'model_not_found' }, 'upstream_model_not_found'],
    [404, { code: 'DeploymentNotFound' }, 'upstream_model_not_found'],
    [400, { code: 'model_decommissioned' }, 'upstream_model_not_found'],
    [400, { code: 'DeploymentNotFound' }, 'upstream_model_not_found'],
    [400, { code: 'invalid_api_key' }, 'upstream_credentials_rejected'],
    [400, { code: 'billing_hard_limit_reached' }, 'upstream_credentials_rejected'],
    [400, { code: 'account_deactivated' }, 'upstream_credentials_rejected'],
    [400, { type: 'server_error' }, 'upstream_error'],
    [429, { code: 'insufficient_quota', type: 'insufficient_quota' }, 'upstream_credentials_rejected'],
    [429, { type: 'insufficient_quota' }, 'upstream_credentials_rejected'],
    [429, { code: 'rate_limit_exceeded', type: 'tokens' }, 'upstream_rate_limited'],
    // Groq's answer to a request over the tokens per minute.
    [413, { code: 'rate_limit_exceeded', type: 'tokens' }, 'upstream_rate_limited'],
    [500, { type: 'server_error', code: null }, 'upstream_error'],
    // The name of a tool over 64 characters has this code too: no larger context would help.
    [400, { code: 'string_above_max_length', param: 'tools[11].function.name' }, 'upstream_invalid_request'],
    // Names that every object has are no codes.
    [400, { code: 'constructor', type: 'toString' }, 'upstream_invalid_request'],
  ])('%d %j is %s', (status, error, code) => {
    expect(read(status, { error: { message: 'Words', ...error } }).code).toBe(code);
  });

  test('words decide nothing', () => {
    const message = 'maximum context length exceeded, rate limit, content_filter, invalid api key';
    expect(read(400, { error: { message } }).code).toBe('upstream_invalid_request');
    expect(read(500, { error: { message } }).code).toBe('upstream_error');
  });
});

describe('what the caller is told', () => {
  test.each([
    ['OpenAI', { error: { message: 'Too long', param: 'messages' } }, 'Too long', 'messages'],
    ['text under error', { error: 'Too long' }, 'Too long', null],
    ['message at the top', { message: 'Too long', request_id: 'r' }, 'Too long', null],
    ['detail', { detail: 'Too long' }, 'Too long', null],
    [
      'in an array',
      [{ error: { code: 400, message: 'Too long', status: 'INVALID_ARGUMENT' } }],
      'Too long',
      null,
    ],
    [
      'faults of fields',
      { detail: [{ type: 'missing', loc: ['body', 'messages', 0], msg: 'Field required', input: 'secret' }] },
      'body.messages.0: Field required',
      null,
    ],
    [
      'Mistral’s list of them',
      {
        object: 'error',
        message: {
          detail: [
            {
              type: 'extra_forbidden',
              loc: ['body', 'foo'],
              msg: 'Extra inputs are not permitted',
              input: 1,
            },
            { msg: 'Bad' },
          ],
        },
        type: 'invalid_request_error',
        param: null,
        code: null,
      },
      'body.foo: Extra inputs are not permitted; Bad',
      null,
    ],
    ['nothing to say', { error: { message: '' } }, 'The provider refused the request as invalid.', null],
    [
      'nothing to read',
      { error: { message: [1, {}] } },
      'The provider refused the request as invalid.',
      null,
    ],
  ])('%s', (_, body, message, param) => {
    expect(read(422, body)).toMatchObject({ code: 'upstream_invalid_request', message, param });
  });

  test.each([401, 402, 403, 404, 429, 500, 503])('nothing of the provider’s own troubles: %d', (status) => {
    const error = read(status, { error: { message: 'key sk-123 of org-9', param: 'x', code: null } });
    expect(error.message).not.toContain('sk-123');
    expect(error.param).toBeNull();
    expect(error.upstream?.body).toContain('sk-123');
    expect(JSON.stringify(error.envelope('r'))).not.toContain('sk-123');
  });

  test('the words of a body that is too large', () => {
    const error = read(413, { error: { message: 'At most 4 MB', param: null } });
    expect(error).toMatchObject({ code: 'request_too_large', message: 'At most 4 MB' });
  });

  test.each<ErrorCode>(['context_length_exceeded', 'content_filter'])('the words of %s', (code) => {
    expect(read(400, { error: { code, message: 'Words', param: 'messages' } })).toMatchObject({
      message: 'Words',
      param: 'messages',
    });
  });
});

describe('how long to wait', () => {
  test.each([
    [{ 'retry-after': '30' }, 30_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after-ms': '1200', 'retry-after': '2' }, 1200],
    [{ 'retry-after-ms': 'soon', 'retry-after': '2' }, 2000],
    [{ 'retry-after-ms': '0', 'retry-after': '2' }, 0],
    [{ 'retry-after-ms': '-1', 'retry-after': '2' }, 2000],
    [{ 'retry-after': '-5' }, 0],
    [{ 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 0],
    [{ 'retry-after': 'later' }, null],
    [{}, null],
  ])('%j is %j ms', (headers, ms) => {
    expect(read(429, { error: { code: 'rate_limit_exceeded' } }, headers).retryAfterMs).toBe(ms);
  });

  test('a date to come', () => {
    const date = new Date(Date.now() + 60_000).toUTCString();
    const ms = read(503, '', { 'retry-after': date }).retryAfterMs ?? 0;
    expect(ms).toBeGreaterThan(50_000);
    expect(ms).toBeLessThanOrEqual(60_000);
  });
});
