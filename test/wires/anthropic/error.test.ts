import { describe, expect, test } from 'vitest';
import { anthropic } from '../../../src/wires/anthropic/index.ts';
import { fixture } from './support.ts';

function read(status: number, type: string | null, headers: Record<string, string> = {}, code?: string) {
  const error = { type, message: 'their words', ...(code ? { details: { error_code: code } } : {}) };
  const body = type === null ? '<html>bad gateway</html>' : JSON.stringify({ type: 'error', error });
  return anthropic.readError(status, new Headers(headers), body);
}

describe('errors', () => {
  test.each<[number, string | null, string]>([
    [400, 'invalid_request_error', 'upstream_invalid_request'],
    [401, 'authentication_error', 'upstream_credentials_rejected'],
    [402, 'billing_error', 'upstream_credentials_rejected'],
    [403, 'permission_error', 'upstream_credentials_rejected'],
    [404, 'not_found_error', 'upstream_model_not_found'],
    [413, 'request_too_large', 'request_too_large'],
    [422, 'invalid_request_error', 'upstream_invalid_request'],
    [429, 'rate_limit_error', 'upstream_rate_limited'],
    [500, 'api_error', 'upstream_error'],
    [504, 'timeout_error', 'upstream_timeout'],
    [529, 'overloaded_error', 'upstream_overloaded'],
    // The status where there is no body to read.
    [400, null, 'upstream_invalid_request'],
    [401, null, 'upstream_credentials_rejected'],
    [404, null, 'upstream_model_not_found'],
    [413, null, 'request_too_large'],
    [418, null, 'upstream_invalid_request'],
    [429, null, 'upstream_rate_limited'],
    [502, null, 'upstream_error'],
    [503, null, 'upstream_overloaded'],
    [529, null, 'upstream_overloaded'],
    // The type where the status is coarse.
    [500, 'overloaded_error', 'upstream_overloaded'],
    [400, 'billing_error', 'upstream_credentials_rejected'],
    [400, 'never_heard_of', 'upstream_invalid_request'],
    [400, 'constructor', 'upstream_invalid_request'],
  ])('%i %s is %s', (status, type, code) => {
    expect(read(status, type).code).toBe(code);
  });

  test.each([
    [400, 'organization_on_hold'],
    [400, 'cmek_key_disabled'],
    [429, 'enforced_spend_limit_reached'],
  ])('%i with code %s is a matter of the account', (status, code) => {
    const error = read(status, status === 429 ? 'rate_limit_error' : 'invalid_request_error', {}, code);
    expect(error.code).toBe('upstream_credentials_rejected');
    expect(error.upstream?.code).toBe(code);
  });

  test('the words of the provider are shown for faults of the request only', () => {
    expect(read(400, 'invalid_request_error').message).toBe('their words');
    expect(read(413, 'request_too_large').message).toBe('their words');
    for (const [status, type] of [
      [401, 'authentication_error'],
      [404, 'not_found_error'],
      [429, 'rate_limit_error'],
      [500, 'api_error'],
      [529, 'overloaded_error'],
    ] as const) {
      expect(read(status, type).message).not.toContain('their words');
    }
  });

  test('what the provider said is kept inside, the body in part', () => {
    const body = JSON.stringify({ type: 'error', error: { type: 'api_error', message: 'x'.repeat(5000) } });
    const { upstream } = anthropic.readError(500, new Headers(), body);
    expect(upstream).toMatchObject({ status: 500, type: 'api_error' });
    expect(upstream?.body).toHaveLength(1024);
  });

  test.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Sat, 21 Nov 2026 07:00:30 GMT', date: 'Sat, 21 Nov 2026 07:00:00 GMT' }, 30_000],
    [{ 'retry-after': 'Sat, 21 Nov 2026 07:00:00 GMT', date: 'Sat, 21 Nov 2026 07:00:30 GMT' }, 0],
    [{ 'retry-after': 'soon' }, null],
    [{}, null],
  ])('%j', (headers, expected) => {
    expect(read(429, 'rate_limit_error', headers as Record<string, string>).retryAfterMs).toBe(expected);
  });

  test('a recorded refusal of an effort', () => {
    const name = 'anthropic-err400-anthropic-explicit-effort-xhigh-unsupported-model-errors-0';
    const error = anthropic.readError(400, new Headers(), fixture(name, 'response.json'));
    expect(error).toMatchObject({
      code: 'upstream_invalid_request',
      retryable: false,
      message: "This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium.",
      upstream: { status: 400, type: 'invalid_request_error' },
    });
  });
});
